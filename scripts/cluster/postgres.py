"""PostgreSQL in the cluster's folder: durable, on loopback, a database for records and one for Prefect."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from domain.errors import SettingsError
from scripts.cluster.layout import Cluster, postgres_user, program
from scripts.cluster.supervisor import Service

DATABASES = ("meterdrop", "prefect")


def prepare(cluster: Cluster) -> None:
    """Make the data folder, once; interrupted, it is made anew."""
    folder = cluster.folder / "postgres"
    if (folder / "ready").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    user = postgres_user()
    if user is not None:
        shutil.chown(folder, user)
        _reachable(folder, user)
    with tempfile.NamedTemporaryFile("w", suffix=".pw") as password:
        password.write(cluster.database_password)
        password.flush()
        if user is not None:
            shutil.chown(password.name, user)
        _run(
            *(program("initdb"), "-D", folder / "data", "--username=meterdrop", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={password.name}", "--data-checksums"),
            user=user,
        )
    (folder / "ready").touch()


def service(cluster: Cluster) -> Service:
    """The server; it answers when a password opens it."""
    options = {
        "port": cluster.ports["postgres"],
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 120,
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
        # A worker whose machine has vanished must not hold locks for hours.
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Service(
        "postgres",
        (str(program("postgres")), "-D", str(cluster.folder / "postgres" / "data"), *settings),
        lambda: _answers(cluster),
        user=postgres_user(),
        stop=signal.SIGINT,  # "fast": do not wait for clients
    )


def make_databases(cluster: Cluster) -> None:
    """The databases that are missing."""
    with psycopg.connect(cluster.database("postgres"), autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for name in DATABASES:
            if name not in there:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())


def _answers(cluster: Cluster) -> bool:
    psycopg.connect(cluster.database("postgres"), connect_timeout=3).close()
    return True


def _reachable(folder: Path, user: str) -> None:
    try:
        _run("test", "-x", folder, user=user)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder, ignore_errors=True)
        raise SettingsError(
            f"user {user}, as whom PostgreSQL runs, cannot enter {folder.parent}; "
            "choose another folder: make cluster FOLDER=/var/lib/meterdrop-cluster"
        ) from None


def _run(*command: str | Path, user: str | None) -> None:
    before = [] if user is None else [str(program("setpriv")), f"--reuid={user}", "--clear-groups"]
    subprocess.run(
        [*before, *map(str, command)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/"
    )
