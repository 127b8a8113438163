"""A date in eight cells, DDMMYYYY, decoded over real calendar days and the ways to write them there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import BLANK, OUTLIERS, check_shape, raw_text
from ocr.decode.layouts import LAYOUTS, digit_likelihood, places, rest_likelihoods

#: Share of date fields that hold no real date (the 31st of June, a number, the meter's serial).
_NO_DATE = 0.02
_RECENT_DAYS = 62
_RECENT = 0.9
#: A layout whose best date is this much less likely than another's best is not worth computing.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class DatePosterior:
    """``value``: ISO date, or "" when the cells are empty; ``raw``: the ink alone.

    ``layout``: how the date is laid over the cells, see ``layouts``; "" when they are empty.
    """

    value: str
    probability: float
    raw: str
    layout: str = ""


@dataclass(frozen=True)
class _Calendar:
    """All days of some years: ordinals, and where each stands in a table of years, 12 months and 31 days."""

    ordinals: NDArray[np.int64]
    places: NDArray[np.intp]
    years: tuple[int, ...]


@lru_cache(maxsize=8)
def _calendar(first_year: int, last_year: int) -> _Calendar:
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    days = [date.fromordinal(o) for o in range(first, last + 1)]
    return _Calendar(
        np.arange(first, last + 1),
        np.array([((d.year - first_year) * 12 + d.month - 1) * 31 + d.day - 1 for d in days], dtype=np.intp),
        tuple(range(first_year, last_year + 1)),
    )


@dataclass(frozen=True)
class _Parts:
    """Likelihoods of each day (31), month (12) and year under one layout, with the layout's own weight."""

    layout: str
    weight: float
    day: NDArray[np.float64]
    month: NDArray[np.float64]
    year: NDArray[np.float64]

    @property
    def most(self) -> float:
        """What no date can exceed under this layout."""
        return self.weight * float(self.day.max() * self.month.max() * self.year.max())

    def in_year(self) -> NDArray[np.float64]:
        """The likelihood of every month and day of a year, (372,); of days that do not exist, too."""
        of_year: NDArray[np.float64] = (self.weight * self.day) * self.month[:, None]
        return of_year.ravel()


@lru_cache(maxsize=64)
def _written(first: int, last: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The values ``first`` to ``last`` in ``count`` digits, (values, count), and which fit in."""
    # A year may lack its century; a day or a month may not lose its tens.
    shortened = first >= 1000 and count == 2
    values = [value % 100 if shortened else value for value in range(first, last + 1)]
    digits = [[value // 10**place % 10 for place in range(count - 1, -1, -1)] for value in values]
    return np.array(digits, dtype=np.intp), np.array([value < 10**count for value in values])


def _scores(
    likelihood: NDArray[np.float64], cells: tuple[int, ...], first: int, last: int
) -> NDArray[np.float64]:
    """Likelihood of each value written into ``cells``; 0 where it needs more of them."""
    digits, fits = _written(first, last, len(cells))
    return np.asarray(likelihood[np.array(cells), digits].prod(axis=1) * fits, dtype=np.float64)


def _parts(
    probabilities: NDArray[np.float64], likelihood: NDArray[np.float64], years: tuple[int, ...]
) -> list[_Parts]:
    """Every layout that may matter."""
    seen: dict[tuple[int, ...], NDArray[np.float64]] = {}
    every = []

    def scores(layout: str, symbol: str, first: int, last: int) -> NDArray[np.float64]:
        cells = places(layout, symbol)
        key = (first, *cells)
        if key not in seen:
            seen[key] = _scores(likelihood, cells, first, last)
        return seen[key]

    strongest = 0.0
    rest = rest_likelihoods(probabilities)
    for layout, share in LAYOUTS.items():
        weight = share * rest[layout]
        if weight < strongest * _NEGLIGIBLE:
            continue
        parts = _Parts(
            layout,
            weight,
            scores(layout, "d", 1, 31),
            scores(layout, "m", 1, 12),
            scores(layout, "y", years[0], years[-1]),
        )
        strongest = max(strongest, parts.most)
        every.append(parts)
    return [parts for parts in every if parts.most > strongest * _NEGLIGIBLE]


def decode_date(probabilities: NDArray[np.float64], around: date | None = None) -> DatePosterior:
    """Decode eight cells of shape (8, 12).

    ``around`` is the day the box was emptied where known: days shortly before it are likelier beforehand,
    which breaks near ties but never overrules clear ink. Two days that the same ink may mean under two
    layouts share the probability.
    """
    check_shape(probabilities, 8)
    raw = raw_text(probabilities)
    blank = (1.0 - OUTLIERS) * probabilities[:, BLANK] + OUTLIERS / 12
    if (blank > 0.5).all():
        return DatePosterior("", float(np.prod(blank)), raw)
    calendar = _calendar(2000, 2049) if around is None else _calendar(around.year - 10, around.year + 10)
    parts = _parts(probabilities, digit_likelihood(probabilities), calendar.years)
    years, days = np.stack([each.year for each in parts]), np.stack([each.in_year() for each in parts])
    # The layouts' tables of years, months and days, summed in one product.
    likelihood = (years.T @ days).ravel()[calendar.places]
    masses = likelihood * _prior(calendar.ordinals, around)
    none = _NO_DATE * 1e-8 * max(0.0, 1.0 - float(likelihood.sum()))
    total = float(masses.sum()) * (1 - _NO_DATE) + none
    best = int(masses.argmax())
    probability = float(masses[best]) * (1 - _NO_DATE) / total
    year, day = divmod(int(calendar.places[best]), days.shape[1])
    return DatePosterior(
        date.fromordinal(int(calendar.ordinals[best])).isoformat(),
        min(probability, 1.0),
        raw,
        parts[int((years[:, year] * days[:, day]).argmax())].layout,
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
