"""The artifact that a finished batch leaves on the server's pages."""

from __future__ import annotations

import asyncio
import logging

from prefect.artifacts import acreate_markdown_artifact

from services import batch_table
from services.context import Context

log = logging.getLogger(__name__)


async def leave_table(ctx: Context, batch: int, seconds: float | None = None) -> None:
    """Say what became of ``batch``. Only people miss something when the server does not take it."""
    try:
        table = await asyncio.to_thread(batch_table.batch_table, ctx, batch, seconds)
        await acreate_markdown_artifact(
            table, key=f"batch-{batch}-result", description=f"Пакет {batch}: что стало с листами"
        )
    except Exception:
        log.warning("the table of a batch is not shown", exc_info=True, extra={"batch": batch})
