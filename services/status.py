"""Where all sheets are."""

from __future__ import annotations

from services.context import Context
from services.results import StatusResult


def status(ctx: Context, supplier: str | None = None, batch_id: int | None = None) -> StatusResult:
    """Sheets by state and by reason, from one transaction."""
    raise NotImplementedError
