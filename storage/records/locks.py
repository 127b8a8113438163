"""Locks between processes that end with the process that holds them."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.records.engine import sqlite_path


def lock_number(name: str) -> int:
    """PostgreSQL's advisory locks are numbers: 63 bits of the name's hash."""
    return int.from_bytes(hashlib.sha256(f"meterdrop:{name}".encode()).digest()[:8], "big") >> 1


@contextmanager
def exclusive(engine: Engine, name: str) -> Iterator[None]:
    """Only one process at a time is inside, on this machine (SQLite) or on all (PostgreSQL).

    The kernel or the server frees the lock when its holder dies, so a crash never leaves it behind.
    """
    path = sqlite_path(engine)
    if path is not None:
        with path.with_name(f"{path.name}.{name}.lock").open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(lock_number(name))))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(lock_number(name))))


def lock_in_transaction(connection: Connection, name: str) -> None:
    """Hold ``name`` until the transaction ends; on SQLite the writing transaction itself is exclusive."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock_number(name))))
