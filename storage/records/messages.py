"""Messages of customers: text messages, mails and calls of the API, each handled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.channel_tables import message, message_file
from storage.records.holds import forgotten
from storage.records.tables import sheet
from storage.records.upsert import insert


@dataclass(frozen=True)
class NewMessage:
    """A message. ``source`` and ``external_id``: who handed it over, and its own name for it.

    ``outcome``: reading (it has a sheet), not_understood, pictures (its files have sheets) or ignored.
    ``reasons``: comma-separated codes.
    """

    supplier: str
    channel: str
    source: str
    external_id: str
    reference: str
    sender: str
    language: str
    text: str
    received_at: datetime
    outcome: str = "ignored"
    reasons: str = ""
    sheet_id: int | None = None


@dataclass(frozen=True)
class MessageRow(NewMessage):
    """A recorded message."""

    id: int = 0


class Messages:
    """Adds messages and finds them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: NewMessage) -> int | None:
        """The message's id; None when it is known already."""
        added = self._connection.execute(
            insert(self._connection, message)
            .values(vars(new))
            .on_conflict_do_nothing(index_elements=["supplier", "channel", "source", "external_id"])
            .returning(message.c.id)
        )
        found = added.scalar()
        return None if found is None else int(found)

    def set(self, message_id: int, **values: Any) -> None:
        """Change ``outcome``, ``reasons`` or ``sheet_id``."""
        self._connection.execute(sa.update(message).where(message.c.id == message_id).values(**values))

    def add_files(self, message_id: int, file_ids: Sequence[int]) -> None:
        """Say which files came with the message."""
        for file_id in dict.fromkeys(file_ids):
            self._connection.execute(
                insert(self._connection, message_file)
                .values(message_id=message_id, file_id=file_id)
                .on_conflict_do_nothing(index_elements=["message_id", "file_id"])
            )

    def known(self, supplier: str, channel: str, source: str, external_id: str) -> MessageRow | None:
        """The message of that name, also when its term has ended and it was emptied."""
        return self._one(
            message.c.supplier == supplier,
            message.c.channel == channel,
            message.c.source == source,
            message.c.external_id.in_((external_id, forgotten(external_id))),
        )

    def get(self, message_id: int) -> MessageRow | None:
        """The message of that id."""
        return self._one(message.c.id == message_id)

    def by_reference(self, reference: str) -> MessageRow | None:
        """The message that was given this reference."""
        return self._one(message.c.reference == reference)

    def of_sheet(self, sheet_id: int) -> MessageRow | None:
        """The message that a sheet came from, itself or among its files; the first where it came twice."""
        query = (
            sa.select(message)
            .where(
                sa.or_(
                    message.c.sheet_id == sheet_id,
                    message.c.id.in_(
                        sa.select(message_file.c.message_id)
                        .join(sheet, sheet.c.file_id == message_file.c.file_id)
                        .where(sheet.c.id == sheet_id)
                    ),
                )
            )
            .order_by(message.c.id)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else MessageRow(**row._mapping)

    def sheets_of(self, message_id: int) -> list[int]:
        """The sheets of the files that came with a message."""
        query = (
            sa.select(sheet.c.id)
            .join(message_file, message_file.c.file_id == sheet.c.file_id)
            .where(message_file.c.message_id == message_id)
            .order_by(sheet.c.id)
        )
        return list(self._connection.execute(query).scalars())

    def files_of(self, message_id: int) -> list[int]:
        """The files that came with a message."""
        query = sa.select(message_file.c.file_id).where(message_file.c.message_id == message_id)
        return list(self._connection.execute(query.order_by(message_file.c.file_id)).scalars())

    def waiting(self, channel: str) -> list[MessageRow]:
        """Messages whose pictures are not read yet, oldest first."""
        query = sa.select(message).where(message.c.channel == channel, message.c.outcome == "waiting")
        return [MessageRow(**row._mapping) for row in self._connection.execute(query.order_by(message.c.id))]

    def lately(self, supplier: str, sender: str, since: datetime) -> int:
        """How many messages of a sender came since then."""
        query = sa.select(sa.func.count()).where(
            message.c.supplier == supplier, message.c.sender == sender, message.c.received_at >= since
        )
        return int(self._connection.execute(query).scalar_one())

    def _one(self, *conditions: sa.ColumnElement[bool]) -> MessageRow | None:
        row = self._connection.execute(sa.select(message).where(*conditions)).one_or_none()
        return None if row is None else MessageRow(**row._mapping)
