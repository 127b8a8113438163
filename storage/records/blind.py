"""Blind audits: which accepted sheets were drawn, who answered what, and what turned out to be true."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.tables import blind_audit
from storage.records.upsert import insert

OPEN, DISPUTED, DONE = "open", "disputed", "done"
MACHINE, REVIEWED = "machine", "reviewed"


@dataclass(frozen=True)
class BlindRow:
    """A drawn sheet.

    ``kind``: ``machine`` or ``reviewed``, who accepted it; ``share``: with which probability it was drawn;
    ``floor``: the threshold then in force; ``first``, ``second``, ``third``: answers, field → canonical text.
    ``truth`` None on a done audit: nobody could read the slip, and it counts as wrong.
    """

    id: int
    supplier: str
    sheet_id: int
    kind: str
    channel: str
    template: str
    model: str
    month: str
    share: float
    floor: float | None
    first_by: str
    first: Mapping[str, str]
    state: str
    drawn_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    second_by: str | None
    second: Mapping[str, str] | None
    second_at: datetime | None
    third_by: str | None
    third: Mapping[str, str] | None
    third_at: datetime | None
    truth: Mapping[str, str] | None
    differs: str
    wrong: bool | None
    wrong_registered: bool | None


@dataclass(frozen=True)
class BlindCount:
    """Exact counts of one (supplier, channel, template, model, month, kind).

    ``disputed``: the second answer differs and the third is still to come. ``share_min`` and ``share_max``:
    the probabilities with which its sheets were drawn.
    """

    supplier: str
    channel: str
    template: str
    model: str
    month: str
    kind: str
    sampled: int
    done: int
    disputed: int
    wrong: int
    wrong_registered: int
    share_min: float
    share_max: float


class Blind:
    """Draws and answers; each method is atomic within a writing transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, values: Mapping[str, Any]) -> bool:
        """A drawn sheet; False when it was drawn before."""
        added = self._connection.execute(
            insert(self._connection, blind_audit)
            .values(state=OPEN, differs="", **values)
            .on_conflict_do_nothing(index_elements=["sheet_id"])
            .returning(blind_audit.c.id)
        ).one_or_none()
        return added is not None

    def get(self, audit_id: int, *, lock: bool = False) -> BlindRow | None:
        """The audit of that id; ``lock`` keeps other writers from it meanwhile."""
        query = sa.select(blind_audit).where(blind_audit.c.id == audit_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else BlindRow(**row._mapping)

    def of_sheet(self, sheet_id: int) -> BlindRow | None:
        """The audit of that sheet, if it was drawn."""
        row = self._connection.execute(
            sa.select(blind_audit).where(blind_audit.c.sheet_id == sheet_id)
        ).one_or_none()
        return None if row is None else BlindRow(**row._mapping)

    def take_next(
        self,
        who: str,
        state: str,
        now: datetime,
        until: datetime,
        *,
        supplier: str | None = None,
        skip: Collection[int] = (),
    ) -> int | None:
        """The audit in ``state`` that ``who`` holds already, else the oldest free one; none of ``skip``."""
        mine = sa.and_(blind_audit.c.claimed_by == who, blind_audit.c.claimed_until > now)
        for free in (mine, _free(now)):
            query = (
                sa.select(blind_audit.c.id)
                .where(blind_audit.c.state == state, free, _not_by(who))
                .order_by(blind_audit.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if supplier is not None:
                query = query.where(blind_audit.c.supplier == supplier)
            if skip:
                query = query.where(blind_audit.c.id.notin_(list(skip)))
            audit_id = self._connection.execute(query).scalar()
            if audit_id is not None and self.take(who, audit_id, now, until):
                return int(audit_id)
        return None

    def take(self, who: str, audit_id: int, now: datetime, until: datetime) -> bool:
        """Hold an audit that is not done, free, and in which ``who`` has given no answer."""
        changed = self._connection.execute(
            sa.update(blind_audit)
            .where(
                blind_audit.c.id == audit_id,
                blind_audit.c.state != DONE,
                sa.or_(_free(now), blind_audit.c.claimed_by == who),
                _not_by(who),
            )
            .values(claimed_by=who, claimed_until=until)
        )
        return changed.rowcount == 1

    def release(self, who: str, audit_id: int) -> None:
        """Let go of an audit, if ``who`` holds it."""
        self._connection.execute(
            sa.update(blind_audit)
            .where(blind_audit.c.id == audit_id, blind_audit.c.claimed_by == who)
            .values(claimed_by=None, claimed_until=None)
        )

    def answer(self, row: BlindRow, after: str, values: Mapping[str, Any]) -> bool:
        """Compare and set: from the state that ``row`` has to ``after``, nobody's any more."""
        changed = self._connection.execute(
            sa.update(blind_audit)
            .where(blind_audit.c.id == row.id, blind_audit.c.state == row.state)
            .values(state=after, claimed_by=None, claimed_until=None, **values)
        )
        return changed.rowcount == 1

    def forget(self, audit_id: int, state: str) -> bool:
        """Drop a drawn sheet whose answer was taken back; False when it is not in ``state``."""
        dropped = self._connection.execute(
            sa.delete(blind_audit).where(blind_audit.c.id == audit_id, blind_audit.c.state == state)
        )
        return dropped.rowcount == 1

    def waiting(self, state: str, supplier: str | None = None) -> int:
        """Audits in ``state``."""
        query = sa.select(sa.func.count()).where(blind_audit.c.state == state)
        if supplier is not None:
            query = query.where(blind_audit.c.supplier == supplier)
        return int(self._connection.execute(query).scalar_one())

    def found_wrong(self, month: str | None = None) -> list[BlindRow]:
        """Accepted sheets that turned out to be wrong, oldest first: somebody has to put billing right."""
        query = sa.select(blind_audit).where(blind_audit.c.wrong)
        if month is not None:
            query = query.where(blind_audit.c.month == month)
        rows = self._connection.execute(query.order_by(blind_audit.c.id))
        return [BlindRow(**row._mapping) for row in rows]

    def counts(self, month: str | None = None) -> list[BlindCount]:
        """Exact counts, by everything that names a ``BlindCount``."""
        c = blind_audit.c
        key = (c.supplier, c.channel, c.template, c.model, c.month, c.kind)

        def number(when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
            return sa.func.sum(sa.case((when, 1), else_=0))

        query = sa.select(
            *key,
            sa.func.count().label("sampled"),
            number(c.state == DONE).label("done"),
            number(c.state == DISPUTED).label("disputed"),
            number(sa.and_(c.state == DONE, c.wrong)).label("wrong"),
            number(sa.and_(c.state == DONE, c.wrong_registered)).label("wrong_registered"),
            sa.func.min(c.share).label("share_min"),
            sa.func.max(c.share).label("share_max"),
        )
        if month is not None:
            query = query.where(c.month == month)
        rows = self._connection.execute(query.group_by(*key).order_by(*key))
        return [BlindCount(**row._mapping) for row in rows]


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(blind_audit.c.claimed_until.is_(None), blind_audit.c.claimed_until <= now)


def _not_by(who: str) -> sa.ColumnElement[bool]:
    """Whether ``who`` has given none of the answers; the machine is nobody, whatever a person is called."""
    first = sa.or_(blind_audit.c.kind == MACHINE, blind_audit.c.first_by != who)
    second = sa.or_(blind_audit.c.second_by.is_(None), blind_audit.c.second_by != who)
    return sa.and_(first, second)
