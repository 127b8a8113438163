"""What a reviewer does with a slip.

Claim it, look, try values, accept or reject. Every verdict is audited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from domain.reasons import Reason
from services.context import Context
from services.results import ReviewAnswer, ReviewSheet, SlipPicture


def claim_next(
    ctx: Context, user: str, supplier: str | None = None, skip: Collection[int] = ()
) -> ReviewSheet | None:
    """The oldest slip in review that nobody holds (or that ``user`` already holds).

    None when the queue is empty. ``skip``: sheets that the page already shows or has fetched ahead.
    """
    raise NotImplementedError


def claim(ctx: Context, user: str, sheet_id: int) -> ReviewSheet:
    """This slip, if it is in review and free; raises ``LeaseLostError`` when somebody else holds it."""
    raise NotImplementedError


def renew(ctx: Context, user: str, sheet_id: int) -> datetime:
    """Hold the slip for another lease; returns until when. Raises ``LeaseLostError``."""
    raise NotImplementedError


def release(ctx: Context, user: str, sheet_id: int) -> None:
    """Put the slip back; nothing happens when it is not held by ``user``."""
    raise NotImplementedError


def queue_length(ctx: Context, supplier: str | None = None) -> int:
    """Slips in review."""
    raise NotImplementedError


def sheet_picture(ctx: Context, sheet_id: int, dpi: int = 150) -> SlipPicture:
    """The slip from the stored original, upright, with its fields' boxes in picture pixels."""
    raise NotImplementedError


def preview(ctx: Context, sheet_id: int, values: Mapping[str, str]) -> ReviewAnswer:
    """What the gate says of ``values`` (field name → text.

    Dates YYYY-MM-DD or DD.MM.YYYY; signature "yes" or "").
    """
    raise NotImplementedError


def accept(
    ctx: Context,
    user: str,
    sheet_id: int,
    values: Mapping[str, str],
    confirmed: Collection[Reason] = (),
) -> ReviewAnswer:
    """Accept the slip with ``values`` if the gate lets them pass.

    See ``ReviewAnswer``. Raises ``LeaseLostError``.
    """
    raise NotImplementedError


def reject(ctx: Context, user: str, sheet_id: int, reason: Reason, note: str = "") -> None:
    """Reject the slip. Raises ``LeaseLostError``."""
    raise NotImplementedError
