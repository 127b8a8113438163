"""A PostgreSQL primary with a standby that every commit waits for; both may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Self

import psycopg

from tests.servers.postgres import program
from tests.servers.processes import Daemon, as_user, free_port, require

_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "max_wal_senders": "3",
    "wal_keep_size": "64MB",
    "hot_standby": "on",
    "unix_socket_directories": "",
    "listen_addresses": "*",
    "wal_receiver_status_interval": "1",
    "wal_retrieve_retry_interval": "100ms",
}

_INIT = ("--username=meterdrop", "--auth=trust", "--no-sync")
_COPY = ("-R", "-X", "stream", "-c", "fast", "-d")


class Cluster:
    """``primary`` and ``standby`` are ports; ``url()`` names both, as ``METERDROP_DATABASE_URL`` does."""

    def __init__(self) -> None:
        names = ("initdb", "postgres", "pg_basebackup")
        self.programs = require("PostgreSQL", {name: program(name) for name in names}, "postgresql")
        # Under the system's temporary folder: the postgres user cannot look into root's.
        self.folder = Path(tempfile.mkdtemp(prefix="meterdrop-failover-"))
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user, pwd.getpwnam(self.user).pw_gid)
        self.ports: dict[str, int] = {}
        self.daemons: dict[str, Daemon] = {}

    def __enter__(self) -> Self:
        try:
            self._run("initdb", "-D", self.folder / "one", *_INIT)
            with (self.folder / "one" / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 10.213.0.0/16 trust\n")
            self.start("one")
            self.execute("one", "CREATE DATABASE faults")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in self.daemons.values():
            daemon.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str) -> None:
        """Start a server, on the port that it had before."""
        port = self.ports.setdefault(name, free_port())
        options = [f"--{key}={value}" for key, value in {**_OPTIONS, "port": str(port)}.items()]
        log = self.folder / f"{name}.log"
        log.touch()
        daemon = Daemon(
            [self.programs["postgres"], "-D", self.folder / name, *options],
            log,
            user=self.user,
            stop_signal=signal.SIGQUIT,
        )
        self.daemons[name] = daemon
        daemon.wait_for(partial(self._answers, port), 30)

    def follow(self) -> None:
        """Make ``two`` a standby of ``one``, which from then on commits nothing that it does not have."""
        source = f"host=127.0.0.1 port={self.ports['one']} user=meterdrop application_name=two"
        self._run("pg_basebackup", "-D", self.folder / "two", *_COPY, source)
        self.start("two")
        self.execute("one", "ALTER SYSTEM SET synchronous_standby_names = 'two'")
        self.execute("one", "SELECT pg_reload_conf()")

    def kill(self, name: str) -> None:
        """As a machine that loses its power: no farewell to anybody."""
        server = self.daemons[name].process
        # Its children are in sessions of their own.
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        for each in (server.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        server.wait(10)

    def promote(self) -> None:
        """The standby takes over."""
        self.execute("two", "SELECT pg_promote()")

    def execute(self, name: str, statement: str) -> None:
        """One statement on one server."""
        with psycopg.connect(
            host="127.0.0.1", port=self.ports[name], user="meterdrop", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def url(self, *names: str, host: str = "127.0.0.1", **options: str) -> str:
        """The address of the records, with every server named."""
        places = ",".join(f"{host}:{self.ports[name]}" for name in names)
        asked = "&".join(f"{key}={value}" for key, value in options.items())
        return f"postgresql://meterdrop@{places}/faults" + (f"?{asked}" if asked else "")

    def _answers(self, port: int) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="meterdrop", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, name: str, *arguments: str | Path) -> None:
        subprocess.run(
            [*(as_user(self.user) if self.user else []), self.programs[name], *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
        )
