"""Draw accepted sheets for a blind audit, in the transaction that accepts them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.lots import drawn
from domain.window import billing_period
from services.context import Context
from storage.records import SheetRow, Transaction
from storage.records.blind import MACHINE, REVIEWED


def draw_accepted_by_machine(
    ctx: Context,
    tx: Transaction,
    row: SheetRow,
    answer: Mapping[str, str],
    *,
    template: str,
    model: str,
    floor: float | None,
    at: datetime,
) -> None:
    """Perhaps draw a sheet that the machine accepts with ``answer``; ``floor``: the threshold in force."""
    values = {"kind": MACHINE, "template": template, "model": model, "floor": floor, "first_by": MACHINE}
    _draw(ctx, tx, row, ctx.settings.audit_share, values | {"first": dict(answer), "drawn_at": at})


def draw_accepted_by_person(
    ctx: Context, tx: Transaction, row: SheetRow, answer: Mapping[str, str], *, who: str, at: datetime
) -> None:
    """Perhaps draw a sheet that ``who`` accepts with ``answer``."""
    values = {"kind": REVIEWED, "template": row.template or "", "model": row.model or "", "first_by": who}
    _draw(ctx, tx, row, ctx.settings.audit_share_reviewed, values | {"first": dict(answer), "drawn_at": at})


def _draw(ctx: Context, tx: Transaction, row: SheetRow, share: float, values: dict[str, object]) -> None:
    # The evidence names the sheet in the original's own bytes: whoever hands a slip in cannot choose its lot.
    if not drawn(ctx.settings.audit_key, f"{values['kind']} {row.evidence}", share):
        return
    place = {"supplier": row.supplier, "sheet_id": row.id, "channel": row.channel}
    if tx.blind.add({**values, **place, "month": billing_period(row.collected), "share": share}):
        # Not which answer: the log is read by those who are to answer blindly.
        details = {"kind": values["kind"], "share": share}
        tx.audits.add(
            ctx.clock(), "machine", "blind.drawn", supplier=row.supplier, sheet_id=row.id, details=details
        )
