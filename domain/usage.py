"""What a meter's own readings say about its use: a median and a spread that one false reading cannot move.

Uses between neighbouring readings are made comparable by the season, and weighed by their days. The median
and the median absolute deviation (Hampel 1974) have a breakdown point of one half: a reading that is far too
high, and the impossible step back after it, leave them where they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from domain.account import PastReading, RegisterRow

#: Steps between readings that say something of what is usual.
LEAST_STEPS: Final = 3
#: The median absolute deviation of a normal distribution, times this, is its standard deviation.
_TO_DEVIATION: Final = 1.4826
#: Nobody's use is steadier than this share of it.
_LEAST_SPREAD: Final = 0.15
#: The same season of an earlier year: its steps' middles lie within so many days of this one's.
_SAME_SEASON: Final = 46
_YEAR: Final = 365.25
_FLAT: Final = (1.0,) * 12


@dataclass(frozen=True)
class Usage:
    """Usual use in kWh a day over a flat season.

    ``centre``: median; ``spread``: robust standard deviation; ``seasons``: use of the same time of earlier
    years, as it was, None where nobody knows.
    """

    centre: float
    spread: float
    seasons: float | None = None


@dataclass(frozen=True)
class _Step:
    first: date
    last: date
    rate: float

    @property
    def days(self) -> int:
        return (self.last - self.first).days

    @property
    def middle(self) -> date:
        return self.first + timedelta(days=self.days // 2)


def usage(
    row: RegisterRow, past: Sequence[PastReading], day: date, season: Sequence[float] = _FLAT
) -> Usage | None:
    """What the meter's readings before ``day`` say, with the register's last one; None when they are too few.

    ``season``: the use of January to December beside a year's average.
    """
    steps = list(_steps(row, points(row, past, day)))
    if len(steps) < LEAST_STEPS:
        return None
    flat = [(step.rate / season_between(step.first, step.last, season), step.days) for step in steps]
    centre = _median(flat)
    spread = _TO_DEVIATION * _median([(abs(rate - centre), days) for rate, days in flat])
    same = [(step.rate, step.days) for step in steps if _same_season(step.middle, day)]
    return Usage(centre, max(spread, _LEAST_SPREAD * centre), _median(same) if same else None)


def points(row: RegisterRow, past: Sequence[PastReading], day: date) -> list[tuple[date, int]]:
    """(day, counter) of every actual reading before ``day``, the register's too, oldest first."""
    known = {reading.day: int(reading.reading) for reading in past if reading.day < day}
    if row.previous_reading is not None and row.previous_date is not None and row.previous_kind == "actual":
        known.setdefault(row.previous_date, int(row.previous_reading))
    return sorted((when, value) for when, value in known.items() if when < day)


def season_between(first: date, last: date, season: Sequence[float]) -> float:
    """The season's mean factor from ``first`` to ``last``."""
    if min(season) == max(season):
        return season[0]
    days = max((last - first).days, 1)
    samples = max(2, min(days // 10, 36))
    moments = (first + timedelta(days=days * (2 * n + 1) // (2 * samples)) for n in range(samples))
    return sum(season[moment.month - 1] for moment in moments) / samples


def _steps(row: RegisterRow, known: Sequence[tuple[date, int]]) -> list[_Step]:
    """Use in kWh a day between neighbours; a step back says nothing unless the counter passed its end."""
    steps = []
    for (first, before), (last, after) in pairwise(known):
        used = after - before
        if used < 0 and row.digits is not None and used + 10**row.digits < 10**row.digits // 2:
            used += 10**row.digits
        if used >= 0 and last > first:
            steps.append(_Step(first, last, used * row.ratio / (last - first).days))
    return steps


def _same_season(middle: date, day: date) -> bool:
    """Whether ``middle`` lies in the season of ``day`` in an earlier year."""
    apart = (day - middle).days
    years = round(apart / _YEAR)
    return years >= 1 and abs(apart - years * _YEAR) <= _SAME_SEASON


def _median(weighed: Sequence[tuple[float, int]]) -> float:
    """The weighted median of (value, weight)."""
    ordered = sorted(weighed)
    half = sum(weight for _, weight in ordered) / 2
    reached = 0.0
    for value, weight in ordered:
        reached += weight
        if reached >= half:
            return value
    return ordered[-1][0]
