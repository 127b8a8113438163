"""Hand accepted readings to a billing system, each exactly once, and record what it answers.

The outbox is filled from the records themselves: a reading that is accepted and went out in no way is
queued. Rows are bundled into runs (one call, file or insertion), and a run is handed over again, with the
same rows and keys, until it is sure that billing has it. Billing tells rows apart by their keys, so a run
that is handed over twice changes nothing; its first answer to a row counts, whenever it comes.

A sheet is ``delivered`` when billing has acknowledged all its readings. When it refuses one, all of them are
withdrawn, what it had acknowledged is reversed, and the sheet returns to review with billing's reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.reasons import Reason
from domain.sheet import SheetState
from services import telling
from services.context import Context
from services.text import printable
from storage.records import SheetRow, Transaction
from storage.records.outbox import (
    ACKNOWLEDGED,
    OPEN,
    QUEUED,
    READING,
    REFUSED,
    REVERSAL,
    SENT,
    WRITTEN,
    DeliveryRow,
    DeliveryRunRow,
    OutgoingRow,
)
from storage.records.readings import ReadingRow

WHO = "billing"
#: Readings queued in one transaction.
_QUEUED_AT_ONCE = 2000
#: Waiting times between tries of a run: doubled each time.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)


@dataclass(frozen=True)
class Answer:
    """What billing says to one row. ``code`` and ``words``: why it refused; ``receipt``: its own number."""

    key: str
    accepted: bool
    receipt: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Call:
    """A run with the rows that billing has not answered yet."""

    run: DeliveryRunRow
    rows: tuple[OutgoingRow, ...]

    @property
    def key(self) -> str:
        """The call's own key: the same for the same rows, whoever hands them over and when."""
        return hashlib.sha256("\n".join(row.key for row in self.rows).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Recorded:
    """What became of billing's answers: first ones by outcome, repeated ones, and keys that nobody sent."""

    acknowledged: int = 0
    refused: int = 0
    again: int = 0
    unknown: tuple[str, ...] = ()


def row_key(reading: ReadingRow, kind: str) -> str:
    """A row's key: from the original's bytes on, so that no other installation or backup gives it again."""
    parts = (
        reading.supplier,
        reading.evidence,
        reading.account,
        reading.meter_serial,
        reading.tariff,
        str(reading.revision),
        kind,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def enqueue(ctx: Context, supplier: str, wait: timedelta = timedelta(0)) -> int:
    """Queue every accepted reading of the supplier that went out in no way; returns how many.

    ``wait``: so long a verdict may be taken back without a word to billing.
    """
    queued = 0
    before = ctx.clock() - wait
    while True:
        with ctx.records.begin() as tx:
            # An export claims readings under the same lock.
            tx.lock("outbox")
            fresh = tx.outbox.fresh(supplier, before, _QUEUED_AT_ONCE)
            queued += tx.outbox.add([(r, READING, row_key(r, READING)) for r in fresh], ctx.clock())
        if len(fresh) < _QUEUED_AT_ONCE:
            return queued


def next_call(ctx: Context, supplier: str, target: str, place: str, limit: int) -> Call | None:
    """The oldest run that is due, or a new one of at most ``limit`` rows; None when there is nothing to do.

    The caller holds ``Records.exclusive`` for the supplier's deliveries: one process hands over at a time.
    """
    now = ctx.clock()
    with ctx.records.begin() as tx:
        due = tx.outbox.runs(supplier, (OPEN, WRITTEN), now)
        run = due[0] if due else tx.outbox.form_run(supplier, target, place, limit, now)
        if run is None:
            return None
        rows = tuple(tx.outbox.outgoing(run.id))
        if not rows:
            tx.outbox.close_run(run.id, now)
    return Call(run, rows) if rows else next_call(ctx, supplier, target, place, limit)


def written(ctx: Context, run: DeliveryRunRow) -> None:
    """The run's file is complete and is now put in place."""
    with ctx.records.begin() as tx:
        tx.outbox.set_run(run.id, (OPEN,), state=WRITTEN)


def handed_over(ctx: Context, run: DeliveryRunRow) -> None:
    """Billing has the run for sure; its answers come later."""
    now = ctx.clock()
    with ctx.records.begin() as tx:
        tx.outbox.set_run(run.id, (OPEN, WRITTEN), state=SENT, sent_at=now, error="")


def ask_again(ctx: Context, supplier: str, target: str, after: timedelta) -> int:
    """Open the runs that billing took ``after`` ago or longer and still has not answered; returns how many.

    They are handed over once more with the rows that have no answer, under the same keys: billing that has
    them changes nothing, and billing that has lost them gets them.
    """
    now = ctx.clock()
    opened = 0
    with ctx.records.begin() as tx:
        for run in tx.outbox.runs(supplier, (SENT,)):
            if run.target != target or run.sent_at is None or now - run.sent_at < after:
                continue
            opened += tx.outbox.set_run(
                run.id, (SENT,), state=OPEN, next_at=now, error="billing has not called back; asked again"
            )
    return opened


def not_handed_over(ctx: Context, run: DeliveryRunRow, error: str) -> None:
    """Nobody knows whether billing has the run: it is handed over again after a while."""
    now = ctx.clock()
    wait = min(_FIRST_WAIT * 2 ** min(run.attempts, 20), _LONGEST_WAIT)
    with ctx.records.begin() as tx:
        changed = {"attempts": run.attempts + 1, "next_at": now + wait, "error": printable(error)}
        tx.outbox.set_run(run.id, (OPEN, WRITTEN), **changed)


def too_much(ctx: Context, run: DeliveryRunRow) -> bool:
    """Billing cannot take this run as it is: make two of it. False when it has one row alone."""
    now = ctx.clock()
    with ctx.records.begin() as tx:
        if len(tx.outbox.outgoing(run.id)) < 2:
            return False
        tx.outbox.split(run, now)
    return True


def record(
    ctx: Context,
    answers: Iterable[Answer],
    reasons: Mapping[str, Reason] | None = None,
    supplier: str | None = None,
) -> Recorded:
    """Record billing's answers in one transaction; whoever answers twice is counted, nothing more.

    ``reasons``: what billing's codes mean, beside the codes of ``Reason`` themselves. ``supplier``: whose
    billing system says it; rows of others are unknown to it.
    """
    acknowledged = refused = again = 0
    unknown: list[str] = []
    now = ctx.clock()
    with ctx.records.begin() as tx:
        touched: dict[int, DeliveryRow] = {}
        runs: set[int] = set()
        for answer in answers:
            row = tx.outbox.by_key(answer.key)
            if row is None or supplier not in (None, row.supplier):
                unknown.append(printable(answer.key, 64))
                continue
            state = ACKNOWLEDGED if answer.accepted else REFUSED
            said = {
                "receipt": printable(answer.receipt),
                "code": printable(answer.code, 64),
                "words": printable(answer.words, 1000),
            }
            if not tx.outbox.answer(answer.key, state, now, **said):
                again += 1
                if row.state in {ACKNOWLEDGED, REFUSED} and row.state != state:
                    _log(ctx, tx, row, "delivery.contradicted", {"said": state, "before": row.state, **said})
                continue
            acknowledged += answer.accepted
            refused += not answer.accepted
            touched[row.reading_id] = row
            if row.run_id is not None:
                runs.add(row.run_id)
            _log(ctx, tx, row, f"delivery.{state}", {"kind": row.kind, "key": row.key, **said})
        for row in touched.values():
            _settle(ctx, tx, row, reasons or {})
        for run_id in runs:
            tx.outbox.close_run(run_id, now)
    return Recorded(acknowledged, refused, again, tuple(unknown))


def reverse_all(tx: Transaction, readings: Sequence[ReadingRow], ctx: Context) -> int:
    """Queue the reversal of those readings that billing has; returns how many."""
    back = [(reading, REVERSAL, row_key(reading, REVERSAL)) for reading in readings]
    return tx.outbox.add(back, ctx.clock())


def _settle(ctx: Context, tx: Transaction, row: DeliveryRow, reasons: Mapping[str, Reason]) -> None:
    """Move the sheet of an answered row when billing has answered for all its readings."""
    if row.kind != READING:
        return
    reading = tx.readings.get(row.reading_id)
    assert reading is not None
    [sheet] = tx.sheets.get([reading.sheet_id], lock=True)
    readings = tx.readings.of_sheet(sheet.id)
    rows = [r for r in tx.outbox.of_readings([each.id for each in readings]) if r.kind == READING]
    states = {each.state for each in rows}
    if len(rows) < len(readings) or states & {QUEUED, SENT} or sheet.state is not SheetState.ACCEPTED:
        return
    if states == {ACKNOWLEDGED}:
        details = {"keys": [each.key for each in rows]}
        tx.sheets.move(sheet, SheetState.DELIVERED, sheet.reasons, at=ctx.clock(), who=WHO, details=details)
        telling.accepted(ctx, tx, sheet, readings)
        return
    _return_to_review(ctx, tx, sheet, rows, reasons)


def _return_to_review(
    ctx: Context,
    tx: Transaction,
    sheet: SheetRow,
    rows: Sequence[DeliveryRow],
    reasons: Mapping[str, Reason],
) -> None:
    readings = {each.id: each for each in tx.readings.of_sheet(sheet.id)}
    refusals = [each for each in rows if each.state == REFUSED]
    has = [readings[each.reading_id] for each in rows if each.state == ACKNOWLEDGED]
    tx.readings.withdraw(sheet.id, "refused", ctx.clock())
    reverse_all(tx, has, ctx)
    said = [{"code": each.code, "words": each.words} for each in refusals]
    why = (Reason.REFUSED_BY_BILLING, *(r for each in refusals if (r := reason_of(each.code, reasons))))
    tx.sheets.move(
        sheet,
        SheetState.REVIEW,
        why,
        at=ctx.clock(),
        who=WHO,
        details={"refused": said, "reversed": len(has)},
    )


def reason_of(code: str, reasons: Mapping[str, Reason]) -> Reason | None:
    """What billing's code means: as the connection's settings say, or one of ours."""
    if code in reasons:
        return reasons[code]
    try:
        return Reason(code)
    except ValueError:
        return None


def _log(ctx: Context, tx: Transaction, row: DeliveryRow, what: str, details: Mapping[str, object]) -> None:
    reading = tx.readings.get(row.reading_id)
    assert reading is not None
    tx.audits.add(ctx.clock(), WHO, what, supplier=row.supplier, sheet_id=reading.sheet_id, details=details)
