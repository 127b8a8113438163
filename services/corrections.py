"""Correct a reading after it went out: the wrong one is reversed at billing, the sheet returns to review."""

from __future__ import annotations

from domain.errors import ConflictError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services.context import Context
from services.judging import sheets_lock
from services.outbox import reverse_all
from services.text import printable
from storage.records import Transaction
from storage.records.outbox import ACKNOWLEDGED, CANCELLED, QUEUED, READING, REFUSED, REVERSAL, SENT

_OUT = frozenset({SheetState.ACCEPTED, SheetState.DELIVERED})


def take_back(ctx: Context, who: str, sheet_id: int, note: str) -> int:
    """Withdraw a sheet's readings, reverse those that billing has, and send the sheet to review.

    Returns how many reversals were queued. The corrected reading goes out once billing has acknowledged them.
    Raises ``UsageError`` for a sheet without accepted readings, ``ConflictError`` while billing has not yet
    answered for one of them.
    """
    with ctx.records.begin() as tx:
        rows = tx.sheets.get([sheet_id])
        if not rows:
            raise UsageError(f"there is no sheet {sheet_id}")
        tx.lock(sheets_lock(rows[0].supplier))
        # An export and the deliverer claim readings under the same lock.
        tx.lock("outbox")
        [sheet] = tx.sheets.get([sheet_id], lock=True)
        readings = tx.readings.of_sheet(sheet_id)
        if sheet.state not in _OUT or not readings:
            raise UsageError(f"sheet {sheet_id} is {sheet.state}: there is no accepted reading to take back")
        out = {row.reading_id: row for row in tx.outbox.of_readings([r.id for r in readings])}
        if any(row.state == SENT for row in out.values()):
            raise ConflictError(f"billing has not answered for sheet {sheet_id} yet; try again later")
        exported = {r.id for r in readings if tx.exports.carries([r.id])}
        if exported and sheet.state is not SheetState.DELIVERED:
            raise ConflictError(f"sheet {sheet_id} is in an export that is not finished; run 'export' first")
        for row in out.values():
            if row.state == QUEUED:
                tx.outbox.set_state(row.id, QUEUED, CANCELLED)
        known = {row.reading_id for row in out.values() if row.state == ACKNOWLEDGED}
        back = [reading for reading in readings if reading.id in known | exported]
        tx.readings.withdraw(sheet_id, "corrected", ctx.clock())
        reverse_all(tx, back, ctx)
        tx.sheets.move(
            sheet,
            SheetState.REVIEW,
            (Reason.TAKEN_BACK,),
            at=ctx.clock(),
            who=who,
            details={"note": printable(note, 1000), "reversed": [reading.id for reading in back]},
        )
    return len(back)


def try_again(ctx: Context, who: str, key: str) -> None:
    """Hand a reversal that billing refused over once more; raises ``UsageError`` for any other row.

    A refused *reading* is corrected in review instead.
    """
    with ctx.records.begin() as tx:
        row = tx.outbox.by_key(key)
        if row is None or row.kind != REVERSAL or row.state != REFUSED:
            raise UsageError(
                f"{key} is no reversal that billing refused; 'meterdrop deliver report' lists them"
            )
        tx.outbox.set_state(row.id, REFUSED, QUEUED)
        tx.audits.add(ctx.clock(), who, "delivery.again", supplier=row.supplier, details={"key": key})


def original_of(tx: Transaction, reading_id: int) -> str:
    """The key under which billing has a reading; "" when it went out as an export's file alone."""
    found = [row.key for row in tx.outbox.of_readings([reading_id]) if row.kind == READING]
    return found[0] if found else ""
