"""A customer's photo in its colours: red drums are decimals, and grey does not show it."""

from __future__ import annotations

from services.context import Context
from services.portal import CHANNEL

_JPEG = b"\xff\xd8\xff"


def sheet_photo(ctx: Context, sheet_id: int) -> bytes | None:
    """The kept JPEG of a sheet from the public page, upright and without metadata; None for any other sheet.

    Raises ``StorageError`` when it cannot be had.
    """
    with ctx.records.read() as tx:
        rows = tx.sheets.get([sheet_id])
    if not rows or rows[0].channel != CHANNEL:
        return None
    data = ctx.objects.get(rows[0].sha256)
    return data if data.startswith(_JPEG) else None
