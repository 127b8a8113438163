"""A date in eight cells, DDMMYYYY, decoded over real calendar days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import BLANK, OUTLIERS, check_shape, digit_evidence, raw_text

#: Share of date fields that hold no real date (the 31st of June, a number, the meter's serial).
_NO_DATE = 0.02
#: Share of writers who write two digits of the year and leave the last two cells empty.
_SHORT_YEAR = 0.05
_RECENT_DAYS = 62
_RECENT = 0.9
_DAYS = tuple(f"{d:02d}" for d in range(1, 32))
_MONTHS = tuple(f"{m:02d}" for m in range(1, 13))


@dataclass(frozen=True)
class DatePosterior:
    """``value``: ISO date, or "" when the cells are empty; ``raw``: the ink alone."""

    value: str
    probability: float
    raw: str


@dataclass(frozen=True)
class _Calendar:
    """All days of some years: ordinals, and each day's day (0–30), month (0–11) and year (0–) as an index."""

    ordinals: NDArray[np.int64]
    day: NDArray[np.intp]
    month: NDArray[np.intp]
    year: NDArray[np.intp]
    years: tuple[int, ...]


@lru_cache(maxsize=8)
def _calendar(first_year: int, last_year: int) -> _Calendar:
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    days = [date.fromordinal(o) for o in range(first, last + 1)]
    return _Calendar(
        np.arange(first, last + 1),
        np.array([d.day - 1 for d in days], dtype=np.intp),
        np.array([d.month - 1 for d in days], dtype=np.intp),
        np.array([d.year - first_year for d in days], dtype=np.intp),
        tuple(range(first_year, last_year + 1)),
    )


def _scores(log_evidence: NDArray[np.float64], texts: Iterable[str]) -> NDArray[np.float64]:
    """Log evidence of each text over the given cells, one row a cell."""
    return np.array([sum(float(log_evidence[i, int(c)]) for i, c in enumerate(text)) for text in texts])


def decode_date(probabilities: NDArray[np.float64], around: date | None = None) -> DatePosterior:
    """Decode eight cells of shape (8, 12).

    ``around`` is the day the box was emptied where known: days shortly before it are likelier beforehand,
    which breaks near ties but never overrules clear ink.
    """
    check_shape(probabilities, 8)
    raw = raw_text(probabilities)
    blank = (1.0 - OUTLIERS) * probabilities[:, BLANK] + OUTLIERS / 12
    if (blank > 0.5).all():
        return DatePosterior("", float(np.prod(blank)), raw)
    calendar = _calendar(2000, 2049) if around is None else _calendar(around.year - 10, around.year + 10)
    log_evidence = np.log(digit_evidence(probabilities))
    start = (
        _scores(log_evidence[:2], _DAYS)[calendar.day] + _scores(log_evidence[2:4], _MONTHS)[calendar.month]
    )
    full_years = np.exp(_scores(log_evidence[4:], [str(y) for y in calendar.years]))
    short_years = np.exp(_scores(log_evidence[4:6], [f"{y % 100:02d}" for y in calendar.years]))
    start = np.exp(start)
    full = start * full_years[calendar.year]
    # The last two cells' blank mass was spread over the digits in ``full``: take it out again there.
    written = float(np.prod(1.0 - np.minimum(probabilities[6:, BLANK], 0.9999)))
    short = start * short_years[calendar.year] * float(np.prod(blank[6:]))
    likelihood = full * (1 - _SHORT_YEAR) * written + short * _SHORT_YEAR
    masses = likelihood * _prior(calendar.ordinals, around)
    none = _NO_DATE * 1e-8 * max(0.0, 1.0 - float(full.sum()))
    total = float(masses.sum()) * (1 - _NO_DATE) + none
    best = int(masses.argmax())
    probability = float(masses[best]) * (1 - _NO_DATE) / total
    return DatePosterior(
        date.fromordinal(int(calendar.ordinals[best])).isoformat(), min(probability, 1.0), raw
    )


def _prior(ordinals: NDArray[np.int64], around: date | None) -> NDArray[np.float64]:
    prior = np.full(len(ordinals), 1.0 / len(ordinals))
    if around is None:
        return prior
    recent = (ordinals <= around.toordinal()) & (
        ordinals > (around - timedelta(days=_RECENT_DAYS)).toordinal()
    )
    prior *= 1.0 - _RECENT
    prior[recent] += _RECENT / max(int(recent.sum()), 1)
    return prior
