"""The days of the month on which a channel takes readings."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Window:
    """From ``first_day`` to ``last_day`` of a month, both included.

    Negative days count from the month's end: -1 is its last day, -2 the day before the last.
    """

    first_day: int
    last_day: int

    def contains(self, day: date) -> bool:
        """Whether ``day`` lies in the window of its month."""
        return self._resolve(self.first_day, day) <= day.day <= self._resolve(self.last_day, day)

    def is_past(self, day: date) -> bool:
        """Whether the window of ``day``'s month has closed before ``day``."""
        return day.day > self._resolve(self.last_day, day)

    def last_date(self, day: date) -> date:
        """The last day of the window in ``day``'s month."""
        return day.replace(day=self._resolve(self.last_day, day))

    @staticmethod
    def _resolve(number: int, day: date) -> int:
        length = calendar.monthrange(day.year, day.month)[1]
        return number if number > 0 else length + 1 + number


#: Any day of the month.
ALWAYS = Window(1, -1)


def billing_period(day: date) -> str:
    """The month that a reading collected on ``day`` belongs to, as ``YYYY-MM``."""
    return f"{day.year:04d}-{day.month:02d}"


def period_after(period: str) -> str:
    """The month after ``period`` (``YYYY-MM``)."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"
