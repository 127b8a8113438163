"""The review queue: leases on sheets in review, so that one reviewer's slip is never another's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.reasons import Reason
from domain.sheet import SheetState
from storage.records.review_tables import question
from storage.records.tables import sheet


class Queue:
    """Claims; each method is atomic within a writing transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_next(
        self,
        who: str,
        now: datetime,
        until: datetime,
        *,
        supplier: str | None = None,
        skip: Collection[int] = (),
        supervises: bool = False,
    ) -> int | None:
        """The slip that ``who`` holds already, else the oldest free one, now held until ``until``.

        ``skip``: slips that are not wanted. ``supervises``: ``who`` is given what was left to a supervisor,
        first of all; nobody else is. High readings around a change of tariffs are a queue of their own, which
        supervisors work off before the ordinary one.
        """
        mine = sa.and_(sheet.c.claimed_by == who, sheet.c.claimed_until > now)
        turns: tuple[sa.ColumnElement[bool], ...] = (mine, _free(now))
        if supervises:
            turns = (mine, sa.and_(_asked(), _free(now)), sa.and_(_set_apart(), _free(now)), _free(now))
        for free in turns:
            query = (
                sa.select(sheet.c.id)
                .where(sheet.c.state == SheetState.REVIEW.value, free)
                .order_by(sheet.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if not supervises:
                query = query.where(sa.not_(_asked()), sa.not_(_set_apart()))
            if supplier is not None:
                query = query.where(sheet.c.supplier == supplier)
            if skip:
                query = query.where(sheet.c.id.notin_(list(skip)))
            sheet_id = self._connection.execute(query).scalar()
            if sheet_id is not None and self.take(who, sheet_id, now, until):
                return int(sheet_id)
        return None

    def take(self, who: str, sheet_id: int, now: datetime, until: datetime) -> bool:
        """Hold a slip in review if it is free or already held by ``who``."""
        changed = self._connection.execute(
            sa.update(sheet)
            .where(
                sheet.c.id == sheet_id,
                sheet.c.state == SheetState.REVIEW.value,
                sa.or_(_free(now), sheet.c.claimed_by == who),
            )
            .values(claimed_by=who, claimed_until=until)
        )
        return changed.rowcount == 1

    def renew(self, who: str, sheet_id: int, until: datetime) -> bool:
        """Hold on to a slip; also after the lease ran out, if nobody has taken it since."""
        changed = self._connection.execute(
            sa.update(sheet)
            .where(
                sheet.c.id == sheet_id,
                sheet.c.state == SheetState.REVIEW.value,
                sheet.c.claimed_by == who,
            )
            .values(claimed_until=until)
        )
        return changed.rowcount == 1

    def release(self, who: str, sheet_id: int) -> None:
        """Let go of a slip, if ``who`` holds it."""
        self._connection.execute(
            sa.update(sheet)
            .where(sheet.c.id == sheet_id, sheet.c.claimed_by == who)
            .values(claimed_by=None, claimed_until=None)
        )

    def length(self, supplier: str | None = None) -> int:
        """Slips in review, held or not, those left to a supervisor among them."""
        query = sa.select(sa.func.count()).where(sheet.c.state == SheetState.REVIEW.value)
        if supplier is not None:
            query = query.where(sheet.c.supplier == supplier)
        return int(self._connection.execute(query).scalar_one())


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(sheet.c.claimed_until.is_(None), sheet.c.claimed_until <= now)


def _set_apart() -> sa.ColumnElement[bool]:
    """Whether a high reading came around a change of tariffs; reasons are codes between commas."""
    between = sa.literal(",") + sheet.c.reasons + ","
    return between.contains(f",{Reason.HIGH_AT_TARIFF_CHANGE.value},", autoescape=True)


def _asked() -> sa.ColumnElement[bool]:
    return sa.exists().where(question.c.sheet_id == sheet.c.id)
