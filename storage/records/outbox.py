"""The outbox to billing: a row for each reading or reversal, in runs that are calls, files or insertions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import delivery, delivery_run
from storage.records.readings import CURRENT, ReadingRow
from storage.records.tables import export_item, reading, sheet

READING, REVERSAL = "reading", "reversal"
QUEUED, SENT, ACKNOWLEDGED, REFUSED, CANCELLED = "queued", "sent", "acknowledged", "refused", "cancelled"
OPEN, WRITTEN, DONE = "open", "written", "done"
_CHUNK = 500


@dataclass(frozen=True)
class DeliveryRunRow:
    """A run. ``state``: open, written (a file about to be put in place), sent or done."""

    id: int
    supplier: str
    target: str
    place: str
    state: str
    rows: int
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    error: str


@dataclass(frozen=True)
class DeliveryRow:
    """A reading or reversal on its way to billing.

    ``key``: what billing tells rows apart by. ``receipt``, ``code`` and ``words``: billing's number, reason
    code and reason. ``answers``: how often billing answered.
    """

    id: int
    supplier: str
    reading_id: int
    kind: str
    key: str
    state: str
    run_id: int | None
    created_at: datetime
    answered_at: datetime | None
    answers: int
    receipt: str
    code: str
    words: str


@dataclass(frozen=True)
class OutgoingRow:
    """What billing is told in one row. ``reverses``: the key of the reading that a reversal takes back."""

    key: str
    kind: str
    reading: ReadingRow
    reverses: str = ""


class Outbox:
    """Rows and runs; every change of a state is compare-and-set."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fresh(self, supplier: str, before: datetime, limit: int) -> list[ReadingRow]:
        """Readings accepted until ``before`` that neither an export nor the outbox has, oldest first."""
        query = (
            sa.select(reading)
            .join(sheet, sheet.c.id == reading.c.sheet_id)
            .outerjoin(export_item, export_item.c.reading_id == reading.c.id)
            .outerjoin(delivery, delivery.c.reading_id == reading.c.id)
            .where(
                reading.c.supplier == supplier,
                reading.c.accepted_at <= before,
                CURRENT,
                sheet.c.state == SheetState.ACCEPTED.value,
                export_item.c.reading_id.is_(None),
                delivery.c.id.is_(None),
            )
            .order_by(reading.c.id)
            .limit(limit)
        )
        return [ReadingRow(**row._mapping) for row in self._connection.execute(query)]

    def add(self, rows: Iterable[tuple[ReadingRow, str, str]], at: datetime) -> int:
        """Queue (reading, kind, key) rows; returns how many."""
        values = [
            {
                "supplier": each.supplier,
                "reading_id": each.id,
                "kind": kind,
                "key": key,
                "state": QUEUED,
                "created_at": at,
                "answers": 0,
                "receipt": "",
                "code": "",
                "words": "",
            }
            for each, kind, key in rows
        ]
        if values:
            self._connection.execute(sa.insert(delivery), values)
        return len(values)

    def form_run(
        self, supplier: str, target: str, place: str, limit: int, at: datetime
    ) -> DeliveryRunRow | None:
        """A new run of at most ``limit`` queued rows; None when nothing is queued.

        A corrected reading waits until billing has acknowledged the reversal of the wrong one.
        """
        queued: list[int] = list(self._connection.execute(self._queued(supplier).limit(limit)).scalars())
        if not queued:
            return None
        added = sa.insert(delivery_run).values(
            supplier=supplier,
            target=target,
            place=place,
            state=OPEN,
            rows=len(queued),
            attempts=0,
            created_at=at,
            next_at=at,
            error="",
        )
        run_id = int(self._connection.execute(added.returning(delivery_run.c.id)).scalar_one())
        self._put_into(run_id, queued)
        row = self.run(run_id)
        assert row is not None
        return row

    def split(self, run: DeliveryRunRow, at: datetime) -> None:
        """Make two runs of one, so that a row that billing cannot take does not hold the others."""
        query = sa.select(delivery.c.id).where(delivery.c.run_id == run.id, delivery.c.state == SENT)
        ids: list[int] = list(self._connection.execute(query.order_by(delivery.c.id)).scalars())
        moved = ids[len(ids) // 2 :]
        copy = {
            "supplier": run.supplier,
            "target": run.target,
            "place": run.place,
            "state": OPEN,
            "rows": len(moved),
            "attempts": 0,
            "created_at": at,
            "next_at": at,
            "error": "",
        }
        added = sa.insert(delivery_run).values(copy).returning(delivery_run.c.id)
        self._put_into(int(self._connection.execute(added).scalar_one()), moved)
        self._connection.execute(
            sa.update(delivery_run)
            .where(delivery_run.c.id == run.id)
            .values(rows=delivery_run.c.rows - len(moved), next_at=at)
        )

    def run(self, run_id: int) -> DeliveryRunRow | None:
        """The run of that id."""
        query = sa.select(delivery_run).where(delivery_run.c.id == run_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else DeliveryRunRow(**row._mapping)

    def runs(
        self, supplier: str | None = None, states: Sequence[str] = (), due: datetime | None = None
    ) -> list[DeliveryRunRow]:
        """Runs, oldest first, in one of these states; with ``due`` those whose time has come."""
        query = sa.select(delivery_run).order_by(delivery_run.c.id)
        if supplier is not None:
            query = query.where(delivery_run.c.supplier == supplier)
        if states:
            query = query.where(delivery_run.c.state.in_(states))
        if due is not None:
            query = query.where(delivery_run.c.next_at <= due)
        return [DeliveryRunRow(**row._mapping) for row in self._connection.execute(query)]

    def set_run(self, run_id: int, before: Sequence[str], **values: Any) -> bool:
        """Compare and set: change a run that is in one of the states ``before``."""
        changed = self._connection.execute(
            sa.update(delivery_run)
            .where(delivery_run.c.id == run_id, delivery_run.c.state.in_(before))
            .values(**values)
        )
        return changed.rowcount == 1

    def close_run(self, run_id: int, at: datetime) -> bool:
        """Make a run ``done`` when billing has answered every row of it."""
        waiting = sa.exists().where(delivery.c.run_id == delivery_run.c.id, delivery.c.state == SENT)
        changed = self._connection.execute(
            sa.update(delivery_run)
            .where(delivery_run.c.id == run_id, delivery_run.c.state != DONE, ~waiting)
            .values(state=DONE, finished_at=at, error="")
        )
        return changed.rowcount == 1

    def outgoing(self, run_id: int) -> list[OutgoingRow]:
        """What billing has not answered yet of a run, in the order in which it was queued."""
        original = delivery.alias()
        query = (
            sa.select(delivery.c.key, delivery.c.kind, sa.func.coalesce(original.c.key, ""), reading)
            .join(reading, reading.c.id == delivery.c.reading_id)
            .outerjoin(
                original,
                sa.and_(
                    original.c.reading_id == delivery.c.reading_id,
                    original.c.kind == READING,
                    delivery.c.kind == REVERSAL,
                ),
            )
            .where(delivery.c.run_id == run_id, delivery.c.state == SENT)
            .order_by(delivery.c.id)
        )
        names = [column.name for column in reading.columns]
        return [
            OutgoingRow(row[0], row[1], ReadingRow(**dict(zip(names, row[3:], strict=True))), row[2])
            for row in self._connection.execute(query)
        ]

    def by_key(self, key: str) -> DeliveryRow | None:
        """The row with that key."""
        row = self._connection.execute(sa.select(delivery).where(delivery.c.key == key)).one_or_none()
        return None if row is None else DeliveryRow(**row._mapping)

    def of_readings(self, reading_ids: Sequence[int]) -> list[DeliveryRow]:
        """The rows about these readings."""
        query = sa.select(delivery).where(delivery.c.reading_id.in_(reading_ids)).order_by(delivery.c.id)
        return [DeliveryRow(**row._mapping) for row in self._connection.execute(query)]

    def answer(self, key: str, state: str, at: datetime, *, receipt: str, code: str, words: str) -> bool:
        """Record billing's first answer to a row; False (only counted) when it was answered before."""
        first = self._connection.execute(
            sa.update(delivery)
            .where(delivery.c.key == key, delivery.c.state == SENT)
            .values(state=state, answered_at=at, answers=1, receipt=receipt, code=code, words=words)
        )
        if first.rowcount == 1:
            return True
        self._connection.execute(
            sa.update(delivery).where(delivery.c.key == key).values(answers=delivery.c.answers + 1)
        )
        return False

    def set_state(self, row_id: int, before: str, after: str) -> bool:
        """Compare and set a row's state; back in the queue it has no run and no answer."""
        values: dict[str, Any] = {"state": after}
        if after == QUEUED:
            values |= {"run_id": None, "answered_at": None, "code": "", "words": "", "receipt": ""}
        changed = self._connection.execute(
            sa.update(delivery).where(delivery.c.id == row_id, delivery.c.state == before).values(values)
        )
        return changed.rowcount == 1

    def sent_keys(self, run_ids: Sequence[int]) -> list[str]:
        """Keys of the rows that await an answer in these runs."""
        keys: list[str] = []
        for start in range(0, len(run_ids), _CHUNK):
            query = sa.select(delivery.c.key).where(
                delivery.c.run_id.in_(run_ids[start : start + _CHUNK]), delivery.c.state == SENT
            )
            keys += self._connection.execute(query.order_by(delivery.c.id)).scalars()
        return keys

    def handed_over(self, supplier: str) -> Iterator[tuple[DeliveryRow, str, str, str, date]]:
        """(row, account, tariff, reading, its date) of every acknowledged row, streamed."""
        query = (
            sa.select(
                delivery, reading.c.account, reading.c.tariff, reading.c.reading, reading.c.reading_date
            )
            .join(reading, reading.c.id == delivery.c.reading_id)
            .where(delivery.c.supplier == supplier, delivery.c.state == ACKNOWLEDGED)
            .order_by(delivery.c.id)
        )
        width = len(delivery.columns)
        names = [column.name for column in delivery.columns]
        for row in self._connection.execution_options(yield_per=1000).execute(query):
            found = DeliveryRow(**dict(zip(names, row[:width], strict=True)))
            yield found, row[width], row[width + 1], row[width + 2], row[width + 3]

    def _queued(self, supplier: str) -> sa.Select[Any]:
        mine, other, theirs = reading.alias(), delivery.alias(), reading.alias()
        reversal_waits = (
            sa.select(other.c.id)
            .join(theirs, theirs.c.id == other.c.reading_id)
            .where(
                theirs.c.supplier == mine.c.supplier,
                theirs.c.account == mine.c.account,
                theirs.c.meter_serial == mine.c.meter_serial,
                theirs.c.tariff == mine.c.tariff,
                other.c.kind == REVERSAL,
                other.c.state != ACKNOWLEDGED,
                delivery.c.kind == READING,
            )
        )
        return (
            sa.select(delivery.c.id)
            .join(mine, mine.c.id == delivery.c.reading_id)
            .where(delivery.c.supplier == supplier, delivery.c.state == QUEUED, ~sa.exists(reversal_waits))
            .order_by(delivery.c.id)
        )

    def _put_into(self, run_id: int, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), _CHUNK):
            self._connection.execute(
                sa.update(delivery)
                .where(delivery.c.id.in_(ids[start : start + _CHUNK]))
                .values(state=SENT, run_id=run_id)
            )
