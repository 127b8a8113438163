"""Take a file in: bytes durable first, then a committed row, then the acknowledgement."""

from __future__ import annotations

from pathlib import Path

from services.context import Context
from services.results import BatchOrder, Receipt


def open_batch(ctx: Context, order: BatchOrder) -> int:
    """Begin a batch; returns its id."""
    raise NotImplementedError


def receive_file(
    ctx: Context, source: bytes | Path, name: str, order: BatchOrder, batch_id: int | None = None
) -> Receipt:
    """Store the bytes and record the file; when this returns, both are durable.

    The same bytes again give another receipt and no further sheet. Without ``batch_id`` the file is a batch
    of its own. Raises ``InputError`` (not found, empty, too large) when there is nothing to take.
    """
    raise NotImplementedError
