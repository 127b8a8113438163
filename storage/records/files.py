"""Batches, the files handed in with them, and a receipt for each handing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.tables import batch, receipt, source_file
from storage.records.upsert import insert


@dataclass(frozen=True)
class BatchRow:
    """What was handed in together."""

    id: int
    supplier: str
    channel: str
    station: str
    collected: date
    created_at: datetime


@dataclass(frozen=True)
class FileRow:
    """A file's bytes, known by their hash.

    ``state``: received, split or unreadable. ``purged_at``: when the bytes were destroyed; None: never.
    """

    id: int
    supplier: str
    sha256: str
    name: str
    size: int
    batch_id: int
    state: str
    pages: int | None
    received_at: datetime
    purged_at: datetime | None = None


class Files:
    """Batches, files and receipts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_batch(self, supplier: str, channel: str, station: str, collected: date, at: datetime) -> int:
        """A new batch's id."""
        return self._added(
            sa.insert(batch).values(
                supplier=supplier, channel=channel, station=station, collected=collected, created_at=at
            )
        )

    def batch(self, batch_id: int) -> BatchRow | None:
        """The batch of that id."""
        row = self._connection.execute(sa.select(batch).where(batch.c.id == batch_id)).one_or_none()
        return None if row is None else BatchRow(**row._mapping)

    def latest_batches(self, limit: int = 20) -> list[BatchRow]:
        """The newest batches first."""
        query = sa.select(batch).order_by(batch.c.id.desc()).limit(limit)
        return [BatchRow(**row._mapping) for row in self._connection.execute(query)]

    def add_file(
        self, supplier: str, sha256: str, name: str, *, size: int, batch_id: int, at: datetime
    ) -> tuple[FileRow, bool]:
        """The file with these bytes, and whether it is new."""
        added = self._connection.execute(
            insert(self._connection, source_file)
            .values(
                supplier=supplier,
                sha256=sha256,
                name=name,
                size=size,
                batch_id=batch_id,
                state="received",
                received_at=at,
            )
            .on_conflict_do_nothing(index_elements=["sha256"])
            .returning(source_file.c.id)
        ).one_or_none()
        query = sa.select(source_file).where(source_file.c.sha256 == sha256)
        return FileRow(**self._connection.execute(query).one()._mapping), added is not None

    def file(self, file_id: int) -> FileRow | None:
        """The file of that id."""
        query = sa.select(source_file).where(source_file.c.id == file_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else FileRow(**row._mapping)

    def with_bytes(self, sha256: str) -> FileRow | None:
        """The file with these bytes, destroyed ones too."""
        row = self._connection.execute(
            sa.select(source_file).where(source_file.c.sha256 == sha256)
        ).one_or_none()
        return None if row is None else FileRow(**row._mapping)

    def add_receipt(self, supplier: str, file_id: int, batch_id: int, name: str, at: datetime) -> int:
        """Record that a file was handed in; returns the receipt's id."""
        return self._added(
            sa.insert(receipt).values(supplier=supplier, file_id=file_id, batch_id=batch_id, name=name, at=at)
        )

    def close(self, file_id: int, state: str, pages: int) -> bool:
        """Leave state ``received`` for ``split`` or ``unreadable``.

        False when somebody else did so before.
        """
        changed = self._connection.execute(
            sa.update(source_file)
            .where(source_file.c.id == file_id, source_file.c.state == "received")
            .values(state=state, pages=pages)
        )
        return changed.rowcount == 1

    def uncounted(self, batch_id: int | None = None) -> list[int]:
        """Files still in state ``received``, of a batch or of all."""
        query = sa.select(source_file.c.id).where(source_file.c.state == "received")
        if batch_id is not None:
            query = query.where(source_file.c.id.in_(files_of(batch_id)))
        return list(self._connection.execute(query.order_by(source_file.c.id)).scalars())

    def kept(self, after: int, limit: int) -> list[tuple[int, str, int]]:
        """Id, hash and size of the next files after ``after`` whose bytes are kept."""
        columns = (source_file.c.id, source_file.c.sha256, source_file.c.size)
        query = sa.select(*columns).where(source_file.c.purged_at.is_(None), source_file.c.id > after)
        return [
            (r.id, r.sha256, r.size)
            for r in self._connection.execute(query.order_by(source_file.c.id).limit(limit))
        ]

    def kept_count(self) -> int:
        """How many files' bytes are kept."""
        query = sa.select(sa.func.count()).where(source_file.c.purged_at.is_(None))
        return int(self._connection.execute(query).scalar_one())

    def _added(self, statement: sa.Insert) -> int:
        return int(self._connection.execute(statement.returning(statement.table.c["id"])).scalar_one())


def files_of(batch_id: int) -> sa.Select[tuple[int]]:
    """The files handed in with a batch, also those that were known before."""
    return sa.select(receipt.c.file_id).where(receipt.c.batch_id == batch_id)
