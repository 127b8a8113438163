"""Bring a database to the newest tables at start; one process does it, the others wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from domain.errors import StorageError
from storage.records.engine import WRITING
from storage.records.locks import exclusive

#: The newest migration; a test holds it equal to Alembic's head.
HEAD = "0012"

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing; does next to nothing when none is. Raises ``StorageError``.

    Each migration is one transaction on both databases, so a process killed in the middle leaves the old
    tables.
    """
    if _current(engine) == HEAD:
        return
    with exclusive(engine, "migrate"):
        current = _current(engine)
        if current == HEAD:
            return
        if current is not None and not known_revision(current):
            raise StorageError(
                f"the records are of a newer version ({current}) than this program ({HEAD}): update meterdrop"
            )
        if engine.dialect.name == "sqlite":
            # Kept in the file: readers do not wait for the writer.
            with engine.connect() as connection:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA journal_mode = WAL")
        opened = engine.connect().execution_options(**{WRITING: True})
        with opened as connection, _tables_may_be_rebuilt(connection), connection.begin():
            _upgrade(connection)
            _check_foreign_keys(connection)


def known_revision(revision: str) -> bool:
    """Whether this program can bring records of that version to its own."""
    return revision.isalnum() and (MIGRATIONS / "versions" / f"m{revision}.py").exists()


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite rebuilds a table by dropping it, which foreign keys forbid; they are checked at the end."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StorageError(f"the records contradict themselves in table {broken[0]}; restore a backup")


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Imported here: a start that has nothing to migrate does not pay for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
