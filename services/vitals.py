"""How the installation does: what metrics, alerts and ``meterdrop status`` are made from."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from domain.alerts import Alert, BoundSigns, DriftSigns, Levels, Signs, alerts
from domain.recalibration import audits_needed
from domain.risk import lower_bound, upper_bound
from domain.window import Window
from services.context import Context
from services.drifting import DriftOf, drifts
from services.results import VerifyResult
from storage.records import Transaction
from storage.records.blind import MACHINE
from storage.records.vitals import VERIFIED, OutboxCount, PaceRow, SheetCount

#: The bounds hold with 95 % confidence each.
DELTA = 0.05
#: Months whose audits count: the running one and the two before.
MONTHS = 3
#: A station that handed something in within so many days is known; with so many batches it is expected.
STATION_DAYS, STATION_BATCHES = 70, 3
#: Somebody reads as long as its machine was seen within so many seconds.
WORKER_SECONDS = 600.0
STATION_CHANNEL = "station"


@dataclass(frozen=True)
class Audited:
    """Blind audits of what the machine accepted by one channel in the last months.

    ``n`` answers, ``wrong`` ones among them (undecided ones count as wrong); the share of wrong sheets lies
    above ``low`` and below ``high``, each with 95 % confidence.
    """

    supplier: str
    channel: str
    n: int
    wrong: int
    low: float
    high: float


@dataclass(frozen=True)
class Station:
    """A station: seconds since it handed something in, or since its supplier's window opened.

    ``expected``: the window is open, and the station has handed in often enough to be missed.
    """

    supplier: str
    name: str
    silent: float
    expected: bool


@dataclass(frozen=True)
class Checked:
    """The last ``meterdrop verify``: seconds ago, and how many problems it found."""

    ago: float
    problems: int


@dataclass(frozen=True)
class Vitals:
    """Everything at one moment; ages in seconds, None where nothing waits or nothing is known.

    ``reasons``: (reason, state, sheets). ``working``: (process, sheets it holds). ``notices``: (channel,
    state, number). ``failing``: supplier → runs whose last try failed. ``allowed``: the greatest share of
    wrong sheets that is carried; ``audits_needed``: with fewer audits no bound is as low as that.
    """

    at: datetime
    sheets: Sequence[SheetCount]
    reasons: Sequence[tuple[str, str, int]]
    pending: float | None
    review: float | None
    working: Sequence[tuple[str, int]]
    paces: Sequence[PaceRow]
    outbox: Sequence[OutboxCount]
    failing: Sequence[tuple[str, int]]
    notices: Sequence[tuple[str, str, int]]
    oldest_notice: float | None
    stations: Sequence[Station]
    audits: Sequence[Audited]
    audits_open: int
    audits_disputed: int
    oldest_audit: float | None
    allowed: float
    audits_needed: int
    checked: Checked | None
    drifts: Sequence[DriftOf] = ()

    def age(self, moment: datetime | None) -> float | None:
        """Seconds since ``moment``, never less than 0."""
        return None if moment is None else max(0.0, (self.at - moment).total_seconds())

    @property
    def machines(self) -> list[tuple[str, float, int]]:
        """(machine, seconds since it read a page, pages read so far)."""
        seen: dict[str, tuple[datetime, int]] = {}
        for row in self.paces:
            last, pages = seen.get(row.worker, (row.seen_at, 0))
            seen[row.worker] = max(last, row.seen_at), pages + row.pages
        return [(name, self.age(at) or 0.0, pages) for name, (at, pages) in sorted(seen.items())]

    @property
    def outbox_ages(self) -> list[tuple[str, float]]:
        """Supplier and age of the reading that waits longest for billing's answer."""
        oldest: dict[str, float] = defaultdict(float)
        for row in self.outbox:
            age = self.age(row.oldest)
            if age is not None:
                oldest[row.supplier] = max(oldest[row.supplier], age)
        return sorted(oldest.items())


def look(ctx: Context, drifting: Sequence[DriftOf] = ()) -> Vitals:
    """All figures of one moment, from one transaction; ``drifting``: of ``drifts``, which reads sheets."""
    now = ctx.clock()
    with ctx.records.read() as tx:
        ask = tx.vitals
        checked = ask.last_verified()
        counts = tx.sheets.counts()
        return Vitals(
            at=now,
            sheets=ask.sheets(),
            reasons=_reasons(counts),
            pending=_age(now, ask.oldest_pending()),
            review=_age(now, ask.oldest_review()),
            working=ask.working(now),
            paces=ask.paces(),
            outbox=ask.outbox(),
            failing=sorted(ask.failing_runs().items()),
            notices=ask.notices(),
            oldest_notice=_age(now, ask.oldest_notice()),
            stations=_stations(ctx, tx, now),
            audits=_audits(tx, now),
            audits_open=tx.blind.waiting("open"),
            audits_disputed=tx.blind.waiting("disputed"),
            oldest_audit=_age(now, ask.oldest_audit()),
            allowed=ctx.settings.most_risk,
            audits_needed=audits_needed(0, ctx.settings.most_risk, DELTA),
            checked=None
            if checked is None
            else Checked(_age(now, checked.at) or 0.0, int((checked.details or {}).get("problems", 0))),
            drifts=tuple(drifting),
        )


