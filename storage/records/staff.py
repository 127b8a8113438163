"""Staff: names, roles, password hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.office_tables import staff
from storage.records.upsert import insert


@dataclass(frozen=True)
class StaffRow:
    """A member of staff.

    ``must_change``: somebody else has seen the password; ``left_at``: may no longer log in.
    """

    name: str
    role: str
    password_hash: str
    created_at: datetime
    password_at: datetime | None = None
    must_change: bool = False
    left_at: datetime | None = None


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

    def set_password(self, name: str, password_hash: str, at: datetime, *, must_change: bool) -> None:
        """Give somebody a new password."""
        self._set(name, password_hash=password_hash, password_at=at, must_change=must_change)

    def set_role(self, name: str, role: str) -> None:
        """Give somebody another role."""
        self._set(name, role=role)

    def set_left(self, name: str, at: datetime | None) -> None:
        """Shut somebody out, or let them in again with None."""
        self._set(name, left_at=at)

    def _set(self, name: str, **values: object) -> None:
        self._connection.execute(sa.update(staff).where(staff.c.name == name).values(**values))
