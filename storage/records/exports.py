"""Export runs and the readings that went out with each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import delivery
from storage.records.delivered import deliver_sheets
from storage.records.locks import lock_in_transaction
from storage.records.readings import CURRENT, ReadingRow
from storage.records.tables import export_item, export_run, reading, sheet


@dataclass(frozen=True)
class RunRow:
    """An export run. ``state``: writing, written, finished or taken_over."""

    id: int
    state: str
    path: str
    readings: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def count(self) -> int:
        """How many readings it holds."""
        return self.readings


class Exports:
    """Export runs; callers hold ``Records.exclusive("export")``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unfinished(self) -> list[RunRow]:
        """Runs whose process died, oldest first."""
        query = sa.select(export_run).where(export_run.c.state.in_(["writing", "written"]))
        rows = self._connection.execute(query.order_by(export_run.c.id))
        return [RunRow(**row._mapping) for row in rows]

    def run(self, run_id: int) -> RunRow | None:
        """The run of that id."""
        row = self._connection.execute(sa.select(export_run).where(export_run.c.id == run_id)).one_or_none()
        return None if row is None else RunRow(**row._mapping)

    def runs(self, limit: int = 50) -> list[RunRow]:
        """The newest runs first."""
        query = sa.select(export_run).order_by(export_run.c.id.desc()).limit(limit)
        return [RunRow(**row._mapping) for row in self._connection.execute(query)]

    def start(self, path: str, at: datetime) -> RunRow:
        """A run in state ``writing`` with every reading that neither a run nor the outbox has yet."""
        lock_in_transaction(self._connection, "outbox")
        added = sa.insert(export_run).values(state="writing", path=path, readings=0, created_at=at)
        run_id = int(self._connection.execute(added.returning(export_run.c.id)).scalar_one())
        fresh = (
            sa.select(reading.c.id, reading.c.supplier, sa.literal(run_id))
            .join(sheet, sheet.c.id == reading.c.sheet_id)
            .outerjoin(export_item, export_item.c.reading_id == reading.c.id)
            .outerjoin(delivery, delivery.c.reading_id == reading.c.id)
            .where(
                export_item.c.reading_id.is_(None),
                delivery.c.id.is_(None),
                CURRENT,
                sheet.c.state == SheetState.ACCEPTED.value,
            )
            .order_by(reading.c.id)
        )
        columns = ["reading_id", "supplier", "run_id"]
        self._connection.execute(sa.insert(export_item).from_select(columns, fresh))
        count = sa.select(sa.func.count()).where(export_item.c.run_id == run_id).scalar_subquery()
        self._connection.execute(
            sa.update(export_run).where(export_run.c.id == run_id).values(readings=count)
        )
        row = self.run(run_id)
        assert row is not None
        return row

    def run_of(self, reading_id: int) -> RunRow | None:
        """The run that a reading went out with."""
        query = (
            sa.select(export_run)
            .join(export_item, export_item.c.run_id == export_run.c.id)
            .where(export_item.c.reading_id == reading_id)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else RunRow(**row._mapping)

    def carries(self, reading_ids: Sequence[int]) -> bool:
        """Whether a run, finished or not, has one of these readings."""
        query = sa.select(export_item.c.reading_id).where(export_item.c.reading_id.in_(reading_ids)).limit(1)
        return self._connection.execute(query).scalar() is not None

    def set_state(self, run_id: int, before: Collection[str], after: str, at: datetime | None = None) -> bool:
        """Compare and set a run's state; ``at`` is when it was finished."""
        changed = self._connection.execute(
            sa.update(export_run)
            .where(export_run.c.id == run_id, export_run.c.state.in_(list(before)))
            .values(state=after, finished_at=at)
        )
        return changed.rowcount == 1

    def free(self, run_id: int) -> None:
        """Free the readings of a run that was never handed over, for the next run."""
        self._connection.execute(sa.delete(export_item).where(export_item.c.run_id == run_id))

    def readings(self, run_id: int) -> Iterator[ReadingRow]:
        """A run's readings by id, streamed."""
        query = (
            sa.select(reading)
            .join(export_item, export_item.c.reading_id == reading.c.id)
            .where(export_item.c.run_id == run_id)
            .order_by(reading.c.id)
        )
        for row in self._connection.execution_options(yield_per=1000).execute(query):
            yield ReadingRow(**row._mapping)

    def deliver(self, run_id: int, at: datetime, who: str) -> int:
        """Make the accepted sheets of a run ``delivered``, each audited; returns how many."""
        carried = (
            sa.select(reading.c.sheet_id)
            .join(export_item, export_item.c.reading_id == reading.c.id)
            .where(export_item.c.run_id == run_id)
        )
        return deliver_sheets(self._connection, carried, at, who, {"run": run_id})
