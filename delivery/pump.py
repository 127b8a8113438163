"""Keep the outbox moving: queue, hand over, record what billing says; stop and go on anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from delivery.connections import Billing, ExchangeBilling, FileBilling, HttpBilling
from delivery.files import FileTarget
from delivery.http import HttpTarget
from delivery.table import TableTarget
from delivery.targets import NotHandedOverError, Target, TooMuchError
from domain.errors import StorageError
from services import outbox
from services.context import Context
from services.outbox import Answer, Call, Recorded
from storage.records.outbox import OPEN, SENT, WRITTEN

#: So many runs that fail one after the other end a round.
_FAILURES_IN_A_ROW = 3

log = logging.getLogger(__name__)


@dataclass
class Delivered:
    """What a round did: readings queued, runs handed over or not, rows by answer."""

    queued: int = 0
    runs: int = 0
    failed: int = 0
    acknowledged: int = 0
    refused: int = 0
    again: int = 0
    last_error: str = ""

    def count(self, recorded: Recorded) -> None:
        """Add billing's answers."""
        self.acknowledged += recorded.acknowledged
        self.refused += recorded.refused
        self.again += recorded.again
        if recorded.unknown:
            log.warning("billing answered for rows that nobody sent: %s", ", ".join(recorded.unknown[:5]))


def open_target(billing: Billing) -> Target:
    """The way that a connection names."""
    if isinstance(billing, HttpBilling):
        return HttpTarget(billing)
    if isinstance(billing, (FileBilling, ExchangeBilling)):
        return FileTarget(billing)
    return TableTarget(billing)


def deliver(ctx: Context, supplier: str, target: Target, wait_minutes: float = 0.0) -> Delivered:
    """One round for a supplier: until nothing is due any more. One process at a time does it.

    ``wait_minutes``: readings accepted since are left for a later round.
    """
    done = Delivered()
    with ctx.records.exclusive(f"deliver-{supplier}"):
        done.queued = outbox.enqueue(ctx, supplier, timedelta(minutes=wait_minutes))
        _collect(ctx, supplier, target, done)
        if target.patience is not None:
            outbox.ask_again(ctx, supplier, target.kind, target.patience)
        in_a_row = 0
        # A billing system that is away is left alone; one bad run does not hold the others.
        while in_a_row < _FAILURES_IN_A_ROW:
            call = outbox.next_call(ctx, supplier, target.kind, target.place, target.rows)
            if call is None:
                break
            in_a_row = 0 if _hand_over(ctx, target, call, done) else in_a_row + 1
        _collect(ctx, supplier, target, done)
    return done


def _hand_over(ctx: Context, target: Target, call: Call, done: Delivered) -> bool:
    """Hand one run over; False when that failed."""
    try:
        handed = target.hand_over(ctx, call)
    except TooMuchError as error:
        if outbox.too_much(ctx, call.run):
            return True
        _later(ctx, call, str(error), done)
        return False
    except NotHandedOverError as error:
        _later(ctx, call, str(error), done)
        return False
    done.runs += 1
    if handed.answers:
        done.count(outbox.record(ctx, handed.answers, target.reasons))
    if handed.complete:
        outbox.handed_over(ctx, call.run)
    else:
        _later(ctx, call, "billing answered only some rows", done)
    return True


def _later(ctx: Context, call: Call, error: str, done: Delivered) -> None:
    log.warning("run %d for %s: %s", call.run.id, call.run.supplier, error)
    done.failed += 1
    done.last_error = error
    outbox.not_handed_over(ctx, call.run, error)


def _collect(ctx: Context, supplier: str, target: Target, done: Delivered) -> None:
    """Record the answers that came in other ways since."""
    with ctx.records.read() as tx:
        runs = tx.outbox.runs(supplier, (OPEN, WRITTEN, SENT))
        waiting = tx.outbox.sent_keys([run.id for run in runs])
    if not waiting:
        return
    try:
        answers = target.answers(ctx, waiting)
    except (OSError, StorageError) as error:
        log.warning("answers for %s: %s", supplier, error)
        return
    for chunk in _chunks(answers):
        done.count(outbox.record(ctx, chunk, target.reasons))
    target.taken()


def _chunks(answers: list[Answer], size: int = 500) -> Iterable[list[Answer]]:
    return (answers[start : start + size] for start in range(0, len(answers), size))
