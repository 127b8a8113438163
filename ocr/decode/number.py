"""A number written into cells: digits in one run, blanks before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import BLANK, OUTLIERS, check_shape, raw_text

#: How often a reading has the meter's digit count, fewer (leading zeros left out), or more (decimals added).
_EXACT, _SHORTER, _LONGER = 0.95, 0.045, 0.005


@dataclass(frozen=True)
class NumberPosterior:
    """``value``: digits without the blanks around them, "" when nothing is written; ``raw``: ink alone."""

    value: str
    probability: float
    raw: str
    start: int = 0


def decode_number(probabilities: NDArray[np.float64], digits: int | None = None) -> NumberPosterior:
    """Decode cells of shape (n, 12) into the most probable run of digits.

    Without ``digits`` the probability is the joint one of the characters. With the meter's digit count it is
    a posterior over all runs: the count is evidence, but a clearly written longer or shorter number stands.
    """
    check_shape(probabilities)
    softened = (1.0 - OUTLIERS) * probabilities + OUTLIERS / probabilities.shape[1]
    n = len(softened)
    digit_best = softened[:, :10].max(axis=1)
    digit_mass = softened[:, :10].sum(axis=1)
    blank = softened[:, BLANK]
    text = "".join(str(d) for d in softened[:, :10].argmax(axis=1))
    empty = float(np.prod(blank))
    best = NumberPosterior("", empty, raw_text(probabilities))
    best_weighted = empty * _weight(0, digits)
    explained, total = empty, best_weighted
    for start in range(n):
        outside_left = float(np.prod(blank[:start]))
        for end in range(start + 1, n + 1):
            outside = outside_left * float(np.prod(blank[end:]))
            weight = _weight(end - start, digits)
            mass = outside * float(np.prod(digit_mass[start:end]))
            joint = outside * float(np.prod(digit_best[start:end]))
            explained += mass
            total += mass * weight
            if joint * weight > best_weighted:
                best_weighted = joint * weight
                best = NumberPosterior(text[start:end], joint, best.raw, start)
    if digits is None:
        return best
    # What no run explains (a struck-out cell, a gap) counts with the full weight: doubt is never free.
    total += max(0.0, 1.0 - explained) * _EXACT
    return NumberPosterior(best.value, min(best_weighted / total, 1.0), best.raw, best.start)


def _weight(length: int, digits: int | None) -> float:
    if digits is None:
        return 1.0
    if length in (0, digits):
        return _EXACT
    return _SHORTER if length < digits else _LONGER
