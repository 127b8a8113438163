"""A date in eight cells, DDMMYYYY, decoded over real calendar days."""

from __future__ import annotations

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


@dataclass(frozen=True)
class DatePosterior:
    """``value``: ISO date, or "" when the cells are empty; ``raw``: the ink alone."""

    value: str
    probability: float
    raw: str


@lru_cache(maxsize=8)
def _calendar(first_year: int, last_year: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Digits DDMMYYYY of shape (days, 8) and ordinals, for all days of these years."""
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    ordinals = np.arange(first, last + 1)
    texts = [date.fromordinal(int(o)).strftime("%d%m%Y") for o in ordinals]
    digits = np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(-1, 8).astype(np.int64) - 48
    return digits, ordinals


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
    years = (2000, 2049) if around is None else (around.year - 10, around.year + 10)
    digits, ordinals = _calendar(*years)
    log_evidence = np.log(digit_evidence(probabilities))
    columns = np.arange(8)
    full = log_evidence[columns, digits].sum(axis=1)
    short = log_evidence[columns[:4], digits[:, :4]].sum(axis=1)
    short = short + log_evidence[4, digits[:, 6]] + log_evidence[5, digits[:, 7]]
    short = short + float(np.log(blank[6:]).sum())
    # The last two cells' blank mass was spread over the digits in ``full``: take it out again there.
    written = float(np.prod(1.0 - np.minimum(probabilities[6:, BLANK], 0.9999)))
    likelihood = np.exp(full) * (1 - _SHORT_YEAR) * written + np.exp(short) * _SHORT_YEAR
    masses = likelihood * _prior(ordinals, around)
    none = _NO_DATE * 1e-8 * max(0.0, 1.0 - float(np.exp(full).sum()))
    total = float(masses.sum()) * (1 - _NO_DATE) + none
    best = int(masses.argmax())
    probability = float(masses[best]) * (1 - _NO_DATE) / total
    return DatePosterior(date.fromordinal(int(ordinals[best])).isoformat(), min(probability, 1.0), raw)


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
