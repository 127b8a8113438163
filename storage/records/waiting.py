"""What waits to be read: sheets that a worker takes for some time, so that no other one reads them meanwhile.

A lease saves work and proves nothing: what a worker commits is compared and set from ``pending``, so that a
sheet whose lease ran out and that two workers have read is committed once all the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.errors import StorageError
from domain.reasons import Reason
from domain.sheet import SheetState
from storage.records.files import files_of
from storage.records.migrate import HEAD
from storage.records.sheets import split_reasons
from storage.records.tables import sheet, source_file

#: Holds sheets that no worker could bring to an end, until they are tried again.
RESTING = "resting"


@dataclass(frozen=True)
class Ended:
    """What became of a sheet."""

    id: int
    file_name: str
    page: int
    slip: int
    state: SheetState
    reasons: tuple[Reason, ...]


class Waiting:
    """Takes and gives back; each method is atomic within a writing transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, who: str, most: int, now: datetime, until: datetime) -> list[int]:
        """The oldest free pending sheets, now held by ``who``; raises ``StorageError`` in an old program.

        The one sheet of a file whose pages are not counted stands for the file.
        """
        self._check_version()
        free = (
            sa.select(sheet.c.id)
            .where(sheet.c.state == SheetState.PENDING.value, _free(now))
            .order_by(sheet.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = sorted(self._connection.execute(free).scalars())
        if ids:
            self._connection.execute(
                sa.update(sheet).where(sheet.c.id.in_(ids)).values(claimed_by=who, claimed_until=until)
            )
        return ids

    def uncounted(self, sheet_ids: Collection[int]) -> list[int]:
        """The files of these sheets whose pages are not yet counted."""
        query = (
            sa.select(source_file.c.id)
            .where(
                source_file.c.state == "received",
                source_file.c.id.in_(sa.select(sheet.c.file_id).where(sheet.c.id.in_(list(sheet_ids)))),
            )
            .order_by(source_file.c.id)
        )
        return list(self._connection.execute(query).scalars())

    def batches(self, sheet_ids: Collection[int]) -> list[int]:
        """The batches that these sheets came with."""
        query = sa.select(sheet.c.batch_id).where(sheet.c.id.in_(list(sheet_ids))).distinct()
        return sorted(self._connection.execute(query).scalars())

    def renew(self, who: str, until: datetime, sheet_ids: Collection[int] | None = None) -> None:
        """Hold on to these sheets, or to all that ``who`` holds."""
        self._connection.execute(sa.update(sheet).where(_of(who, sheet_ids)).values(claimed_until=until))

    def give_back(self, who: str, sheet_ids: Collection[int] | None = None) -> int:
        """Let go of these sheets, or of all that ``who`` holds; returns how many."""
        freed = self._connection.execute(
            sa.update(sheet).where(_of(who, sheet_ids)).values(claimed_by=None, claimed_until=None)
        )
        return freed.rowcount

    def rest(self, who: str, sheet_id: int, until: datetime) -> bool:
        """Keep a sheet that ``who`` holds from everybody for a time; False when it is not held."""
        changed = self._connection.execute(
            sa.update(sheet).where(_of(who, [sheet_id])).values(claimed_by=RESTING, claimed_until=until)
        )
        return changed.rowcount == 1

    def resting(self, batch_id: int) -> list[tuple[int, str]]:
        """The resting sheets of a batch, with their files' names."""
        query = (
            sa.select(sheet.c.id, source_file.c.name)
            .join(source_file, source_file.c.id == sheet.c.file_id)
            .where(sheet.c.file_id.in_(files_of(batch_id)), _of(RESTING, None))
            .order_by(sheet.c.id)
        )
        return [(row.id, row.name) for row in self._connection.execute(query)]

    def ended(self, batch_id: int, since: datetime) -> list[Ended]:
        """The sheets of a batch that left ``pending`` since then, without what was read of them."""
        query = (
            sa.select(
                sheet.c.id,
                source_file.c.name.label("file_name"),
                sheet.c.page,
                sheet.c.slip,
                sheet.c.state,
                sheet.c.reasons,
            )
            .join(source_file, source_file.c.id == sheet.c.file_id)
            .where(
                sheet.c.file_id.in_(files_of(batch_id)),
                sheet.c.state != SheetState.PENDING.value,
                sheet.c.updated_at >= since,
            )
            .order_by(sheet.c.file_id, sheet.c.page, sheet.c.slip)
        )
        return [
            Ended(r.id, r.file_name, r.page, r.slip, SheetState(r.state), split_reasons(r.reasons))
            for r in self._connection.execute(query)
        ]

    def free(self, now: datetime) -> int:
        """Pending sheets that nobody holds; raises ``StorageError`` in an old program."""
        self._check_version()
        query = sa.select(sa.func.count()).where(sheet.c.state == SheetState.PENDING.value, _free(now))
        return int(self._connection.execute(query).scalar_one())

    def left(self, batch_id: int) -> tuple[int, int]:
        """Sheets of the files handed in with a batch: how many wait to be read, and how many there are.

        Those that rest are not waited for.
        """
        active = sa.or_(sheet.c.claimed_by.is_(None), sheet.c.claimed_by != RESTING)
        waits = sa.func.sum(sa.case((sa.and_(sheet.c.state == SheetState.PENDING.value, active), 1), else_=0))
        query = sa.select(waits, sa.func.count()).where(sheet.c.file_id.in_(files_of(batch_id)))
        pending, every = self._connection.execute(query).one()
        return int(pending or 0), int(every)

    def _check_version(self) -> None:
        """A worker of the release before goes on running while another machine brings the tables forward."""
        found = self._connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if found != HEAD:
            raise StorageError(
                f"the records are now of version {found}, this program was made for {HEAD}: "
                "update meterdrop on this machine and start it again"
            )


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(sheet.c.claimed_until.is_(None), sheet.c.claimed_until <= now)


def _of(who: str, sheet_ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    held = sa.and_(sheet.c.state == SheetState.PENDING.value, sheet.c.claimed_by == who)
    return held if sheet_ids is None else sa.and_(held, sheet.c.id.in_(list(sheet_ids)))
