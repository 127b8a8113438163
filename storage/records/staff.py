"""Staff: names, roles, password hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.tables import staff
from storage.records.upsert import insert


@dataclass(frozen=True)
class StaffRow:
    """A member of staff."""

    name: str
    role: str
    password_hash: str
    created_at: datetime


class Staff:
    """Adds and finds members of staff."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: StaffRow) -> bool:
        """Add somebody; False when the name is taken."""
        added = self._connection.execute(
            insert(self._connection, staff)
            .values(**vars(row))
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(staff.c.name)
        ).one_or_none()
        return added is not None

    def get(self, name: str) -> StaffRow | None:
        """The member of that name."""
        row = self._connection.execute(sa.select(staff).where(staff.c.name == name)).one_or_none()
        return None if row is None else StaffRow(**row._mapping)

    def all(self) -> list[StaffRow]:
        """Everybody, by name."""
        return [
            StaffRow(**r._mapping) for r in self._connection.execute(sa.select(staff).order_by(staff.c.name))
        ]

    def set_hash(self, name: str, password_hash: str) -> None:
        """Replace a password's hash, for instance by one with today's parameters."""
        self._connection.execute(
            sa.update(staff).where(staff.c.name == name).values(password_hash=password_hash)
        )
