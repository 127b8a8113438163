"""Run a flow from a plain function and come back without leaving Prefect's threads behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from flows import runtime
from services.context import Context
from services.results import BatchOrder, BatchResult, ExportResult, Progress


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

    with runtime.using(ctx, progress):
        return asyncio.run(
            digitise(
                [str(path) for path in paths], order.supplier, order.channel, order.station, order.collected
            )
        )


def export_readings(ctx: Context, path: Path) -> ExportResult:
    """``services.deliver.export_readings`` as a flow."""
    from flows.deliver import deliver

    with runtime.using(ctx):
        return asyncio.run(deliver(str(path)))


def finish(seconds: float = 10.0) -> None:
    """Hand Prefect's last events and log lines over, so that its server may be stopped without complaints."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=seconds, at_exit=False)
