"""Engines for both databases, set up so that a commit is durable and writers wait instead of failing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url

from domain.errors import SettingsError
from storage.records.settings import RecordsSettings

#: SQLite's pages kept in memory by each connection, in KiB with a minus sign. A cache is never given back and
#: fills as the file grows, 5 MiB in 1,000 sheets: a large one is growth of every process that commits. The
#: system has a cache of its own behind it, so that a page missing from this one is copied and seldom read.
CACHE_KIB = -16384
#: Execution option of connections that will write: SQLite then begins with the write lock already held.
WRITING = "meterdrop_writing"


def open_engine(settings: RecordsSettings) -> Engine:
    """An engine for ``settings.url``; makes the folder of an SQLite file."""
    try:
        url = make_url(_one_host_or_none(settings.url))
    except (sa.exc.ArgumentError, ValueError) as error:
        raise SettingsError("METERDROP_DATABASE_URL is not a database address") from error
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, settings)
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=settings.pool,
        max_overflow=settings.pool,
        pool_pre_ping=True,
        connect_args=_patience(url),
    )


_SEVERAL_HOSTS = re.compile(
    r"(?P<start>[^:/]+://(?:[^@/]*@)?)(?P<hosts>[^@/?]*,[^@/?]*)(?P<rest>(?:[/?].*)?)"
)


def _one_host_or_none(url: str) -> str:
    """libpq's ``h1:p1,h2:p2`` as SQLAlchemy wants it: ``?host=h1:p1&host=h2:p2``."""
    found = _SEVERAL_HOSTS.fullmatch(url)
    if found is None:
        return url
    path, _, query = found["rest"].partition("?")
    hosts = "&".join(f"host={quote(host, safe=':[]')}" for host in found["hosts"].split(","))
    return f"{found['start']}{path or '/'}?{hosts}{'&' if query else ''}{query}"


def _patience(url: URL) -> dict[str, Any]:
    """How long a server may be silent before its connection counts as lost; what the address says wins.

    A cable that is pulled sends no farewell: without these a query would wait for hours (tcp(7)). Of several
    hosts, the one that takes writes is wanted: the others are its standbys.
    """
    values: dict[str, Any] = {
        "connect_timeout": 10,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    hosts = url.query.get("host", ())
    if not isinstance(hosts, str) and len(hosts) > 1:
        values["target_session_attrs"] = "read-write"
    return {name: value for name, value in values.items() if name not in url.query}


def sqlite_path(engine: Engine) -> Path | None:
    """The database's file; None for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return None
    return Path(str(engine.url.database))


def _sqlite(url: URL, settings: RecordsSettings) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError("METERDROP_DATABASE_URL names no SQLite file: write sqlite:////folder/records.db")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url, connect_args={"timeout": settings.busy_seconds, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: its deferred ones fail under several writers.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(settings.busy_seconds * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # In WAL mode only FULL makes a commit survive a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA cache_size = {CACHE_KIB}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
