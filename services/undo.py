"""Take a verdict back: the slip returns to review as it was, while billing does not have its readings."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import ConflictError, LeaseLostError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import review_view
from services.context import Context
from services.judging import sheets_lock
from services.results import ReviewSheet
from services.review import lease, row_of, supervises
from storage.records import AuditRow, SheetRow, Transaction
from storage.records.audits import STATE
from storage.records.blind import OPEN, REVIEWED
from storage.records.outbox import CANCELLED, QUEUED

#: Nobody wakes up a verdict of yesterday by pressing a key.
WITHIN = timedelta(hours=1)
_JUDGED = frozenset({SheetState.ACCEPTED, SheetState.REJECTED, SheetState.DUPLICATE})


class TooLateError(ConflictError):
    """The verdict stands: billing, another slip or another person builds on it already."""


def undo(ctx: Context, user: str, sheet_id: int) -> ReviewSheet:
    """Take back what ``user`` last did with the slip; it is in review again and held by ``user``.

    A verdict, or a question to a supervisor. Raises ``TooLateError`` when billing has a reading of it or is
    about to, when another slip was recorded as its duplicate, when a second person has read it blindly, or
    after ``WITHIN``; ``LeaseLostError`` when somebody else has judged it or holds it.
    """
    now, until = lease(ctx)
    with ctx.records.begin() as tx:
        tx.lock(sheets_lock(row_of(tx, sheet_id).supplier))
        [row] = tx.sheets.get([sheet_id], lock=True)
        if row.state is SheetState.REVIEW:
            _take_question_back(ctx, tx, user, row)
        else:
            _take_verdict_back(ctx, tx, user, row)
        if not tx.queue.take(user, sheet_id, now, until):
            raise LeaseLostError(f"slip {sheet_id} is held by somebody else")
        return review_view.sheet_view(ctx, tx, row_of(tx, sheet_id))


def withdraw_readings(ctx: Context, tx: Transaction, row: SheetRow, why: str) -> bool:
    """Make an accepted slip's readings count no longer; False, and nothing changes, when billing has one.

    ``why``: one word for the record.
    """
    # Whoever gives readings to billing claims them under this lock.
    tx.lock("outbox")
    if tx.questionnaires.of_sheet(row.id) is not None:
        return tx.questionnaires.take_back(row.id)
    ids = [reading.id for reading in tx.readings.of_sheet(row.id)]
    queued = [each for each in tx.outbox.of_readings(ids) if each.state != CANCELLED]
    if tx.exports.carries(ids) or any(each.state != QUEUED for each in queued):
        return False
    for each in queued:
        if not tx.outbox.set_state(each.id, QUEUED, CANCELLED):
            raise TooLateError(f"slip {row.id} is on its way to billing this moment; try again")
    tx.readings.withdraw(row.id, why, ctx.clock())
    return True


def _take_verdict_back(ctx: Context, tx: Transaction, user: str, row: SheetRow) -> None:
    last = _last_verdict(tx, row)
    if row.state not in _JUDGED or last is None:
        raise TooLateError(f"slip {row.id} is {row.state.value}: its verdict stands")
    if last.who != user or last.state_before != SheetState.REVIEW.value:
        raise LeaseLostError(f"slip {row.id} was judged by somebody else")
    if ctx.clock() - last.at > WITHIN:
        raise TooLateError(f"slip {row.id} was judged too long ago")
    if row.state is SheetState.ACCEPTED:
        if tx.sheets.has_duplicate(row, since=last.at):
            raise TooLateError(f"another slip was recorded as a duplicate of slip {row.id}")
        audit = tx.blind.of_sheet(row.id)
        if audit is not None and audit.kind == REVIEWED and not tx.blind.forget(audit.id, OPEN):
            raise TooLateError(f"a second person has read slip {row.id}")
        if not withdraw_readings(ctx, tx, row, "undone"):
            raise TooLateError(f"billing has the reading of slip {row.id} or is being given it")
    details = last.details or {}
    tx.sheets.move(
        row,
        SheetState.REVIEW,
        [Reason(code) for code in details.get("machine_reasons", ())],
        at=ctx.clock(),
        who=user,
        details={"undone": last.id},
        entered=None,
        account=review_view.machine_values(row).get("account") or None,
        duplicate_of=None,
    )


def _take_question_back(ctx: Context, tx: Transaction, user: str, row: SheetRow) -> None:
    question = tx.questions.of_sheet(row.id)
    if question is None or (question.asked_by != user and not supervises(tx, user)):
        raise LeaseLostError(f"slip {row.id} waits for somebody else")
    tx.questions.close(row.id)
    tx.audits.add(ctx.clock(), user, "review.unasked", supplier=row.supplier, sheet_id=row.id)


def _last_verdict(tx: Transaction, row: SheetRow) -> AuditRow | None:
    steps = [audit for audit in tx.audits.of_sheet(row.id) if audit.what == STATE]
    return steps[-1] if steps else None
