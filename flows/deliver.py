"""The flow that hands accepted readings to billing as a file, each once over all runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import runtime
from services import deliver as delivering
from services.results import ExportResult


@task(cache_policy=NO_CACHE)
async def export(path: str) -> ExportResult:
    """Write the readings never exported before. Not tried again by itself: an existing file is refused."""
    return await asyncio.to_thread(delivering.export_readings, runtime.current(), Path(path))


@flow(name="deliver", validate_parameters=False)
async def deliver(path: str) -> ExportResult:
    """Write ``path``, a CSV of the readings accepted and never exported before."""
    with runtime.opened():
        return await export(path)
