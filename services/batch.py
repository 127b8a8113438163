"""A whole batch in this process: what ``meterdrop ingest`` runs when no flow server is configured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from services.context import Context
from services.results import BatchOrder, BatchResult, Progress


def run_batch(
    ctx: Context,
    paths: Sequence[Path],
    order: BatchOrder,
    progress: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """Receive, split and digitise everything under ``paths`` (files or folders).

    Blocks until it is through.
    """
    raise NotImplementedError
