"""The monthly report: per channel, what came in, what was accepted by whom, and how much of it is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from domain.errors import UsageError
from domain.proof import ProvenThreshold
from domain.recalibration import audits_needed
from domain.risk import upper_bound
from domain.sheet import SheetState
from ocr.thresholds import ProvenThresholds
from services.context import Context
from storage.records import BlindCount, Transaction
from storage.records.blind import MACHINE, REVIEWED
from storage.records.findings import days_of

#: The bounds hold with 95 % confidence.
DELTA = 0.05
_ACCEPTED = frozenset({SheetState.ACCEPTED.value, SheetState.DELIVERED.value})


@dataclass(frozen=True)
class AuditFigures:
    """What blind audits found among sheets accepted by the machine, or by people.

    ``undecided``: two answers differ and nobody has decided; they count as wrong in both bounds. ``bound``
    and ``bound_registered``: Clopper–Pearson upper bounds on the share of wrong sheets, and of those booked
    to another customer's account; 1 without any audit. ``lacking``: further audits, none wrong, until
    ``target`` is kept. ``share_min`` and ``share_max``: with which probability sheets were drawn.
    """

    sampled: int = 0
    done: int = 0
    undecided: int = 0
    wrong: int = 0
    wrong_registered: int = 0
    share_min: float = 0.0
    share_max: float = 0.0
    bound: float = 1.0
    bound_registered: float = 1.0
    lacking: int = 0

    @property
    def n(self) -> int:
        """Audits that have an answer."""
        return self.done + self.undecided

    @property
    def open(self) -> int:
        """Drawn, but not seen by a second person yet."""
        return self.sampled - self.n


@dataclass(frozen=True)
class ThresholdInForce:
    """A threshold that was in force in the month. ``since``: None when it came with the weights."""

    template: str
    model: str
    main: float | None
    since: datetime | None
    withdrawn: bool
    proof: ProvenThreshold | None


@dataclass(frozen=True)
class ChannelReport:
    """One channel of one supplier in a billing month. Sheets in all states sum to ``received``."""

    supplier: str
    channel: str
    received: int
    by_machine: int
    by_people: int
    rejected: int
    duplicate: int
    blank: int
    unreadable: int
    waiting: int
    machine: AuditFigures
    people: AuditFigures
    thresholds: Sequence[ThresholdInForce] = field(default=())


@dataclass(frozen=True)
class MonthlyReport:
    """``month`` is YYYY-MM: sheets belong to the month in which their box was emptied."""

    month: str
    made_at: datetime
    target: float
    delta: float
    channels: Sequence[ChannelReport]
    titles: dict[str, str]


def monthly_report(ctx: Context, month: str, supplier: str | None = None) -> MonthlyReport:
    """The month's figures, from one transaction. Raises ``UsageError`` for what is no month."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or month.startswith("0000"):
        raise UsageError(f"{month!r} is no month; write it as 2026-11")
    if supplier is not None and supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    target = ctx.settings.target_risk
    with ctx.records.read() as tx:
        sheets: dict[tuple[str, str], list[tuple[str, bool, int]]] = defaultdict(list)
        for name, channel, state, by_person, count in tx.findings.month(month):
            sheets[name, channel].append((state, by_person, count))
        audits = tx.blind.counts(month)
        channels = [
            _channel(ctx, tx, key, rows, audits, month=month, target=target)
            for key, rows in sorted(sheets.items())
            if supplier in (None, key[0])
        ]
    titles = {name: rules.title for name, rules in ctx.suppliers.items()}
    return MonthlyReport(month, ctx.clock(), target, DELTA, channels, titles)


def _channel(
    ctx: Context,
    tx: Transaction,
    key: tuple[str, str],
    rows: Sequence[tuple[str, bool, int]],
    audits: Sequence[BlindCount],
    *,
    month: str,
    target: float,
) -> ChannelReport:
    def sheets(*states: SheetState) -> int:
        names = {state.value for state in states}
        return sum(count for state, _, count in rows if state in names)

    ours = [each for each in audits if (each.supplier, each.channel) == key]
    return ChannelReport(
        supplier=key[0],
        channel=key[1],
        received=sum(count for _, _, count in rows),
        by_machine=sum(count for state, person, count in rows if state in _ACCEPTED and not person),
        by_people=sum(count for state, person, count in rows if state in _ACCEPTED and person),
        rejected=sheets(SheetState.REJECTED),
        duplicate=sheets(SheetState.DUPLICATE),
        blank=sheets(SheetState.BLANK),
        unreadable=sheets(SheetState.UNREADABLE),
        waiting=sheets(SheetState.REVIEW, SheetState.PENDING),
        machine=figures([each for each in ours if each.kind == MACHINE], target),
        people=figures([each for each in ours if each.kind == REVIEWED], target),
        thresholds=_thresholds(ctx, tx, key, month),
    )


def figures(counts: Sequence[BlindCount], target: float) -> AuditFigures:
    """The counts together, with their bounds."""
    if not counts:
        return AuditFigures(lacking=audits_needed(0, target, DELTA))
    done, undecided = sum(each.done for each in counts), sum(each.disputed for each in counts)
    wrong = sum(each.wrong for each in counts)
    registered = sum(each.wrong_registered for each in counts)
    n, worst = done + undecided, wrong + undecided
    return AuditFigures(
        sampled=sum(each.sampled for each in counts),
        done=done,
        undecided=undecided,
        wrong=wrong,
        wrong_registered=registered,
        share_min=min(each.share_min for each in counts),
        share_max=max(each.share_max for each in counts),
        bound=upper_bound(worst, n, DELTA),
        bound_registered=upper_bound(registered + undecided, n, DELTA),
        lacking=max(0, audits_needed(worst, target, DELTA) - n),
    )


def _thresholds(ctx: Context, tx: Transaction, key: tuple[str, str], month: str) -> list[ThresholdInForce]:
    """Every threshold that was in force at some time of the month, oldest first for each form."""
    first, after = (_midnight(day) for day in days_of(month))
    found = []
    for template, model in tx.findings.readers(key, month):
        history = [row for row in tx.proven.history(key[1], template, model) if row.at < after]
        earlier = [row for row in history if row.at < first]
        if not earlier:
            shipped = ctx.thresholds
            if isinstance(shipped, ProvenThresholds):
                proof = shipped.row(key[1], template, model)
                main = None if proof is None else proof.main
                found.append(ThresholdInForce(template, model, main, None, False, proof))
        found += [
            ThresholdInForce(template, model, row.proof.main, row.at, row.withdrawn, row.proof)
            for row in [*earlier[-1:], *(row for row in history if row.at >= first)]
        ]
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
