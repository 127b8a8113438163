"""One moment of the records as a file, and back: SQLite's backup interface, or pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from domain.errors import StorageError, UsageError
from storage.records.engine import open_engine, sqlite_path
from storage.records.settings import RecordsSettings
from storage.records.tables import metadata, source_file
from storage.records.unit import Records, _clear_errors

#: Kind of database → name of its dump.
FILES = {"sqlite": "records.db", "postgresql": "records.dump"}


@dataclass(frozen=True)
class Dump:
    """What was dumped. ``revision``: of the tables; ``counts``: rows by table."""

    kind: str
    revision: str
    counts: dict[str, int]


class Frozen:
    """The records as they were at one moment, whatever is written meanwhile."""

    def __init__(self, connection: Connection, url: URL) -> None:
        self._connection = connection
        self._url = url

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    def originals(self) -> Iterator[str]:
        """The keys of all files that are kept."""
        query = sa.select(source_file.c.sha256).where(source_file.c.purged_at.is_(None))
        with self._connection.execution_options(yield_per=5000).execute(query) as rows:
            yield from rows.scalars()

    def write(self, folder: Path) -> Dump:
        """Write the dump into ``folder``; raises ``StorageError``."""
        target = folder / FILES[self.kind]
        revision = self._connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        counts = {
            name: int(self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in sorted(metadata.tables.items())
        }
        if self.kind == "sqlite":
            self._write_sqlite(target)
        else:
            snapshot = self._connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
            options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
            _postgres("pg_dump", self._url, *options, f"--file={target}")
        return Dump(self.kind, str(revision), counts)

    def _write_sqlite(self, target: Path) -> None:
        source = self._connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        copy = sqlite3.connect(target)
        try:
            # In one step, inside the transaction that is open: what others write meanwhile is not in it.
            source.backup(copy, pages=-1)
        except sqlite3.Error as error:
            raise StorageError(f"the records cannot be copied to {target}: {error}") from error
        finally:
            copy.close()


@contextmanager
def frozen(records: Records) -> Iterator[Frozen]:
    """One moment of the records, for as long as the block lasts."""
    with records.read() as tx:
        yield Frozen(tx.connection, records.engine.url)


def is_empty(settings: RecordsSettings) -> bool:
    """Whether there is no table yet; raises ``StorageError`` when the database cannot be reached."""
    engine = open_engine(settings)
    path = sqlite_path(engine)
    if path is not None and not path.exists():
        return True
    try:
        with _clear_errors(), engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
    finally:
        engine.dispose()


def kind_of(settings: RecordsSettings) -> str:
    """``sqlite`` or ``postgresql``."""
    return "sqlite" if settings.url.startswith("sqlite") else "postgresql"


def restore(settings: RecordsSettings, folder: Path) -> None:
    """Bring a dump in ``folder`` into an empty database, all of it or nothing.

    Raises ``UsageError`` when the database is not empty or of another kind, ``StorageError`` otherwise.
    """
    kind = kind_of(settings)
    dump = folder / FILES[kind]
    if not dump.exists():
        other = "PostgreSQL" if kind == "sqlite" else "SQLite"
        raise UsageError(
            f"the backup is of records in {other}; METERDROP_DATABASE_URL must name such a database"
        )
    if not is_empty(settings):
        raise UsageError("the records are not empty; name an empty database with METERDROP_DATABASE_URL")
    engine = open_engine(settings)
    try:
        if kind == "sqlite":
            _restore_sqlite(engine, dump)
        else:
            options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
            _postgres("pg_restore", engine.url, *options, str(dump))
    finally:
        engine.dispose()


def counts_of(settings: RecordsSettings, names: list[str]) -> dict[str, int]:
    """Rows by table, of those tables that are there."""
    engine = open_engine(settings)
    try:
        with _clear_errors(), engine.connect() as connection:
            there = set(sa.inspect(connection).get_table_names())
            count = sa.select(sa.func.count())
            return {
                name: int(connection.execute(count.select_from(sa.table(name))).scalar_one())
                for name in names
                if name in there
            }
    finally:
        engine.dispose()


def _restore_sqlite(engine: Engine, dump: Path) -> None:
    target = sqlite_path(engine)
    assert target is not None
    temporary = target.with_name(f".{target.name}.restoring")
    try:
        shutil.copyfile(dump, temporary)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"the records cannot be written to {target}: {error.strerror}") from error


def _postgres(name: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password is not among the arguments, which others can read."""
    shown = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    values = dict(os.environ)
    if url.password:
        values["PGPASSWORD"] = str(url.password)
    answer = subprocess.run(
        [_program(name), f"--dbname={shown}", *arguments],
        env=values,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        said = " ".join(answer.stderr.split())[-400:]
        raise StorageError(f"{name} failed: {said}")


def _program(name: str) -> str:
    """Debian's newest version: an older one refuses a newer server."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: -int(re.sub(r"\D.*", "", path.parent.name) or 0),
    )
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if found is None:
        raise StorageError(f"{name} is not installed; apt-get install postgresql-client")
    return found
