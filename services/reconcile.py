"""Prove that what was accepted, what was sent and what billing acknowledged are the same readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from services.context import Context
from storage.records import Transaction
from storage.records.outbox import ACKNOWLEDGED, QUEUED, READING, REFUSED, REVERSAL, SENT

#: Problems of one kind that are named one by one.
NAMED = 20
#: A run without an answer for so long is a problem.
OVERDUE = timedelta(hours=6)


@dataclass(frozen=True)
class AtBilling:
    """A row of billing's own list: ``key`` as it was handed over; account and reading to be compared."""

    key: str
    account: str
    reading: str


@dataclass(frozen=True)
class Reconciliation:
    """One supplier's account with billing.

    ``accepted``: readings that count now. Of these, ``exported`` went out with a file of the command export,
    ``acknowledged`` and ``sent`` (without an answer) through the outbox, ``queued`` wait in it and
    ``waiting`` are not yet in it. ``reversed_``: readings that were taken back and whose reversal is
    acknowledged; ``refused``: rows that billing refused. ``problems``: one line each.
    """

    supplier: str
    period: str | None
    accepted: int
    exported: int
    acknowledged: int
    sent: int
    queued: int
    waiting: int
    reversed_: int
    refused: int
    problems: tuple[str, ...] = field(default_factory=tuple)

    @property
    def settled(self) -> bool:
        """Whether accepted, sent and acknowledged are the same number and nothing contradicts it."""
        return self.accepted == self.exported + self.acknowledged and not self.problems


def reconcile(
    ctx: Context,
    supplier: str,
    period: str | None = None,
    billing: Iterable[AtBilling] | None = None,
) -> Reconciliation:
    """Count a supplier's readings (of one period YYYY-MM) by where they are; compare with billing's list."""
    with ctx.records.read() as tx:
        counts = tx.outbox_counts
        by_state = counts.by_state(supplier, period)
        nowhere = counts.nowhere(supplier, period, 1_000_000)
        problems = [
            f"{key}: billing has this reading, but it no longer counts and no reversal is acknowledged"
            for key in counts.still_at_billing(supplier, period, NAMED)
            if by_state.get((REVERSAL, QUEUED, False), 0) + by_state.get((REVERSAL, SENT, False), 0) == 0
        ]
        problems += [
            f"{key}: billing refused to reverse it; settle it there, then 'meterdrop deliver again {key}'"
            for key in counts.refused_reversals(supplier)[:NAMED]
        ]
        problems += [
            f"run {run}: {rows} rows without an answer since long ({error or 'none came'})"
            for run, error, rows in counts.overdue(supplier, ctx.clock() - OVERDUE)[:NAMED]
        ]
        accepted = counts.accepted(supplier, period)
        exported = counts.exported(supplier, period)
        if billing is not None:
            problems += _compare(tx, supplier, billing)

    def of(kind: str, state: str) -> int:
        return sum(number for (k, s, _), number in by_state.items() if (k, s) == (kind, state))

    acknowledged = by_state.get((READING, ACKNOWLEDGED, True), 0)
    sent = by_state.get((READING, SENT, True), 0)
    queued = by_state.get((READING, QUEUED, True), 0)
    lost = accepted - exported - acknowledged - sent - queued - len(nowhere)
    if lost:
        problems.insert(0, f"{lost} accepted readings are in no export and not in the outbox")
    return Reconciliation(
        supplier,
        period,
        accepted,
        exported,
        acknowledged,
        sent,
        queued,
        len(nowhere),
        of(REVERSAL, ACKNOWLEDGED),
        of(READING, REFUSED),
        tuple(problems),
    )


def _compare(tx: Transaction, supplier: str, billing: Iterable[AtBilling]) -> list[str]:
    """What billing's own list and our acknowledgements do not have in common."""
    theirs: dict[str, AtBilling] = {}
    twice: list[str] = []
    for row in billing:
        if row.key in theirs:
            twice.append(row.key)
        theirs[row.key] = row
    ours, reversed_ = _acknowledged(tx, supplier)
    missing = [key for key in ours if key not in theirs and key not in reversed_]
    strange = [key for key in theirs if key not in ours]
    differ = [key for key, row in theirs.items() if key in ours and ours[key] != _plain(row)]
    standing = [key for key in reversed_ if key in theirs]
    return [
        *_named(twice, "billing has it twice"),
        *_named(missing, "billing acknowledged it, but does not list it"),
        *_named(strange, "billing lists it, but acknowledged no such reading"),
        *_named(differ, "billing has another account or reading"),
        *_named(standing, "billing acknowledged its reversal, but still lists it"),
    ]


def _acknowledged(tx: Transaction, supplier: str) -> tuple[Mapping[str, tuple[str, str]], set[str]]:
    """Acknowledged readings by key, and the keys of those whose reversal is acknowledged."""
    readings: dict[int, tuple[str, str, str]] = {}
    back: set[int] = set()
    for row, account, _, reading, _ in tx.outbox.handed_over(supplier):
        if row.kind == REVERSAL:
            back.add(row.reading_id)
        else:
            readings[row.reading_id] = (row.key, account, reading)
    ours = {key: (account, reading.lstrip("0")) for key, account, reading in readings.values()}
    return ours, {readings[reading_id][0] for reading_id in back if reading_id in readings}


def _plain(row: AtBilling) -> tuple[str, str]:
    return row.account.strip(), row.reading.strip().lstrip("0")


def _named(keys: list[str], problem: str) -> list[str]:
    more = [f"… and {len(keys) - NAMED} more: {problem}"] if len(keys) > NAMED else []
    return [*(f"{key}: {problem}" for key in keys[:NAMED]), *more]
