"""What ``prefect.yaml`` deploys: the flows, knowing how to open this installation's services."""

from __future__ import annotations

from flows.deliver import deliver
from flows.digitise import digitise
from flows.recalibrate import recalibrate
from flows.runtime import configure
from meterdrop.wiring import open_context

__all__ = ["deliver", "digitise", "recalibrate"]

configure(open_context)
