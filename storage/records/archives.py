"""What the reader made of an archive's scans: results alone, a line each, so that a long run can go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.tables import archive_reading, archive_run
from storage.records.upsert import insert


@dataclass(frozen=True)
class ArchiveLine:
    """A manifest's line as it was read.

    ``outcome``: ``read``, ``not_read`` or ``not_comparable`` (more readings on the slip than were keyed);
    ``held``: not acceptable at any threshold; ``disputed``: the two keyings differ, so ``wrong`` is None.
    """

    line: int
    template: str = ""
    model: str = ""
    outcome: str = "not_read"
    held: bool = True
    score: float | None = None
    date_score: float | None = None
    disputed: bool = False
    wrong: bool | None = None
    wrong_registered: bool | None = None
    date_wrong: bool | None = None


class Archives:
    """Runs over archives and their lines."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, supplier: str, channel: str, manifest: str, model: str, *, rows: int, at: datetime) -> int:
        """The run over this manifest (SHA-256) with this model, the same one when it is gone on with."""
        key = {"supplier": supplier, "channel": channel, "manifest": manifest, "model": model}
        self._connection.execute(
            insert(self._connection, archive_run)
            .values(**key, rows=rows, created_at=at)
            .on_conflict_do_nothing(index_elements=["manifest", "supplier", "channel", "model"])
        )
        query = sa.select(archive_run.c.id).filter_by(**key)
        return int(self._connection.execute(query).scalar_one())

    def done(self, run_id: int) -> set[int]:
        """The lines that are read."""
        query = sa.select(archive_reading.c.line).where(archive_reading.c.run_id == run_id)
        return set(self._connection.execute(query).scalars())

    def add(self, run_id: int, lines: Sequence[ArchiveLine]) -> None:
        """Keep lines; those that another process kept meanwhile stay as they are."""
        if lines:
            self._connection.execute(
                insert(self._connection, archive_reading).on_conflict_do_nothing(
                    index_elements=["run_id", "line"]
                ),
                [{"run_id": run_id, **vars(line)} for line in lines],
            )

    def lines(self, run_id: int) -> Iterator[ArchiveLine]:
        """All lines of a run, in their order."""
        columns = [column for column in archive_reading.c if column.name != "run_id"]
        query = sa.select(*columns).where(archive_reading.c.run_id == run_id)
        for row in self._connection.execute(query.order_by(archive_reading.c.line)):
            yield ArchiveLine(**row._mapping)
