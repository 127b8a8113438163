"""Accepted readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.account import EarlierReading, PastReading
from domain.supplier import CONTROL_CHANNELS, base
from storage.records.tables import reading

#: A reading that was not taken back.
CURRENT = reading.c.withdrawn_at.is_(None)
#: Not billed, for the period has the same already: kept because it came by a channel of higher rank.
CONFIRMS = "confirms"
# Built once: every reading that is judged asks them.
_EARLIER = (
    sa.select(
        reading.c.sheet_id,
        reading.c.meter_serial,
        reading.c.tariff,
        reading.c.reading,
        reading.c.channel,
        reading.c.reading_date,
    )
    .where(
        reading.c.supplier == sa.bindparam("supplier"),
        reading.c.account == sa.bindparam("account"),
        reading.c.period == sa.bindparam("period"),
        reading.c.sheet_id != sa.bindparam("but_sheet"),
        sa.or_(CURRENT, reading.c.withdrawn_why == CONFIRMS),
    )
    .order_by(reading.c.id)
)
_PAST = (
    sa.select(
        reading.c.meter_serial,
        reading.c.tariff,
        reading.c.reading_date,
        reading.c.reading,
        reading.c.channel,
    )
    .where(
        reading.c.supplier == sa.bindparam("supplier"),
        reading.c.account == sa.bindparam("account"),
        reading.c.period < sa.bindparam("period"),
        CURRENT,
    )
    .order_by(reading.c.reading_date, reading.c.id)
)
_REVISIONS = (
    sa.select(reading.c.sheet_id, sa.func.max(reading.c.revision))
    .where(reading.c.sheet_id.in_(sa.bindparam("sheets", expanding=True)), ~CURRENT)
    .group_by(reading.c.sheet_id)
)
_ADD = sa.insert(reading)


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
    """A recorded reading; ``withdrawn_why`` says why it no longer counts, "" while it does."""

    id: int = 0
    revision: int = 1
    withdrawn_at: datetime | None = None
    withdrawn_why: str = ""


class Readings:
    """Adds readings and finds them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[NewReading]) -> None:
        """Record readings; a sheet gives one a meter and tariff, and another after that was withdrawn."""
        if not rows:
            return
        sheets = sorted({row.sheet_id for row in rows})
        revisions: dict[int, int] = {
            r[0]: r[1] for r in self._connection.execute(_REVISIONS, {"sheets": sheets})
        }
        values = [vars(row) | {"revision": revisions.get(row.sheet_id, 0) + 1} for row in rows]
        self._connection.execute(_ADD, values)

    def withdraw(self, sheet_id: int, why: str, at: datetime) -> list[int]:
        """Make the sheet's readings count no longer; returns their ids."""
        changed = self._connection.execute(
            sa.update(reading)
            .where(reading.c.sheet_id == sheet_id, CURRENT)
            .values(withdrawn_at=at, withdrawn_why=why)
            .returning(reading.c.id)
        )
        return sorted(changed.scalars())

    def get(self, reading_id: int) -> ReadingRow | None:
        """The reading of that id, withdrawn or not."""
        row = self._connection.execute(sa.select(reading).where(reading.c.id == reading_id)).one_or_none()
        return None if row is None else ReadingRow(**row._mapping)

    def earlier(self, supplier: str, account: str, period: str, but_sheet: int) -> tuple[EarlierReading, ...]:
        """What other sheets brought for the account in the billing period, oldest first."""
        asked = {"supplier": supplier, "account": account, "period": period, "but_sheet": but_sheet}
        return tuple(EarlierReading(*row) for row in self._connection.execute(_EARLIER, asked))

    def past(
        self, supplier: str, account: str, period: str
    ) -> dict[tuple[str, str], tuple[PastReading, ...]]:
        """The readings of each meter and tariff from periods before ``period``, oldest first."""
        asked = {"supplier": supplier, "account": account, "period": period}
        found: dict[tuple[str, str], list[PastReading]] = {}
        for serial, tariff, day, text, channel in self._connection.execute(_PAST, asked):
            control = base(channel) in CONTROL_CHANNELS
            found.setdefault((serial, tariff), []).append(PastReading(day, text, control))
        return {key: tuple(readings) for key, readings in found.items()}

    def of_sheet(self, sheet_id: int) -> list[ReadingRow]:
        """A sheet's readings that count."""
        query = (
            sa.select(reading)
            .where(reading.c.sheet_id == sheet_id, CURRENT)
            .order_by(reading.c.tariff, reading.c.id)
        )
        return [ReadingRow(**row._mapping) for row in self._connection.execute(query)]
