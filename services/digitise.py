"""From received files to judged sheets: split, recognise, judge; one transaction a chunk."""

from __future__ import annotations

from collections.abc import Sequence

from services.context import Context
from services.results import ChunkResult


def split(ctx: Context, file_id: int) -> int:
    """Count the file's pages and give each a pending sheet.

    Returns the pages (0: it is unreadable). Idempotent.
    """
    raise NotImplementedError


def unsplit(ctx: Context, batch_id: int | None = None) -> list[int]:
    """Files of a batch (of all, without one) whose pages are not yet counted."""
    raise NotImplementedError


def pending(ctx: Context, batch_id: int | None = None) -> list[int]:
    """Sheets of a batch (of all, without one) that wait for the reader, by file and page."""
    raise NotImplementedError


def digitise_chunk(ctx: Context, sheet_ids: Sequence[int]) -> ChunkResult:
    """Recognise and judge sheets and commit them together; sheets no longer pending are skipped."""
    raise NotImplementedError
