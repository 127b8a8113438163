"""A real PostgreSQL: one cluster a test session, a fresh database a test."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.servers.processes import Daemon, as_user, find, free_port, require

_OPTIONS = {
    # The data is thrown away: nothing is written twice or waited for.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Far from UTC: code that mixes up naive and aware times shows.
    "timezone": "Asia/Krasnoyarsk",
}


class PostgresServer:
    """A running cluster; ``url(name)`` is a SQLAlchemy URL."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    def url(self, database: str) -> str:
        """``postgresql+psycopg://…`` for ``database``."""
        return f"postgresql+psycopg://meterdrop@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of ``template``; milliseconds."""
        name = f"test_{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove it, and whoever is still connected."""
        self._run(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """A template that ``prepare(url)`` fills the first time, with migrations say.

        ``prepare`` must close its connections: PostgreSQL copies only what nobody uses.
        """
        if name not in self._templates:
            database = f"template_{name}"
            self._run(f'CREATE DATABASE "{database}" TEMPLATE template0')
            prepare(self.url(database))
            self._templates[name] = database
        return self._templates[name]

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="meterdrop", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


def program(name: str) -> Path | None:
    """The newest of Debian's versions, which are not on the path."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: -int(re.sub(r"\D.*", "", path.parent.name) or 0),
    )
    return find(name, *map(str, folders))


def _start(folder: Path, postgres: Path, user: str | None) -> tuple[Daemon, int]:
    """Another process may take the free port first: try again then."""
    for attempt in (1, 2, 3):
        port = free_port()
        options = [f"--{name}={value}" for name, value in {**_OPTIONS, "port": str(port)}.items()]
        daemon = Daemon(
            [postgres, "-D", folder / "data", *options],
            folder / "postgres.log",
            user=user,
            stop_signal=signal.SIGINT,  # "fast" shutdown: do not wait for clients
        )
        try:
            daemon.wait_for(partial(_answers, port), 30)
        except RuntimeError:
            daemon.stop()
            if attempt == 3:
                raise
        else:
            return daemon, port
    raise AssertionError


def _answers(port: int) -> bool:
    try:
        psycopg.connect(
            host="127.0.0.1", port=port, user="meterdrop", dbname="postgres", connect_timeout=2
        ).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A cluster for the whole session; most tests want ``postgres_url``."""
    programs = require("PostgreSQL", {name: program(name) for name in ("initdb", "postgres")}, "postgresql")
    # Under the system's temporary folder, because the postgres user cannot look into root's.
    folder = Path(tempfile.mkdtemp(prefix="meterdrop-postgres-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    daemon = None
    try:
        subprocess.run(
            [
                *(as_user(user) if user else []),
                *(programs["initdb"], "-D", folder / "data", "--username=meterdrop", "--auth=trust"),
                *("--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        (folder / "postgres.log").touch()
        daemon, port = _start(folder, programs["postgres"], user)
        yield PostgresServer(port)
    finally:
        if daemon is not None:
            daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of this test's own."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
