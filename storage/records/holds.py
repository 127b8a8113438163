"""Retention's end: legal holds that stop it, what is due, and the acts of destruction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import message, message_file, notice
from storage.records.notices import FAILED, QUEUED, SENDING
from storage.records.office_tables import legal_hold, purge_act, submission
from storage.records.questionnaire_tables import questionnaire
from storage.records.review_tables import question
from storage.records.tables import batch, blind_audit, reading, receipt, shadow_reading, sheet, source_file

#: A sheet that nobody has judged keeps its file, however old it is.
_UNJUDGED = (SheetState.PENDING.value, SheetState.REVIEW.value)
#: Nor while somebody still has to look at it a second time.
_UNDECIDED = ("open", "disputed")
#: Kind of document that is no channel: a file with a customer's answers in it.
QUESTIONNAIRE = "questionnaire"
_FORGOTTEN = "sha256:"
_CHUNK = 500


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


def forgotten(name: str) -> str:
    """What a purged message is called: nobody finds the name in it, but the same name gives the same."""
    return name if name.startswith(_FORGOTTEN) else _FORGOTTEN + hashlib.sha256(name.encode()).hexdigest()


def _of_kind(column: sa.ColumnElement[str], channel: str) -> sa.ColumnElement[bool]:
    """The channel itself, or one of its providers: ``terminal/citypay`` is a ``terminal``."""
    return sa.or_(column == channel, column.startswith(f"{channel}/", autoescape=True))


def _questionnaires_in(file_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a file has a questionnaire in it."""
    inside = sa.select(questionnaire.c.sheet_id).join(sheet, sheet.c.id == questionnaire.c.sheet_id)
    return inside.where(sheet.c.file_id == file_id).exists()


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
        """Kept originals of a channel, whoever provides it, received before a moment, by id.

        A file with a questionnaire in it is of the kind ``QUESTIONNAIRE``, whatever its channel.
        """
        answered = _questionnaires_in(source_file.c.id)
        of_kind = (
            answered if channel == QUESTIONNAIRE else sa.and_(_of_kind(batch.c.channel, channel), ~answered)
        )
        query = (
            sa.select(source_file, batch.c.channel)
            .join(batch, batch.c.id == source_file.c.batch_id)
            .where(
                of_kind,
                source_file.c.received_at < before,
                source_file.c.purged_at.is_(None),
                source_file.c.id > after_id,
            )
            .order_by(source_file.c.id)
            .limit(limit)
        )
        return [self._due(row) for row in self._connection.execute(query)]

    def _due(self, row: sa.Row[Any]) -> DueFile:
        # Answers that did not go out yet would be lost with their file.
        waiting = sa.and_(questionnaire.c.accepted_at.isnot(None), questionnaire.c.run_id.is_(None))
        states = self._connection.execute(
            sa.select(sheet.c.state, blind_audit.c.state.label("audit"), waiting.label("waiting"))
            .outerjoin(blind_audit, blind_audit.c.sheet_id == sheet.c.id)
            .outerjoin(questionnaire, questionnaire.c.sheet_id == sheet.c.id)
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
            unjudged=sum(
                each.state in _UNJUDGED or each.audit in _UNDECIDED or bool(each.waiting) for each in states
            ),
            accounts=self._accounts(row.id),
        )

    def _accounts(self, file_id: int) -> frozenset[str]:
        """Every account that a file's sheets were about at any time: as read, as typed, as decided."""
        mine = sa.select(sheet.c.id).where(sheet.c.file_id == file_id)
        found: set[str | None] = set()
        for column, key in (
            (sheet.c.account, sheet.c.id),
            (reading.c.account, reading.c.sheet_id),
            (submission.c.account, submission.c.sheet_id),
        ):
            found |= set(self._connection.execute(sa.select(column).where(key.in_(mine))).scalars())
        read = sa.select(sheet.c.recognition, sheet.c.entered).where(sheet.c.file_id == file_id)
        for recognition, entered in self._connection.execute(read):
            said = ((recognition or {}).get("fields") or {}).get("account") or {}
            found |= {said.get("value"), (entered or {}).get("account")}
        return frozenset(str(account) for account in found if account)

    def forget(self, file_id: int, at: datetime) -> None:
        """Take what is personal out of a file's record and its sheets; what became of each stays."""
        mine = sa.select(sheet.c.id).where(sheet.c.file_id == file_id)
        self._connection.execute(sa.delete(shadow_reading).where(shadow_reading.c.sheet_id.in_(mine)))
        came = sa.select(message_file.c.message_id).where(message_file.c.file_id == file_id)
        self._forget_messages(sa.or_(message.c.sheet_id.in_(mine), message.c.id.in_(came)))
        # A slip's customer is told by the register's telephone or address.
        self._forget_notices(notice.c.sheet_id.in_(mine))
        self._connection.execute(sa.delete(question).where(question.c.sheet_id.in_(mine)))
        answers = sa.update(questionnaire).where(questionnaire.c.sheet_id.in_(mine))
        self._connection.execute(answers.values(account="", answers={}))
        self._connection.execute(
            sa.update(receipt).where(receipt.c.file_id == file_id).values(name=f"file {file_id}")
        )
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

    def forget_stray_messages(
        self, channel: str, before: datetime, held: Collection[str] = (), *, dry: bool
    ) -> tuple[int, int]:
        """Empty messages of a channel that brought no sheet and no file.

        ``held``: suppliers of whom nothing may go. Returns how many were emptied, and how many are held.
        """
        stray = sa.and_(
            _of_kind(message.c.channel, channel),
            message.c.received_at < before,
            message.c.sheet_id.is_(None),
            message.c.id.notin_(sa.select(message_file.c.message_id)),
            sa.or_(message.c.text != "", message.c.sender != ""),
        )
        kept = message.c.supplier.in_(list(held))
        free = sa.and_(stray, sa.not_(kept))
        count = self._connection.execute(sa.select(sa.func.count()).where(free)).scalar_one()
        stays = self._connection.execute(sa.select(sa.func.count()).where(stray, kept)).scalar_one()
        if count and not dry:
            self._forget_messages(free)
        return int(count), int(stays)

    def _forget_messages(self, which: sa.ColumnElement[bool]) -> None:
        """Their words, senders and names go, and those of the notices that answered them."""
        ids: list[int] = list(self._connection.execute(sa.select(message.c.id).where(which)).scalars())
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            sheets = sa.select(message.c.sheet_id).where(message.c.id.in_(some))
            self._forget_notices(sa.or_(notice.c.message_id.in_(some), notice.c.sheet_id.in_(sheets)))
            named = sa.select(message.c.id, message.c.external_id).where(message.c.id.in_(some))
            for message_id, name in self._connection.execute(named).all():
                # The name may be a person's own words; its hash still tells that the message was handled.
                self._connection.execute(
                    sa.update(message)
                    .where(message.c.id == message_id)
                    .values(sender="", text="", external_id=forgotten(name))
                )

    def _forget_notices(self, which: sa.ColumnElement[bool]) -> None:
        """What is still to be said is not said any more; nothing tells to whom anything was said."""
        late = notice.c.state.in_((QUEUED, SENDING))
        self._connection.execute(sa.update(notice).where(which, late).values(state=FAILED, error="purged"))
        self._connection.execute(sa.update(notice).where(which).values(address="", subject="", body=""))

    def without_term(self, named: Collection[str]) -> list[str]:
        """Channels that have originals or messages which no term ends, by name."""
        files = sa.select(batch.c.channel).join(source_file, source_file.c.batch_id == batch.c.id)
        kept = files.where(
            source_file.c.purged_at.is_(None), ~_questionnaires_in(source_file.c.id)
        ).distinct()
        answered = sa.select(source_file.c.id).where(
            source_file.c.purged_at.is_(None), _questionnaires_in(source_file.c.id)
        )
        said = sa.select(message.c.channel).where(message.c.text != "").distinct()
        found = {*self._connection.execute(kept).scalars(), *self._connection.execute(said).scalars()}
        if self._connection.execute(answered.limit(1)).first() is not None:
            found.add(QUESTIONNAIRE)
        return sorted(each for each in found if each.partition("/")[0] not in named)

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
