"""Bring a database to the newest tables at start; one process does it, the others wait."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from domain.errors import StorageError
from storage.records.engine import WRITING
from storage.records.locks import exclusive

#: The newest migration; a test holds it equal to Alembic's head.
HEAD = "0004"

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
        if current is not None and not (MIGRATIONS / "versions" / f"m{current}.py").exists():
            raise StorageError(
                f"the records are of a newer version ({current}) than this program ({HEAD}): update meterdrop"
            )
        if engine.dialect.name == "sqlite":
            # Kept in the file: readers do not wait for the writer.
            with engine.connect() as connection:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA journal_mode = WAL")
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            _upgrade(connection)


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