def signs(vitals: Vitals, disk_free: float | None = None, levels: Levels = Levels()) -> Signs:
    """What the rules for alerts look at; ``disk_free``: share of the disk of the home that is free."""
    return Signs(
        pending=vitals.pending,
        read=min((age for _, age, _ in vitals.machines), default=None),
        review=vitals.review,
        audits=vitals.oldest_audit,
        notices=vitals.oldest_notice,
        outbox=vitals.outbox_ages,
        stations=[(f"{s.supplier} {s.name}", s.silent) for s in vitals.stations if s.expected],
        bounds=[BoundSigns(f"{a.supplier} {a.channel}", a.n, a.low, a.high) for a in vitals.audits],
        drifts=[
            DriftSigns(" ".join(each.key), each.drift.n, each.drift.psi, each.drift.chance)
            for each in vitals.drifts
        ],
        allowed=vitals.allowed,
        audits_needed=vitals.audits_needed,
        verify_problems=0 if vitals.checked is None else vitals.checked.problems,
        disk_free=disk_free,
        levels=levels,
    )


def what_is_wrong(vitals: Vitals, disk_free: float | None = None) -> list[Alert]:
    """The alerts at this moment, critical ones first."""
    return alerts(signs(vitals, disk_free))


def disk(home: Path) -> tuple[float, float]:
    """Free bytes and size in bytes of the disk of a folder that need not exist yet."""
    folder = next(each for each in (home, *home.parents) if each.exists())
    usage = shutil.disk_usage(folder)
    return float(usage.free), float(usage.total)


def note_verified(ctx: Context, result: VerifyResult, who: str = "verify") -> None:
    """Leave in the log what a check of everything found, so that a bad one is seen by others."""
    with ctx.records.begin() as tx:
        tx.audits.add(ctx.clock(), who, VERIFIED, details={"problems": len(result.problems)})


class Watch:
    """Vitals that are asked for often: looked at again after ``seconds``, drift after ``drift_seconds``."""

    def __init__(
        self,
        ctx: Context,
        stopwatch: Callable[[], float],
        seconds: float = 10.0,
        drift_seconds: float = 600.0,
    ) -> None:
        self._ctx, self._stopwatch = ctx, stopwatch
        self._seconds, self._drift_seconds = seconds, drift_seconds
        self._kept: tuple[float, Vitals] | None = None
        self._drifts: tuple[float, list[DriftOf]] | None = None

    def __call__(self) -> Vitals:
        """The vitals, at most as old as was said; raises ``StorageError``."""
        now = self._stopwatch()
        if self._drifts is None or now - self._drifts[0] >= self._drift_seconds:
            self._drifts = now, drifts(self._ctx)
        if self._kept is None or now - self._kept[0] >= self._seconds:
            self._kept = now, look(self._ctx, self._drifts[1])
        return self._kept[1]


def _age(now: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _reasons(counts: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """A sheet with two reasons counts under both."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for state, reasons, n in counts:
        for reason in reasons.split(",") if reasons else ():
            found[reason, state] += n
    return [(reason, state, n) for (reason, state), n in sorted(found.items())]


def _stations(ctx: Context, tx: Transaction, now: datetime) -> list[Station]:
    """The stations that work; of those with a habit, something is expected while the window is open."""
    found = []
    today = now.astimezone().date()
    for seen in tx.vitals.stations(now - timedelta(days=STATION_DAYS)):
        rules = ctx.suppliers.get(seen.supplier)
        window = None if rules is None else rules.at(today).window(STATION_CHANNEL)
        opened = _open_since(window, today) if window is not None else None
        silent = _age(now, seen.last) or 0.0
        if opened is not None:
            # What lies before the window is no silence.
            begun = datetime.combine(opened, time(), now.astimezone().tzinfo)
            silent = min(silent, _age(now, begun) or 0.0)
        expected = opened is not None and seen.batches >= STATION_BATCHES
        found.append(Station(seen.supplier, seen.station, silent, expected))
    return found


def _open_since(window: Window, today: date) -> date | None:
    """The day since which the window is open, at most a week ago; None while it is shut."""
    if not window.contains(today):
        return None
    opened = today
    while today - opened < timedelta(days=7) and window.contains(opened - timedelta(days=1)):
        opened -= timedelta(days=1)
    return opened


def _audits(tx: Transaction, now: datetime) -> list[Audited]:
    day = now.astimezone().date()
    this = day.year * 12 + day.month - 1
    months = {f"{(this - back) // 12:04d}-{(this - back) % 12 + 1:02d}" for back in range(MONTHS)}
    found: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for count in tx.blind.counts():
        if count.kind == MACHINE and count.month in months:
            n, wrong = found[count.supplier, count.channel]
            answered = count.done + count.disputed
            found[count.supplier, count.channel] = n + answered, wrong + count.wrong + count.disputed
    return [
        Audited(*key, n, wrong, lower_bound(wrong, n, DELTA), upper_bound(wrong, n, DELTA))
        if n
        else Audited(*key, 0, 0, 0.0, 1.0)
        for key, (n, wrong) in sorted(found.items())
    ]
