"""``python -m scripts.cluster start|stop|status|demo [--folder F]``; see docs/operations.md."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from domain.errors import MeterdropError, SettingsError
from scripts.cluster import ceph, postgres, services
from scripts.cluster.layout import ROOT, Cluster, program
from scripts.cluster.supervisor import Supervisor

_START_SECONDS = 600.0
_STOP_SECONDS = 240.0
_PROGRAMS = (
    "initdb",
    "postgres",
    "ceph-mon",
    "ceph-osd",
    "ceph-authtool",
    "monmaptool",
    "radosgw",
    "setpriv",
)


def main() -> int:
    """Do what was asked for."""
    asked = _arguments()
    folder = asked.folder.expanduser().resolve()
    try:
        if asked.what == "start":
            return _start(folder)
        if asked.what == "stop":
            return _stop(folder)
        if asked.what == "status":
            return _status(folder)
        if asked.what == "supervise":
            return _supervise(Cluster.at(folder))
        from scripts.cluster.demo import demo

        return demo(Cluster.at(folder), asked.slips, asked.accounts)
    except MeterdropError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def _arguments() -> argparse.Namespace:
    default = Path(os.environ.get("METERDROP_HOME", "meterdrop-home")) / "cluster"
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "status", "demo", "supervise"))
    parser.add_argument("--folder", type=Path, default=default, help=f"all its data (default {default})")
    parser.add_argument("--slips", type=int, default=60, help="demo: how many slips")
    parser.add_argument("--accounts", type=int, default=20_000, help="demo: how many accounts")
    return parser.parse_args()


def _start(folder: Path) -> int:
    for name in _PROGRAMS:
        program(name)
    cluster = Cluster.at(folder)
    if _alive(folder) is None:
        print(f"Starting the cluster in {folder}; the first time it takes a minute or two.")
        # A status of an earlier supervisor would be taken for the new one's.
        (folder / "status.json").unlink(missing_ok=True)
        with (folder / "supervisor.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "scripts.cluster", "supervise", "--folder", str(folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    shown: set[str] = set()
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        state = _read(folder)
        for name, each in state.get("services", {}).items():
            if each["well"] and name not in shown:
                shown.add(name)
                print(f"  {name} is up")
        if state.get("failed"):
            raise SettingsError(state["failed"])
        if state.get("ready"):
            _print_places(cluster)
            return 0
        time.sleep(0.3)
    raise SettingsError(f"the cluster is not ready after {_START_SECONDS:.0f} s; see {folder}/logs")


def _supervise(cluster: Cluster) -> int:
    """The body of the cluster: one process above all others."""
    with (cluster.folder / "supervisor.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        supervisor = Supervisor(cluster.folder, cluster.logs)
        why = ""
        try:
            _bring_up(cluster, supervisor)
            supervisor.watch()
        except (RuntimeError, MeterdropError, subprocess.SubprocessError, OSError) as error:
            why = "" if supervisor.stop.is_set() else str(error)
            print(why, file=sys.stderr)
        finally:
            supervisor.end(why)
    return 1 if why else 0


def _bring_up(cluster: Cluster, supervisor: Supervisor) -> None:
    cluster.write_settings()
    postgres.prepare(cluster)
    supervisor.add(postgres.service(cluster))
    postgres.make_databases(cluster)
    # Its first start takes longest and needs only the database.
    prefect = supervisor.begin(services.prefect(cluster))
    ceph.start(cluster, supervisor)
    services.add_admin(cluster)
    pages = supervisor.begin(services.pages(cluster))
    prefect.wait(supervisor.stop)
    services.deploy(cluster)
    workers = [supervisor.begin(services.worker(cluster, n)) for n in (*services.WORKERS, services.OFFICE)]
    for each in (pages, *workers):
        each.wait(supervisor.stop)


def _stop(folder: Path) -> int:
    pid = _alive(folder)
    if pid is None:
        print("The cluster is not running.")
        return 0
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _STOP_SECONDS
    while _alive(folder) is not None:
        if time.monotonic() > until:
            raise SettingsError(f"the cluster does not stop; see {folder}/logs and process {pid}")
        time.sleep(0.2)
    print(f"Stopped; its data stay in {folder}.")
    return 0


def _status(folder: Path) -> int:
    if _alive(folder) is None:
        print("The cluster is not running.")
        return 1
    state = _read(folder)
    for name, each in state["services"].items():
        word = "up" if each["well"] else "DOWN"
        again = f", started again {each['restarts']} times" if each["restarts"] else ""
        print(f"  {name:<10} {word:<5} pid {each['pid']}{again}")
    return 0 if state["ready"] and all(each["well"] for each in state["services"].values()) else 1


def _alive(folder: Path) -> int | None:
    """The supervisor's process, as long as it holds its lock."""
    file = folder / "supervisor.lock"
    if not file.exists():
        return None
    with file.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(_read(folder).get("pid", 0)) or None
    return None


def _read(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / "status.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    assert isinstance(state, dict)
    return state


def _print_places(cluster: Cluster) -> None:
    ports = cluster.ports
    print(f"""
The cluster runs; its data and logs are in {cluster.folder}
  staff pages    http://127.0.0.1:{ports["staff"]}/    admin   {cluster.admin_password}
  public pages   http://127.0.0.1:{ports["public"]}/
  Prefect        http://127.0.0.1:{ports["prefect"]}/
  PostgreSQL     127.0.0.1:{ports["postgres"]}   S3 (Ceph)  127.0.0.1:{ports["s3"]}
For commands such as 'meterdrop ingest':  . {cluster.folder}/env
A batch through it, checked at the end:  make cluster-demo      Stop:  make cluster-stop""")


if __name__ == "__main__":
    sys.exit(main())
