"""Notices to customers: an outbox of their own, each sent once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import message, notice
from storage.records.tables import account, sheet
from storage.records.upsert import insert

QUEUED, SENDING, SENT, DOUBTFUL, FAILED = "queued", "sending", "sent", "doubtful", "failed"


@dataclass(frozen=True)
class NewNotice:
    """A notice. ``key`` makes it go out once; ``kind``: see ``domain.notices``; ``channel``: sms, email or
    receipt (a line of the customer's next one).
    """

    supplier: str
    key: str
    kind: str
    channel: str
    address: str
    language: str
    subject: str
    body: str
    created_at: datetime
    sheet_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True)
class NoticeRow(NewNotice):
    """A recorded notice. ``state``: queued, sending, sent, doubtful (it may have gone out) or failed."""

    id: int = 0
    state: str = QUEUED
    attempts: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    error: str = ""


class Notices:
    """Adds notices, hands them to the sender and records what became of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: NewNotice) -> bool:
        """Queue a notice; False when one with its key is there already."""
        values = vars(new) | {"state": QUEUED, "attempts": 0, "next_at": new.created_at, "error": ""}
        added = self._connection.execute(
            insert(self._connection, notice)
            .values(values)
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(notice.c.id)
        )
        return added.scalar() is not None

    def take(self, supplier: str, channel: str, at: datetime, limit: int) -> list[NoticeRow]:
        """Notices whose time has come, from now on ``sending``, oldest first."""
        due = (
            sa.select(notice.c.id)
            .where(
                notice.c.supplier == supplier,
                notice.c.channel == channel,
                notice.c.state == QUEUED,
                notice.c.next_at <= at,
            )
            .order_by(notice.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list(self._connection.execute(due).scalars())
        if not ids:
            return []
        self._connection.execute(
            sa.update(notice)
            .where(notice.c.id.in_(ids))
            .values(state=SENDING, attempts=notice.c.attempts + 1, next_at=at)
        )
        return self._rows(sa.select(notice).where(notice.c.id.in_(ids)).order_by(notice.c.id))

    def sending(self, supplier: str, channel: str) -> list[NoticeRow]:
        """Notices whose sender has not said what became of them."""
        return self._rows(
            sa.select(notice)
            .where(notice.c.supplier == supplier, notice.c.channel == channel, notice.c.state == SENDING)
            .order_by(notice.c.id)
        )

    def set(self, notice_id: int, before: str, after: str, **values: Any) -> bool:
        """Compare and set a notice's state."""
        changed = self._connection.execute(
            sa.update(notice)
            .where(notice.c.id == notice_id, notice.c.state == before)
            .values(state=after, **values)
        )
        return changed.rowcount == 1

    def get(self, notice_id: int) -> NoticeRow | None:
        """The notice of that id."""
        rows = self._rows(sa.select(notice).where(notice.c.id == notice_id))
        return rows[0] if rows else None

    def of_sheet(self, sheet_id: int) -> list[NoticeRow]:
        """What the customer was told about a sheet, oldest first."""
        return self._rows(sa.select(notice).where(notice.c.sheet_id == sheet_id).order_by(notice.c.id))

    def of_message(self, message_id: int) -> list[NoticeRow]:
        """What the customer was told about a message, oldest first."""
        return self._rows(sa.select(notice).where(notice.c.message_id == message_id).order_by(notice.c.id))

    def listed(self, states: Sequence[str], supplier: str | None, limit: int) -> list[NoticeRow]:
        """The newest notices in these states first."""
        query = sa.select(notice).where(notice.c.state.in_(states)).order_by(notice.c.id.desc()).limit(limit)
        if supplier is not None:
            query = query.where(notice.c.supplier == supplier)
        return self._rows(query)

    def counts(self, supplier: str | None) -> dict[tuple[str, str, str], int]:
        """(channel, kind, state) → notices."""
        columns = (notice.c.channel, notice.c.kind, notice.c.state)
        query = sa.select(*columns, sa.func.count()).group_by(*columns)
        if supplier is not None:
            query = query.where(notice.c.supplier == supplier)
        return {(r[0], r[1], r[2]): r[3] for r in self._connection.execute(query)}

    def untold(self, since: datetime, until: datetime, limit: int) -> list[int]:
        """Sheets rejected between two moments whose customers were told nothing of it, oldest first."""
        told = sa.exists().where(
            notice.c.kind == "not_accepted",
            notice.c.created_at >= sheet.c.updated_at,
            sa.or_(
                notice.c.sheet_id == sheet.c.id,
                notice.c.message_id.in_(sa.select(message.c.id).where(message.c.sheet_id == sheet.c.id)),
            ),
        )
        query = (
            sa.select(sheet.c.id)
            .where(
                sheet.c.state == SheetState.REJECTED.value,
                sheet.c.updated_at >= since,
                sheet.c.updated_at <= until,
                ~told,
            )
            .order_by(sheet.c.updated_at, sheet.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def contact(self, supplier: str, number: str) -> tuple[str, str, str] | None:
        """Telephone, mail address and wished-for way of an account, as the register names them."""
        columns = (account.c.phone, account.c.email, account.c.notify)
        query = (
            sa.select(*columns)
            .where(
                account.c.supplier == supplier,
                account.c.account == number,
                sa.or_(account.c.phone != "", account.c.email != ""),
            )
            .order_by(account.c.meter_serial, account.c.tariff)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    def _rows(self, query: sa.Select[Any]) -> list[NoticeRow]:
        return [NoticeRow(**row._mapping) for row in self._connection.execute(query)]
