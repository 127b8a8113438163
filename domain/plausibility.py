"""Is a reading believable, given the meter's size and history?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.account import RegisterRow
from domain.reasons import Reason

DAYS_A_MONTH = 30.44


@dataclass(frozen=True)
class PlausibilityRules:
    """``factor`` times the usual use, but never less than ``always_allowed_kwh`` a month, is believable."""

    factor: float = 5.0
    always_allowed_kwh: float = 600.0
    unknown_average_kwh: float = 250.0


@dataclass(frozen=True)
class Plausibility:
    """``blocking`` keeps the reading from being accepted by the machine; ``flag`` only marks it."""

    used: int | None = None
    blocking: Reason | None = None
    flag: Reason | None = None
    rolled_over: bool = False


def pad(reading: str, digits: int | None) -> str:
    """``reading`` with the leading zeros that a meter of ``digits`` digits shows; never shortened."""
    return reading.zfill(digits) if digits else reading


def usual_limit(row: RegisterRow, day: date, rules: PlausibilityRules) -> float:
    """The most kWh that are believable since the previous reading, in units of the meter's counter."""
    days = 31 if row.previous_date is None else max((day - row.previous_date).days, 1)
    average = rules.unknown_average_kwh if row.monthly_average is None else row.monthly_average
    months = max(days / DAYS_A_MONTH, 1.0)
    return max(average * rules.factor, rules.always_allowed_kwh) * months / max(row.ratio, 1e-9)


def check(reading: str, row: RegisterRow, day: date, rules: PlausibilityRules) -> Plausibility:
    """Compare a reading (text, digits before the mark) with the row's history on ``day``.

    A reading below the last *actual* one is a roll-over when the counter could have passed its end within the
    believable use, and ``lower_than_last`` otherwise. Below an estimate (average, norm) it is right to accept
    and to flag: the estimate was too high and billing recalculates.
    """
    if row.digits is not None and _too_long(reading, row.digits, row.previous_reading):
        return Plausibility(blocking=Reason.READING_TOO_LONG)
    if row.previous_reading is None:
        return Plausibility()
    used = int(reading) - int(row.previous_reading)
    limit = usual_limit(row, day, rules)
    if used >= 0:
        return Plausibility(used=used, blocking=Reason.IMPLAUSIBLY_HIGH if used > limit else None)
    if row.previous_kind != "actual":
        return Plausibility(used=used, flag=Reason.BELOW_ESTIMATE)
    if row.digits is not None:
        wrapped = used + 10**row.digits
        if 0 <= wrapped <= limit:
            return Plausibility(used=wrapped, rolled_over=True)
    return Plausibility(used=used, blocking=Reason.LOWER_THAN_LAST)


def _too_long(reading: str, digits: int, previous: str | None) -> bool:
    """Whether a reading has more digits than the meter, so that its last ones may be decimals.

    Zeros put before it to fill the cells are allowed where decimals are out of the question: without its last
    digits the reading would lie below the previous one.
    """
    if len(reading) <= digits:
        return False
    if len(reading.lstrip("0")) > digits or previous is None:
        return True
    return int(reading[:digits]) >= int(previous)
