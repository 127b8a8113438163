"""Accepted readings, and billing systems that do as they are told, for tests of delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from delivery.targets import Handed, NotHandedOverError
from domain.reasons import Reason
from services import digitise, receive
from services.context import Context
from services.outbox import Answer, Call
from storage.records.outbox import OutgoingRow
from tests.paper import ORDER, account_row, file_of, register, slip

SUPPLIER = ORDER.supplier


def accept(ctx: Context, first: int, count: int, **changes: object) -> list[str]:
    """Accept ``count`` slips of as many accounts; returns the accounts."""
    accounts = [f"{121_000_000_000 + n}" for n in range(first, first + count)]
    register(ctx, *(account_row(account, **changes) for account in accounts))
    receipt = receive.receive_file(ctx, file_of(*([slip(a, "1100")] for a in accounts)), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    return accounts


def yes(row: OutgoingRow) -> Answer:
    return Answer(row.key, accepted=True, receipt="B1")


def refusing(*accounts: str, code: str = "period_closed") -> Callable[[OutgoingRow], Answer]:
    """Refuses readings of these accounts, takes everything else."""

    def say(row: OutgoingRow) -> Answer:
        bad = row.reading.account in accounts and row.kind == "reading"
        return Answer(row.key, accepted=False, code=code, words="Период закрыт") if bad else yes(row)

    return say


class Desk:
    """A billing system in this process: remembers every row that it was handed."""

    kind = "http"
    place = "desk"
    reasons: Mapping[str, Reason] = {}
    patience: timedelta | None = None

    def __init__(self, say: Callable[[OutgoingRow], Answer | None] = yes, rows: int = 100) -> None:
        self.say = say
        self.rows = rows
        self.calls: list[Call] = []
        self.broken = False

    def hand_over(self, ctx: Context, call: Call) -> Handed:
        self.calls.append(call)
        if self.broken:
            raise NotHandedOverError("away")
        answers = [self.say(row) for row in call.rows]
        return Handed(tuple(a for a in answers if a is not None), complete=None not in answers)

    def answers(self, ctx: Context, waiting: Sequence[str]) -> list[Answer]:
        return []

    def taken(self) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def handed(self) -> list[tuple[str, str]]:
        """(kind, account) of every row ever handed over, in order."""
        return [(row.kind, row.reading.account) for call in self.calls for row in call.rows]
