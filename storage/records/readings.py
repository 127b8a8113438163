"""Accepted readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.account import EarlierReading
from storage.records.tables import reading


@dataclass(frozen=True)
class NewReading:
    """An accepted reading. ``reading``: text with the meter's digit count; ``period``: YYYY-MM."""

    supplier: str
    sheet_id: int
    account: str
    meter_serial: str
    tariff: str
    reading: str
    reading_date: date
    period: str
    received_at: datetime
    channel: str
    accepted_by: str
    accepted_at: datetime
    evidence: str
    flags: str = ""


@dataclass(frozen=True)
class ReadingRow(NewReading):
    """A recorded reading."""

    id: int = 0


class Readings:
    """Adds readings and finds them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[NewReading]) -> None:
        """Record readings; a sheet gives one a meter and tariff."""
        if rows:
            self._connection.execute(sa.insert(reading), [vars(row) for row in rows])

    def earlier(self, supplier: str, account: str, period: str, but_sheet: int) -> tuple[EarlierReading, ...]:
        """What other sheets brought for the account in the billing period, oldest first."""
        query = (
            sa.select(reading.c.sheet_id, reading.c.meter_serial, reading.c.tariff, reading.c.reading)
            .where(
                reading.c.supplier == supplier,
                reading.c.account == account,
                reading.c.period == period,
                reading.c.sheet_id != but_sheet,
            )
            .order_by(reading.c.id)
        )
        return tuple(EarlierReading(*row) for row in self._connection.execute(query))

    def last_before(
        self, supplier: str, account: str, period: str
    ) -> dict[tuple[str, str], tuple[str, date]]:
        """The latest reading (text, date) of each meter and tariff from periods before ``period``."""
        query = (
            sa.select(reading.c.meter_serial, reading.c.tariff, reading.c.reading, reading.c.reading_date)
            .where(reading.c.supplier == supplier, reading.c.account == account, reading.c.period < period)
            .order_by(reading.c.reading_date, reading.c.id)
        )
        return {(r[0], r[1]): (r[2], r[3]) for r in self._connection.execute(query)}

    def of_sheet(self, sheet_id: int) -> list[ReadingRow]:
        """A sheet's readings."""
        query = sa.select(reading).where(reading.c.sheet_id == sheet_id).order_by(reading.c.tariff)
        return [ReadingRow(**row._mapping) for row in self._connection.execute(query)]
