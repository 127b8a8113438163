"""Is a reading believable, given the meter's size and history?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from domain.account import PastReading, RegisterRow
from domain.reasons import Reason
from domain.supplier import TariffChanges
from domain.usage import LEAST_STEPS, Usage, points, season_between, usage

DAYS_A_MONTH = 30.44
_FLAT: Final = (1.0,) * 12


@dataclass(frozen=True)
class PlausibilityRules:
    """``factor`` times the usual use, but never less than ``always_allowed_kwh`` a month, is believable.

    Where the meter's own readings say what is usual, that is ``known_factor`` times their median and
    ``known_spread`` deviations, never less than ``known_allowed_kwh`` a month, in the season's measure.
    ``noticed_kwh``: less than this a month is nobody's hoard before a change of tariffs.
    """

    factor: float = 5.0
    always_allowed_kwh: float = 600.0
    unknown_average_kwh: float = 250.0
    known_factor: float = 2.5
    known_spread: float = 4.0
    known_allowed_kwh: float = 300.0
    noticed_kwh: float = 150.0


@dataclass(frozen=True)
class History:
    """What else is known of a meter and its supplier, beside the register's row.

    ``past``: its actual readings of earlier periods; ``season``: use of January to December beside the year's
    average; ``changes``: of tariffs.
    """

    past: Sequence[PastReading] = ()
    season: Sequence[float] = _FLAT
    changes: TariffChanges = field(default_factory=TariffChanges)


@dataclass(frozen=True)
class Plausibility:
    """``blocking`` keeps the reading from being accepted by the machine; ``flag`` only marks it."""

    used: int | None = None
    blocking: Reason | None = None
    flag: Reason | None = None
    rolled_over: bool = False

    @property
    def usual(self) -> bool:
        """Whether the row's history confirms the reading: there is one, and nothing about it is unusual."""
        return self.used is not None and self.blocking is None and self.flag is None


def pad(reading: str, digits: int | None) -> str:
    """``reading`` with the leading zeros that a meter of ``digits`` digits shows; never shortened."""
    return reading.zfill(digits) if digits else reading


def usual_limit(row: RegisterRow, day: date, rules: PlausibilityRules) -> float:
    """The most that the register alone makes believable since the last reading, in the counter's units."""
    average = rules.unknown_average_kwh if row.monthly_average is None else row.monthly_average
    return max(average * rules.factor, rules.always_allowed_kwh) * _months(row, day) / max(row.ratio, 1e-9)


def check(
    reading: str, row: RegisterRow, day: date, rules: PlausibilityRules, history: History = History()
) -> Plausibility:
    """Compare a reading (text, digits before the mark) with the row's history on ``day``.

    A reading below the last *actual* one is a roll-over when the counter could have passed its end within the
    believable use, and ``lower_than_last`` otherwise. Below an estimate (average, norm) it is right to accept
    and to flag: the estimate was too high and billing recalculates. Where the last reading was itself far too
    high for all that was read before it, a reading that goes on from there is right, and the last one wrong.
    """
    if row.digits is not None and _too_long(reading, row.digits, row.previous_reading):
        return Plausibility(blocking=_multiplied(reading, row, day, rules) or Reason.READING_TOO_LONG)
    if row.previous_reading is None:
        return Plausibility()
    usual = usage(row, history.past, day, history.season)
    case = _Case(int(reading), row, day, rules, history, usual)
    used = int(reading) - int(row.previous_reading)
    if used >= 0:
        return Plausibility(used=used, blocking=_too_high(case, used))
    return _below_estimate(case, used) if row.previous_kind != "actual" else _below_actual(case, used)


def believable(
    reading: str, row: RegisterRow, day: date, rules: PlausibilityRules, history: History = History()
) -> bool:
    """Whether the row's history confirms the reading."""
    return check(reading, row, day, rules, history).usual


def _months(row: RegisterRow, day: date) -> float:
    """Months since the previous reading, at least one."""
    days = 31 if row.previous_date is None else max((day - row.previous_date).days, 1)
    return max(days / DAYS_A_MONTH, 1.0)


