"""Run a flow from a plain function and come back without leaving Prefect's threads behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import FlowServerError
from flows import runtime
from services.context import Context
from services.results import BatchOrder, BatchResult, ExportResult, Progress

T = TypeVar("T")


def run_batch(
    ctx: Context,
    paths: Sequence[Path],
    order: BatchOrder,
    progress: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """``services.batch.run_batch`` as a flow of the configured Prefect server (``PREFECT_API_URL``).

    Call ``flows.environment.prepare`` before the first flow of a process.
    """
    from flows.digitise import digitise

    names = [str(path) for path in paths]
    with runtime.using(ctx, progress):
        return _through(digitise(names, order.supplier, order.channel, order.station, order.collected))


def export_readings(ctx: Context, path: Path) -> ExportResult:
    """``services.deliver.export_readings`` as a flow."""
    from flows.deliver import deliver

    with runtime.using(ctx):
        return _through(deliver(str(path)))


def recalibrate(ctx: Context, *, apply: bool = False) -> list[str]:
    """``services.recalibrate`` as a flow, on all evidence; a line a threshold."""
    from flows.recalibrate import recalibrate as recalibrating

    with runtime.using(ctx):
        return _through(recalibrating(apply=apply))


def _through(flow_run: Coroutine[Any, Any, T]) -> T:
    """Run a flow to its end; raises ``FlowServerError`` when Prefect's server cannot be reached."""
    import httpx
    from prefect.settings import PREFECT_API_URL

    try:
        return asyncio.run(flow_run)
    except (httpx.HTTPError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "reach API" not in str(error):
            raise
        raise FlowServerError(
            f"the Prefect server at {PREFECT_API_URL.value()} does not answer; start it and run the same "
            "command again (nothing is lost), or unset PREFECT_API_URL to work without one"
        ) from error


def finish(seconds: float = 10.0) -> None:
    """Hand Prefect's last events and log lines over, so that its server may be stopped without complaints."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=seconds, at_exit=False)
