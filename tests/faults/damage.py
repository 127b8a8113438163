"""Hands in the tables: what the tables refuse is let through until the transaction is taken back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection


class TakenBackError(Exception):
    """Ends a transaction without leaving a trace."""


def drop_protection(connection: Connection) -> None:
    """Neither triggers nor foreign keys stand in the way of this transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        return
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
    for name in connection.execute(sa.text(triggers)).scalars().all():
        connection.execute(sa.text(f"DROP TRIGGER {name}"))
    connection.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
