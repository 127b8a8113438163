"""What ``prefect.yaml`` deploys: the flows, knowing how to open this installation's services."""

from __future__ import annotations

from flows.deliver import deliver
from flows.digitise import digitise
from flows.hand_over import hand_over
from flows.recalibrate import recalibrate
from flows.runtime import configure
from flows.waiting import digitise_waiting
from meterdrop.logs import start_log_anyway
from meterdrop.wiring import connections, open_context

__all__ = ["deliver", "digitise", "digitise_waiting", "hand_over", "recalibrate"]

start_log_anyway()
configure(open_context, connections)
