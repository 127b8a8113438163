"""A reading takes the place of another: the earlier one is withdrawn, and reversed where billing has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.account import EarlierReading
from domain.errors import ConflictError
from domain.reasons import Reason
from domain.sheet import SheetState
from services.context import Context
from services.outbox import reverse_all
from storage.records import Transaction
from storage.records.outbox import ACKNOWLEDGED, CANCELLED, QUEUED, SENT

OUTRANKED = "outranked"


def with_fixed(tx: Transaction, earlier: Sequence[EarlierReading]) -> tuple[EarlierReading, ...]:
    """``earlier``, those marked that cannot be taken back until billing has answered."""
    fixed = {sheet_id for sheet_id in {each.sheet_id for each in earlier} if _on_its_way(tx, sheet_id)}
    return tuple(replace(each, fixed=each.sheet_id in fixed) for each in earlier)


def supersede(ctx: Context, tx: Transaction, sheets: Sequence[int], by_sheet: int, *, who: str) -> int:
    """Withdraw the readings of ``sheets`` for those of ``by_sheet``; returns how many reversals were queued.

    The caller holds the lock of the supplier's sheets. Raises ``ConflictError`` when billing has been handed
    one of them and has not answered.
    """
    # Whoever gives readings to billing claims them under this lock.
    tx.lock("outbox")
    return sum(_withdraw(ctx, tx, sheet_id, by_sheet, who) for sheet_id in sheets)


def _withdraw(ctx: Context, tx: Transaction, sheet_id: int, by_sheet: int, who: str) -> int:
    [sheet] = tx.sheets.get([sheet_id], lock=True)
    readings = tx.readings.of_sheet(sheet_id)
    if _on_its_way(tx, sheet_id):
        raise ConflictError(f"billing has not answered for sheet {sheet_id} yet; try again later")
    out = {row.reading_id: row for row in tx.outbox.of_readings([reading.id for reading in readings])}
    for row in out.values():
        if row.state == QUEUED and not tx.outbox.set_state(row.id, QUEUED, CANCELLED):
            raise ConflictError(f"sheet {sheet_id} is on its way to billing this moment; try again")
    known = {row.reading_id for row in out.values() if row.state == ACKNOWLEDGED}
    back = [each for each in readings if each.id in known or tx.exports.carries([each.id])]
    tx.readings.withdraw(sheet_id, OUTRANKED, ctx.clock())
    reverse_all(tx, back, ctx)
    if sheet.state in {SheetState.ACCEPTED, SheetState.DELIVERED}:
        tx.sheets.move(
            sheet,
            SheetState.DUPLICATE,
            (Reason.OUTRANKED,),
            at=ctx.clock(),
            who=who,
            details={"by": by_sheet, "reversed": [reading.id for reading in back]},
            duplicate_of=by_sheet,
        )
    return len(back)


def _on_its_way(tx: Transaction, sheet_id: int) -> bool:
    """Whether billing has not answered for a reading of the sheet, or its export is unfinished."""
    ids = [reading.id for reading in tx.readings.of_sheet(sheet_id)]
    if any(row.state == SENT for row in tx.outbox.of_readings(ids)):
        return True
    [sheet] = tx.sheets.get([sheet_id])
    return sheet.state is not SheetState.DELIVERED and tx.exports.carries(ids)