@dataclass(frozen=True)
class _Case:
    """A reading on the counter with all that is known of its meter."""

    reading: int
    row: RegisterRow
    day: date
    rules: PlausibilityRules
    history: History
    usual: Usage | None

    @property
    def limit(self) -> float:
        """The most that is believable since the previous reading, in units of the counter."""
        row, rules, usual = self.row, self.rules, self.usual
        if usual is None or row.previous_date is None:
            return usual_limit(row, self.day, rules)
        now = season_between(row.previous_date, self.day, self.history.season)
        daily = (rules.known_factor * usual.centre + rules.known_spread * usual.spread) * now
        if usual.seasons is not None:
            # What this house used at this time of earlier years is usual, whatever it uses else.
            daily = max(daily, rules.known_factor * usual.seasons)
        monthly = max(daily * DAYS_A_MONTH, rules.known_allowed_kwh)
        return monthly * _months(row, self.day) / max(row.ratio, 1e-9)


def _too_high(case: _Case, used: int) -> Reason | None:
    """Why so much use is not simply believed; None when it is."""
    row, rules, changes = case.row, case.rules, case.history.changes
    near = changes.near(case.day)
    if used > case.limit:
        multiplied = _multiplied(str(case.reading), row, case.day, rules)
        return multiplied or (Reason.HIGH_AT_TARIFF_CHANGE if near else Reason.IMPLAUSIBLY_HIGH)
    if not near:
        return None
    monthly = case.usual.centre * DAYS_A_MONTH if case.usual is not None else row.monthly_average
    if monthly is None:
        monthly = rules.unknown_average_kwh
    noticed = max(changes.factor * monthly, rules.noticed_kwh) * _months(row, case.day)
    return Reason.HIGH_AT_TARIFF_CHANGE if used * row.ratio > noticed else None


def _multiplied(reading: str, row: RegisterRow, day: date, rules: PlausibilityRules) -> Reason | None:
    """Whether the reading, divided by the transformer's ratio, goes on from the previous one."""
    if row.ratio <= 1.0 or row.previous_reading is None:
        return None
    used = int(reading) / row.ratio - int(row.previous_reading)
    return Reason.RATIO_APPLIED if -1.0 <= used <= usual_limit(row, day, rules) else None


def _below_actual(case: _Case, used: int) -> Plausibility:
    """Below the last actual reading: that was false, or the counter passed its end, or this one is wrong."""
    goes_on = _after_false_one(case)
    if goes_on is not None:
        return Plausibility(used=goes_on, flag=Reason.PREVIOUS_DOUBTFUL)
    return _passed_its_end(case, used) or Plausibility(used=used, blocking=Reason.LOWER_THAN_LAST)


def _below_estimate(case: _Case, used: int) -> Plausibility:
    """Below an estimate; the last actual reading, where one is known, still counts."""
    known = points(case.row, case.history.past, case.day)
    if not known:
        return _passed_its_end(case, used) or Plausibility(used=used, flag=Reason.BELOW_ESTIMATE)
    if case.reading >= known[-1][1]:
        return Plausibility(used=used, flag=Reason.BELOW_ESTIMATE)
    around = _passed_its_end(case, case.reading - known[-1][1])
    return around or Plausibility(used=used, blocking=Reason.LOWER_THAN_LAST)


def _passed_its_end(case: _Case, used: int) -> Plausibility | None:
    """The roll-over, where that is believable. ``used`` is below 0."""
    if case.row.digits is None:
        return None
    size = 10**case.row.digits
    wrapped = used + size
    # Nearer the other way round it is a step back, however much the account may use.
    if not 0 <= wrapped <= min(case.limit, size // 2):
        return None
    return Plausibility(used=wrapped, flag=Reason.ROLLED_OVER, rolled_over=True)


def _after_false_one(case: _Case) -> int | None:
    """The use since the reading before the last, where the last was false and this one goes on; else None.

    Both are asked of the readings before the last alone.
    """
    known = points(case.row, case.history.past, case.day)
    if len(known) < LEAST_STEPS or case.row.previous_reading is None:
        return None
    (false_day, false_value), (true_day, true_value) = known[-1], known[-2]
    if false_value != int(case.row.previous_reading) or case.history.past[-1].control:
        return None
    before = replace(case.row, previous_reading=str(true_value), previous_date=true_day)
    earlier = [each for each in case.history.past if each.day < false_day]
    usual = usage(before, earlier, false_day, case.history.season)
    if usual is None:
        return None
    used = case.reading - true_value
    then = replace(case, row=before, day=false_day, usual=usual)
    now = replace(then, day=case.day)
    was_false = false_value - true_value > then.limit
    return used if was_false and 0 <= used <= now.limit else None


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
