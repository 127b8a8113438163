"""What ``prefect.yaml`` deploys: the flows, knowing how to open this installation's services."""

from __future__ import annotations

from flows.deliver import deliver
from flows.digitise import digitise
from flows.hand_over import hand_over
from flows.recalibrate import recalibrate
from flows.runtime import configure
from flows.waiting import digitise_waiting
from meterdrop.wiring import connections, open_context

__all__ = ["deliver", "digitise", "digitise_waiting", "hand_over", "recalibrate"]

configure(open_context, connections)
