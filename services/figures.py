"""What a supervisor looks at: whether the machine keeps its word, and how the work goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from domain.risk import upper_bound
from domain.sheet import SheetState
from services import answers
from services.context import Context
from services.recognition import from_json
from services.scores import scores
from storage.records import Transaction
from storage.records.figures import Figures, Verdict
from storage.records.findings import Period
from templates.sides import form_of

#: The bounds hold with 95 % confidence.
DELTA = 0.05
HOURS = 48
DAYS = 30
#: Somebody who was away longer between two verdicts was not looking at a slip.
_PAUSE = 180.0
#: Confidences are grouped so; the last ones are where acceptance is decided.
_EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
_MOST_CASES = 3000
_NOT_SLIPS = frozenset({SheetState.BLANK.value, SheetState.DUPLICATE.value, SheetState.UNREADABLE.value})
_ACCEPTED = frozenset({SheetState.ACCEPTED.value, SheetState.DELIVERED.value})


@dataclass(frozen=True)
class Straight:
    """Of ``slips`` received in ``days`` days, ``alone`` were accepted without a person."""

    days: int
    slips: int
    alone: int

    @property
    def share(self) -> float | None:
        """Straight-through rate; None without a slip."""
        return self.alone / self.slips if self.slips else None


@dataclass(frozen=True)
class ReviewerFigures:
    """One reviewer's verdicts; seconds and keys are medians, keys None where the page told none."""

    name: str
    verdicts: int
    seconds: float | None
    keys: float | None


@dataclass(frozen=True)
class Bin:
    """Sheets whose confidence lies in ``low`` to ``high``: mean confidence and share right."""

    low: float
    high: float
    n: int
    said: float
    right: float


@dataclass(frozen=True)
class Bound:
    """Wrong ≤ ``bound`` with 95 % confidence, from ``n`` audits, of one station and template."""

    station: str
    template: str
    by_machine: bool
    n: int
    wrong: int
    bound: float


@dataclass(frozen=True)
class Overview:
    """Everything on the dashboard beside the counts by state and reason."""

    straight: tuple[Straight, ...]
    waiting: int
    oldest: datetime | None
    ages: tuple[tuple[str, int], ...]
    hours: tuple[tuple[datetime, int], ...]
    reviewers: tuple[ReviewerFigures, ...]
    curve: tuple[Bin, ...]
    bounds: tuple[Bound, ...]


def bound(wrong: int, n: int) -> float:
    """The share of wrong ones that is not exceeded, with 95 % confidence."""
    return upper_bound(wrong, n, DELTA)


def overview(ctx: Context) -> Overview:
    """All figures, from one transaction."""
    now = ctx.clock()
    with ctx.records.read() as tx:
        figures = Figures(tx.connection)
        waiting = figures.waiting_since()
        return Overview(
            straight=tuple(_straight(figures, now, days) for days in (1, 7, DAYS)),
            waiting=len(waiting),
            oldest=waiting[0] if waiting else None,
            ages=_ages(waiting, now),
            hours=_hours(figures, now),
            reviewers=_reviewers(figures.verdicts(now - timedelta(days=7))),
            curve=_curve(ctx, tx, now),
            bounds=tuple(
                Bound(
                    each.station,
                    each.template,
                    each.kind == "machine",
                    each.n,
                    each.wrong,
                    bound(each.wrong, each.n),
                )
                for each in figures.audits()
            ),
        )


def _straight(figures: Figures, now: datetime, days: int) -> Straight:
    rows = figures.states_since(now - timedelta(days=days))
    slips = sum(n for state, _, n in rows if state not in _NOT_SLIPS and state != SheetState.PENDING.value)
    alone = sum(n for state, by_person, n in rows if state in _ACCEPTED and not by_person)
    return Straight(days, slips, alone)


def _ages(waiting: Sequence[datetime], now: datetime) -> tuple[tuple[str, int], ...]:
    """How many wait how long; the steps are hours."""
    steps = (("1", 1.0), ("4", 4.0), ("24", 24.0), ("72", 72.0), ("more", float("inf")))
    counts = dict.fromkeys((name for name, _ in steps), 0)
    for since in waiting:
        hours = (now - since).total_seconds() / 3600
        counts[next(name for name, most in steps if hours <= most)] += 1
    return tuple(counts.items())


def _hours(figures: Figures, now: datetime) -> tuple[tuple[datetime, int], ...]:
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    found = figures.read_each_hour(hours[0])
    return tuple((hour, found.get(hour, 0)) for hour in hours)


def _reviewers(verdicts: Sequence[Verdict]) -> tuple[ReviewerFigures, ...]:
    by_name: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_name[verdict.who].append(verdict)
    return tuple(_reviewer(name, theirs) for name, theirs in sorted(by_name.items()))


def _reviewer(name: str, verdicts: Sequence[Verdict]) -> ReviewerFigures:
    told = [verdict.effort for verdict in verdicts if verdict.effort]
    seconds = [float(each["seconds"]) for each in told]
    if not seconds:
        gaps = [(b.at - a.at).total_seconds() for a, b in pairwise(verdicts)]
        seconds = [gap for gap in gaps if 0 < gap < _PAUSE]
    keys = [int(each["keys"]) for each in told]
    return ReviewerFigures(
        name, len(verdicts), median(seconds) if seconds else None, median(keys) if keys else None
    )


def _curve(ctx: Context, tx: Transaction, now: datetime) -> tuple[Bin, ...]:
    """How often the machine was right where people or audits know, by what it said of itself."""
    cases: list[tuple[float, bool]] = []
    period = Period(since=now - timedelta(days=DAYS))
    for key in tx.findings.keys(period):
        template = form_of(ctx.templates, key[1])
        if template is None:
            continue
        for audited in tx.findings.audited(key, period):
            if audited.wrong is not None and len(cases) < _MOST_CASES:
                cases.append((scores(from_json(audited.recognition), template).main, not audited.wrong))
        for sheet in tx.findings.reviewed(key, period):
            truth = sheet.truth or (
                answers.canonical(template, sheet.entered) if sheet.entered is not None else None
            )
            if truth is None or len(cases) >= _MOST_CASES:
                continue
            slip = from_json(sheet.recognition)
            differing = answers.differences(answers.of_machine(template, slip), truth)
            wrong = answers.is_wrong(template, differing, several_meters=False)
            cases.append((scores(slip, template).main, not wrong))
    return _bins(cases)


def _bins(cases: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    bins = []
    for low, high in pairwise(_EDGES):
        inside = [case for case in cases if low <= case[0] < high or (high == 1.0 and case[0] == 1.0)]
        if inside:
            said = sum(score for score, _ in inside) / len(inside)
            right = sum(ok for _, ok in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), said, right))
    return tuple(bins)
