"""Keys of the HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.channel_tables import api_key
from storage.records.upsert import insert


@dataclass(frozen=True)
class ApiKeyRow:
    """A key: whose it is, and what came in with it is of this supplier and channel."""

    id: int
    name: str
    supplier: str
    channel: str
    hash: str
    created_at: datetime
    revoked_at: datetime | None


class ApiKeys:
    """Adds, revokes and finds keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, supplier: str, channel: str, hashed: str, at: datetime) -> bool:
        """A new key; False when the name is taken."""
        added = self._connection.execute(
            insert(self._connection, api_key)
            .values(name=name, supplier=supplier, channel=channel, hash=hashed, created_at=at)
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(api_key.c.id)
        )
        return added.scalar() is not None

    def revoke(self, name: str, at: datetime) -> bool:
        """Make a key worth nothing; False when there is none of that name in force."""
        changed = self._connection.execute(
            sa.update(api_key)
            .where(api_key.c.name == name, api_key.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return changed.rowcount == 1

    def find(self, hashed: str) -> ApiKeyRow | None:
        """The key in force with this hash."""
        query = sa.select(api_key).where(api_key.c.hash == hashed, api_key.c.revoked_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else ApiKeyRow(**row._mapping)

    def all(self) -> list[ApiKeyRow]:
        """Every key, also revoked ones."""
        query = sa.select(api_key).order_by(api_key.c.name)
        return [ApiKeyRow(**row._mapping) for row in self._connection.execute(query)]
