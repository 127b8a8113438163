"""A supplier's whole register beside the readings accepted for it, streamed in the order of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.account import PastReading, RegisterRow
from storage.records.readings import CURRENT
from storage.records.tables import account, reading

_ROWS = 5000
_REGISTER = tuple(name for name in RegisterRow.__dataclass_fields__)
_MORE = ("phone", "email", "notify", "monthly_norm", "estimated_months", "route")


@dataclass(frozen=True)
class AccountLine:
    """A register row with its readings since ``since``, oldest first, and what else the register says of it.

    ``billed``: its period has a reading. ``phone``, ``email``, ``notify``: where its customer is reached.
    """

    row: RegisterRow
    past: tuple[PastReading, ...]
    billed: bool
    phone: str
    email: str
    notify: str
    monthly_norm: float | None
    estimated_months: int
    route: str


class MonthEnds:
    """Streams registers with their readings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self, supplier: str, period: str, since: str) -> Iterator[AccountLine]:
        """A line a meter and tariff, by account.

        ``period`` (YYYY-MM) is the one that is closed; readings count from ``since`` on. Both tables are read
        once, side by side, in the order of their indexes.
        """
        connection = self._connection.execution_options(yield_per=_ROWS)
        columns = [account.c[name] for name in (*_REGISTER, *_MORE)]
        register = connection.execute(
            sa.select(*columns)
            .where(account.c.supplier == supplier)
            .order_by(account.c.account, account.c.meter_serial, account.c.tariff)
        )
        groups = _Groups(self._readings(supplier, period, since))
        width = len(_REGISTER)
        for values in register:
            row = RegisterRow(*values[:width])
            found = groups.of(row.account).get(row.key, [])
            billed = bool(found) and found[-1][0] == period
            past = tuple(PastReading(day, text) for _, day, text in found)
            yield AccountLine(row, past, billed, *values[width:])

    def _readings(self, supplier: str, period: str, since: str) -> Iterator[Any]:
        query = (
            sa.select(
                reading.c.account,
                reading.c.meter_serial,
                reading.c.tariff,
                reading.c.period,
                reading.c.reading_date,
                reading.c.reading,
            )
            .where(
                reading.c.supplier == supplier,
                reading.c.period >= since,
                reading.c.period <= period,
                CURRENT,
            )
            .order_by(reading.c.account, reading.c.period)
        )
        yield from self._connection.execution_options(yield_per=_ROWS).execute(query)


class _Groups:
    """The readings of one account after the other; accounts are asked for in ascending order."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next: Any = next(rows, None)
        self._number = ""
        self._found: dict[tuple[str, str], list[tuple[str, date, str]]] = {}

    def of(self, number: str) -> dict[tuple[str, str], list[tuple[str, date, str]]]:
        """(meter, tariff) to (period, day, reading), oldest first."""
        if number == self._number:
            return self._found
        while self._next is not None and self._next[0] < number:
            self._next = next(self._rows, None)
        self._number, self._found = number, {}
        while self._next is not None and self._next[0] == number:
            _, serial, tariff, period, day, text = self._next
            self._found.setdefault((serial, tariff), []).append((period, day, text))
            self._next = next(self._rows, None)
        for readings in self._found.values():
            readings.sort()
        return self._found
