"""Retention's end: legal holds that stop it, what is due, and the acts of destruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import message, message_file, notice
from storage.records.office_tables import legal_hold, purge_act, submission
from storage.records.tables import batch, blind_audit, shadow_reading, sheet, source_file

#: A sheet that nobody has judged keeps its file, however old it is.
_UNJUDGED = (SheetState.PENDING.value, SheetState.REVIEW.value)
#: Nor while somebody still has to look at it a second time.
_UNDECIDED = ("open", "disputed")


@dataclass(frozen=True)
class HoldRow:
    """A legal hold: nothing of ``account`` ("": of the whole supplier) is destroyed while it stands."""

    id: int
    supplier: str
    account: str
    why: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


@dataclass(frozen=True)
class ActRow:
    """An act of destruction as it was written down."""

    id: int
    at: datetime
    who: str
    act: Mapping[str, Any]


@dataclass(frozen=True)
class DueFile:
    """An original whose term has ended, with its sheets."""

    file_id: int
    supplier: str
    channel: str
    sha256: str
    size: int
    received_at: datetime
    sheets: int
    unjudged: int
    accounts: frozenset[str]


class Holds:
    """Places and lifts holds; finds and forgets what is due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place(self, supplier: str, account: str, why: str, who: str, at: datetime) -> int:
        """A new hold's id."""
        statement = sa.insert(legal_hold).values(
            supplier=supplier, account=account, why=why, placed_by=who, placed_at=at
        )
        return int(self._connection.execute(statement.returning(legal_hold.c.id)).scalar_one())

    def lift(self, hold_id: int, who: str, at: datetime) -> bool:
        """End a hold; False when none of that number stands."""
        changed = self._connection.execute(
            sa.update(legal_hold)
            .where(legal_hold.c.id == hold_id, legal_hold.c.lifted_at.is_(None))
            .values(lifted_by=who, lifted_at=at)
        )
        return changed.rowcount == 1

    def all(self, *, standing: bool = False) -> list[HoldRow]:
        """Every hold, or those that stand."""
        query = sa.select(legal_hold).order_by(legal_hold.c.id)
        if standing:
            query = query.where(legal_hold.c.lifted_at.is_(None))
        return [HoldRow(**row._mapping) for row in self._connection.execute(query)]

    def due(self, channel: str, before: datetime, after_id: int = 0, limit: int = 200) -> list[DueFile]:
        """Kept originals of a channel received before a moment, by id."""
        query = (
            sa.select(source_file, batch.c.channel)
            .join(batch, batch.c.id == source_file.c.batch_id)
            .where(
                batch.c.channel == channel,
                source_file.c.received_at < before,
                source_file.c.purged_at.is_(None),
                source_file.c.id > after_id,
            )
            .order_by(source_file.c.id)
            .limit(limit)
        )
        return [self._due(row) for row in self._connection.execute(query)]

    def _due(self, row: sa.Row[Any]) -> DueFile:
        states = self._connection.execute(
            sa.select(sheet.c.state, sheet.c.account, blind_audit.c.state.label("audit"))
            .outerjoin(blind_audit, blind_audit.c.sheet_id == sheet.c.id)
            .where(sheet.c.file_id == row.id)
        ).all()
        return DueFile(
            file_id=row.id,
            supplier=row.supplier,
            channel=row.channel,
            sha256=row.sha256,
            size=row.size,
            received_at=row.received_at,
            sheets=len(states),
            unjudged=sum(each.state in _UNJUDGED or each.audit in _UNDECIDED for each in states),
            accounts=frozenset(each.account for each in states if each.account),
        )

    def forget(self, file_id: int, at: datetime) -> None:
        """Take what is personal out of a file's record and its sheets; what became of each stays."""
        mine = sa.select(sheet.c.id).where(sheet.c.file_id == file_id)
        self._connection.execute(sa.delete(shadow_reading).where(shadow_reading.c.sheet_id.in_(mine)))
        came = sa.select(message_file.c.message_id).where(message_file.c.file_id == file_id)
        self._forget_messages(sa.or_(message.c.sheet_id.in_(mine), message.c.id.in_(came)))
        audits = sa.update(blind_audit).where(blind_audit.c.sheet_id.in_(mine))
        self._connection.execute(audits.values(first={}, second={}, third={}, truth=sa.null()))
        # That a person judged it stays, what was entered does not. Without a model nothing learns from it.
        entered = sa.update(sheet).where(sheet.c.file_id == file_id, sheet.c.entered.isnot(None))
        self._connection.execute(entered.values(entered={}))
        self._connection.execute(
            sa.update(sheet)
            .where(sheet.c.file_id == file_id)
            .values(account=None, recognition=sa.null(), model=None, ink=None, pixel_hash=None)
        )
        self._connection.execute(
            sa.update(source_file)
            .where(source_file.c.id == file_id)
            .values(purged_at=at, name=f"file {file_id}")
        )

    def forget_stray_messages(self, channel: str, before: datetime, *, dry: bool) -> int:
        """Empty messages of a channel that brought no sheet and no file; returns how many."""
        stray = sa.and_(
            message.c.channel == channel,
            message.c.received_at < before,
            message.c.sheet_id.is_(None),
            message.c.id.notin_(sa.select(message_file.c.message_id)),
            sa.or_(message.c.text != "", message.c.sender != ""),
        )
        count = self._connection.execute(sa.select(sa.func.count()).where(stray)).scalar_one()
        if count and not dry:
            self._forget_messages(stray)
        return int(count)

    def _forget_messages(self, which: sa.ColumnElement[bool]) -> None:
        """Their words and senders go, and those of the notices that answered them."""
        notices = sa.or_(
            notice.c.message_id.in_(sa.select(message.c.id).where(which)),
            notice.c.sheet_id.in_(sa.select(message.c.sheet_id).where(which)),
        )
        self._connection.execute(sa.update(notice).where(notices).values(address="", subject="", body=""))
        self._connection.execute(sa.update(message).where(which).values(sender="", text=""))

    def submissions_of(self, file_id: int) -> list[int]:
        """Customers' submissions that a file's sheets came from."""
        mine = sa.select(sheet.c.id).where(sheet.c.file_id == file_id)
        query = sa.select(submission.c.id).where(submission.c.sheet_id.in_(mine))
        return list(self._connection.execute(query).scalars())

    def is_original(self, key: str) -> bool:
        """Whether an object is the original of a file that was recorded."""
        query = sa.select(source_file.c.id).where(source_file.c.sha256 == key)
        return self._connection.execute(query).first() is not None

    def write_act(self, act: Mapping[str, Any], who: str, at: datetime) -> int:
        """Keep an act of destruction; its number."""
        statement = sa.insert(purge_act).values(at=at, who=who, act=dict(act))
        return int(self._connection.execute(statement.returning(purge_act.c.id)).scalar_one())

    def acts(self) -> Sequence[ActRow]:
        """Every act, oldest first."""
        query = sa.select(purge_act).order_by(purge_act.c.id)
        return [ActRow(**row._mapping) for row in self._connection.execute(query)]
