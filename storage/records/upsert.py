"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy spells twice."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def insert(connection: Connection, table: sa.Table) -> postgresql.Insert:
    """An INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update`` for this database."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    # Same methods, same meaning; the two classes only share no base that has them.
    return cast(postgresql.Insert, sqlite.insert(table))
