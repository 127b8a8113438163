"""Prefect's server on PostgreSQL, the workers and the pages."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.request
from pathlib import Path

from flows.environment import environment
from meterdrop.keeper import health
from meterdrop.settings import load_settings
from meterdrop.wiring import utc_now
from scripts.cluster.layout import ROOT, Cluster
from scripts.cluster.supervisor import Service

WORKERS = ("worker-1", "worker-2")
OFFICE = "office"
METERDROP = str(Path(sys.executable).with_name("meterdrop"))


def prefect(cluster: Cluster) -> Service:
    """The server, its state in PostgreSQL."""
    home = cluster.folder / "prefect"
    home.mkdir(exist_ok=True)
    port = str(cluster.ports["prefect"])
    values = environment(home) | {
        "PREFECT_API_DATABASE_CONNECTION_URL": cluster.database("prefect", "postgresql+asyncpg"),
        "PREFECT_API_URL": "",
    }
    command = (sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port)
    return Service(
        "prefect", command, lambda: answers(f"{cluster.api_url}/health"), values, start_seconds=300
    )


def deploy(cluster: Cluster) -> None:
    """Tell Prefect the flows; nothing when they are as they were."""
    mark = cluster.folder / "prefect" / "deployed"
    version = hashlib.sha256((ROOT / "prefect.yaml").read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == version:
        return
    values = environment(cluster.folder / "prefect", cluster.api_url) | cluster.environment()
    for pool in ("meterdrop", "meterdrop-office"):
        _prefect(values, "work-pool", "create", pool, "--type", "process", "--overwrite")
    _prefect(values, "--no-prompt", "deploy", "--all")
    if not load_settings(cluster.environment()).text("METERDROP_CONNECTIONS"):
        # Nothing to hand over to: a run a minute would cost processor time for nothing.
        _prefect(values, "--no-prompt", "deployment", "schedule", "pause", "--all")
    mark.write_text(version)


def _prefect(values: dict[str, str], *arguments: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        env=values,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if answer.returncode:
        said = (answer.stdout + answer.stderr).strip()[-1500:]
        raise RuntimeError(f"prefect {' '.join(arguments)} failed: {said}")


def worker(cluster: Cluster, name: str) -> Service:
    """A reading worker, or the one for the short jobs."""
    command = (METERDROP, "worker", "--name", name, *(["--office"] if name == OFFICE else []))

    def well() -> bool:
        return not health(cluster.home / "workers" / name, utc_now())

    threads = {"OMP_NUM_THREADS": "1"}
    return Service(name, command, well, cluster.environment() | threads, stop_seconds=130)


def pages(cluster: Cluster) -> Service:
    """The staff's and the public pages."""
    ports = ("--staff-port", str(cluster.ports["staff"]), "--public-port", str(cluster.ports["public"]))

    def well() -> bool:
        return all(answers(f"http://127.0.0.1:{cluster.ports[name]}/healthz") for name in ("staff", "public"))

    return Service("pages", (METERDROP, "serve", *ports), well, cluster.environment())


def add_admin(cluster: Cluster) -> None:
    """Somebody who may log in."""
    answer = subprocess.run(
        [METERDROP, "users", "add", "admin", "--role", "admin", "--password-stdin"],
        env=cluster.environment(),
        input=cluster.admin_password,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if answer.returncode and "admin" not in answer.stderr:
        raise RuntimeError(f"no administrator could be added: {answer.stderr.strip()[-500:]}")


def answers(url: str) -> bool:
    """Whether it answers 200."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - own servers
        return bool(answer.status == 200)
