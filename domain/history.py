"""What a meter's history lets one expect of its next reading: weights for a decoder, never a veto.

The true odds between a usual and an unusual reading are hundreds to one. They are capped at ``MOST_RATIO``
on purpose: registers are wrong, meters are changed, houses stand empty, and somebody who heats with
electricity for the first time writes a true reading that no history foretold. With the cap a value that the
ink alone gives ``CLEAR_INK`` stays what it is, whatever the register says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.account import RegisterRow
from domain.plausibility import PlausibilityRules, usual_limit

#: How much likelier than another one a reading can be made by history, at most.
MOST_RATIO = 8.0
#: What ink gives this much, history cannot change: every other value has less than 1/9 of it.
CLEAR_INK = 0.9
#: Weight of a reading that is believable and yet far above the usual use.
_UNUSUAL = 1.0 / 3.0
_UNBELIEVABLE = 1.0 / MOST_RATIO
#: Up to so many times the average is usual: winters, guests, a boiler.
_USUAL_TIMES = 3.0
#: With little or no known use, this share of what is believable is usual.
_USUAL_SHARE = 0.2
#: A meter may have been estimated for so many times the use that is believable since the last estimate.
_ESTIMATED_TIMES = 12.0


@dataclass(frozen=True)
class Band:
    """Readings from ``first`` to ``last``, both included, that weigh ``weight``."""

    first: int
    last: int
    weight: float


@dataclass(frozen=True)
class Expectation:
    """What one meter and tariff may show next.

    ``digits``: its digit count where known. ``bands`` do not overlap; a reading in none of them weighs
    ``elsewhere``. All weights lie between ``1 / MOST_RATIO`` and 1. ``share``: how probable it is that this
    meter is meant, all of an account's together at most 1.
    """

    digits: int | None = None
    bands: tuple[Band, ...] = ()
    elsewhere: float = 1.0
    share: float = 1.0

    def weight(self, reading: int) -> float:
        """The weight of one reading."""
        return next((b.weight for b in self.bands if b.first <= reading <= b.last), self.elsewhere)


def expectation(
    row: RegisterRow,
    day: date | None,
    rules: PlausibilityRules = PlausibilityRules(),
    share: float = 1.0,
) -> Expectation:
    """What ``row``'s meter may show on ``day`` (None: not known, so only its digit count says anything).

    A counter is a circle: the way from the previous reading on may lead over its end. After an estimate
    (average, norm) the true reading may lie far below it.
    """
    if row.previous_reading is None or day is None:
        return Expectation(row.digits, share=share)
    previous, believable = int(row.previous_reading), int(usual_limit(row, day, rules))
    usual = max(int(_usual(row, day, rules)), int(believable * _USUAL_SHARE))
    usual = min(usual, believable)
    size = None if row.digits is None else 10**row.digits
    if row.previous_kind == "actual":
        pieces = [(previous, usual, 1.0), (previous + usual + 1, believable - usual - 1, _UNUSUAL)]
    else:
        least = max(0, previous - int(_ESTIMATED_TIMES * usual))
        pieces = [
            (least, previous - least + usual, 1.0),
            (previous + usual + 1, believable - usual - 1, _UNUSUAL),
            (0, least - 1, _UNUSUAL),
        ]
    return Expectation(row.digits, _on_the_counter(pieces, size), _UNBELIEVABLE, share)


def _usual(row: RegisterRow, day: date, rules: PlausibilityRules) -> float:
    """Usual use since the previous reading, in units of the counter."""
    if row.monthly_average is None:
        return 0.0
    most = usual_limit(row, day, rules) / max(
        row.monthly_average * rules.factor, rules.always_allowed_kwh, 1e-9
    )
    return _USUAL_TIMES * row.monthly_average * most


def _on_the_counter(pieces: Sequence[tuple[int, int, float]], size: int | None) -> tuple[Band, ...]:
    """(first, last − first, weight) as bands; what passes the counter's end goes on at 0, once round."""
    bands: list[Band] = []
    for start, length, weight in pieces:
        if length < 0:
            continue
        last = start + length
        spans = [(start, last)]
        if size is not None:
            around = min(last - size, size - 1)
            spans = [(start - size, around)] if start >= size else [(start, min(last, size - 1)), (0, around)]
        for first, end in spans:
            bands += [Band(a, b, weight) for a, b in _free(first, end, bands)]
    return tuple(sorted(bands, key=lambda band: band.first))


def _free(first: int, last: int, taken: Sequence[Band]) -> list[tuple[int, int]]:
    """The parts of ``first`` … ``last`` that no band covers yet: the first to come is the likelier."""
    parts = [(first, last)] if first <= last else []
    for band in taken:
        parts = [
            piece
            for a, b in parts
            for piece in ((a, min(b, band.first - 1)), (max(a, band.last + 1), b))
            if piece[0] <= piece[1]
        ]
    return parts
