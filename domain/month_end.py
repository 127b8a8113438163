"""A month without a reading: what is billed instead, who is reminded, which meters somebody should look at.

The order is that of the suppliers' own announcements and of the rules for public services (Government decree
354 of 2011, items 59 and 60): the average of the months before, and after some months the norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from domain.account import PastReading, RegisterRow
from domain.supplier import DatedRules, NoReadingRule
from domain.usage import points
from domain.window import Window

#: Months of readings that an average of one's own needs, at least.
LEAST_MONTHS: Final = 3
_DAYS_A_MONTH: Final = 365.25 / 12
#: This many steps of nothing in a row: nobody lives there, the meter stands still, or nobody looks at it.
ZEROS: Final = 3
#: Silent for so many months, whatever is billed meanwhile.
LONG_SILENT: Final = 6
#: Less than this share of the use of a year before, over as long a time, is suspected of being understated.
UNDERSTATED: Final = 0.4
#: Months on either side of that comparison, and the least monthly use before that is worth a visit.
COMPARED_MONTHS: Final = 3
WORTH_KWH: Final = 100.0


class Look(StrEnum):
    """Why a controller should look at a meter."""

    LONG_SILENT = "long_silent"
    REPEATED_ZEROS = "repeated_zeros"
    UNDERSTATED = "understated"


@dataclass(frozen=True)
class Substitute:
    """What a month without a reading is billed by: ``kwh`` None where billing has to know it.

    ``basis``: register, readings (the meter's own), setting, or billing.
    """

    method: Literal["average", "norm"]
    kwh: float | None
    basis: Literal["register", "readings", "setting", "billing"]


def months_between(earlier: str, later: str) -> int:
    """Months from one period (YYYY-MM) to another."""
    return 12 * (int(later[:4]) - int(earlier[:4])) + int(later[5:7]) - int(earlier[5:7])


def months_without(row: RegisterRow, last: date | None, estimated: int, period: str) -> int:
    """Months in a row without an actual reading, ``period`` among them.

    ``last``: of the actual readings accepted here; ``estimated``: months that were billed by an estimate when
    the register was made, which its previous date ends. 0 when the period has a reading; 1 for an account
    that never had one.
    """
    known = [] if last is None else [months_between(f"{last:%Y-%m}", period)]
    if row.previous_date is not None:
        since = months_between(f"{row.previous_date:%Y-%m}", period)
        known.append(since if row.previous_kind == "actual" else since + max(estimated, 1))
    return max(min(known), 0) if known else max(estimated, 0) + 1


def substitute(
    rule: NoReadingRule,
    months: int,
    row: RegisterRow,
    past: Sequence[PastReading],
    *,
    day: date,
    norm: float | None,
) -> Substitute:
    """What the ``months``-th month in a row without a reading is billed by; ``norm``: the register's."""
    if months > rule.average_months:
        if norm is not None:
            return Substitute("norm", norm, "register")
        return Substitute("norm", rule.norm_kwh, "billing" if rule.norm_kwh is None else "setting")
    if row.monthly_average is not None:
        return Substitute("average", row.monthly_average, "register")
    own = own_average(row, past, day)
    return Substitute("average", own, "billing" if own is None else "readings")


def own_average(row: RegisterRow, past: Sequence[PastReading], day: date) -> float | None:
    """kWh a month by the meter's readings of the last year; None when they span too little."""
    known = [(when, value) for when, value in points(row, past, day) if (day - when).days <= 366 + 31]
    if len(known) < 2:
        return None
    (first, before), (last, after) = known[0], known[-1]
    used = after - before
    if used < 0 and row.digits is not None:
        used += 10**row.digits
    months = (last - first).days / _DAYS_A_MONTH
    # Readings of neighbouring months may lie some days short of a month apart.
    if used < 0 or months < LEAST_MONTHS - 0.2:
        return None
    return used * row.ratio / months


def looks(row: RegisterRow, past: Sequence[PastReading], day: date, months: int) -> tuple[Look, ...]:
    """Why a controller should look at the meter; nothing for most."""
    found = [Look.LONG_SILENT] if months >= LONG_SILENT else []
    known = points(row, past, day)
    values = [value for _, value in known]
    if len(values) > ZEROS and len(set(values[-ZEROS - 1 :])) == 1:
        found.append(Look.REPEATED_ZEROS)
    elif _understated(row, known):
        found.append(Look.UNDERSTATED)
    return tuple(found)


def _understated(row: RegisterRow, known: Sequence[tuple[date, int]]) -> bool:
    """Whether the last months' use is far below that of the same months a year before."""
    if len(known) < COMPARED_MONTHS + 2:
        return False
    last = known[-1][0]
    now = _rate(row, known, last, COMPARED_MONTHS)
    then = _rate(row, known, last.replace(year=last.year - 1, day=min(last.day, 28)), COMPARED_MONTHS)
    if now is None or then is None or then * _DAYS_A_MONTH < WORTH_KWH:
        return False
    return now < UNDERSTATED * then


def _rate(row: RegisterRow, known: Sequence[tuple[date, int]], last: date, months: int) -> float | None:
    """kWh a day over the ``months`` that end near ``last``; None where no readings are near both ends."""
    ends = [_nearest(known, last, 0), _nearest(known, last, round(months * _DAYS_A_MONTH))]
    if ends[0] is None or ends[1] is None or ends[0][0] <= ends[1][0]:
        return None
    used = ends[0][1] - ends[1][1]
    return used * row.ratio / (ends[0][0] - ends[1][0]).days if used >= 0 else None


def _nearest(known: Sequence[tuple[date, int]], last: date, back: int) -> tuple[date, int] | None:
    """The reading nearest to ``back`` days before ``last``, if it is within half a month."""
    near = min(known, key=lambda point: abs((last - point[0]).days - back))
    return near if abs((last - near[0]).days - back) <= _DAYS_A_MONTH / 2 + 3 else None


def last_day(rules: DatedRules, day: date) -> date | None:
    """The last day of the month on which a customer can still report some way; None when it is over."""
    ends = [window.last_date(day) for window in rules.windows.values() if _still(window, day)]
    return max(ends, default=None)


def _still(window: Window, day: date) -> bool:
    return not window.is_past(day)
