"""``meterdrop worker``: read what waits, and run the deployed flows that a Prefect server hands out."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from meterdrop.settings import Settings

#: Work pools of prefect.yaml: sheets, and the short jobs that must not wait behind them.
READING_POOL, OFFICE_POOL = "meterdrop", "meterdrop-office"


@click.command()
@click.option("--office", is_flag=True, help="Run the short jobs (billing, notices, thresholds) instead.")
@click.option("--pool", default=None, help=f"Work pool; default: {READING_POOL}, or {OFFICE_POOL}.")
@click.option("--name", default=None, help="Name on the server's pages; default: the machine's.")
@click.option("--once", is_flag=True, help="Run what is waiting now, then end.")
@click.option("--check", is_flag=True, help="Say whether the worker of that name is well; exit status 1: no.")
def command(*, office: bool, pool: str | None, name: str | None, once: bool, check: bool) -> None:
    """Read sheets that wait in the records, together with any number of workers on other machines.

    PREFECT_API_URL names the Prefect server; prefect.yaml says which flows there are. All workers need the
    same METERDROP_* settings: one database, one object store. SIGTERM lets the chunk under way be committed
    and gives the rest back; a worker that is killed leaves nothing that another one does not take up.
    """
    from domain.errors import MeterdropError, SettingsError
    from flows.environment import environment
    from flows.server_api import ServerApi
    from flows.stopping import FOLDER
    from meterdrop.keeper import READING, Duty, Keeper, health, prefect_worker
    from meterdrop.settings import load_settings
    from meterdrop.wiring import utc_now

    settings = load_settings()
    label = _label(name or (socket.gethostname() + ("-office" if office else "")))
    folder = settings.home / "workers" / label
    if check:
        trouble = health(folder, utc_now())
        if trouble:
            raise MeterdropError(f"worker {label}: {trouble}")
        click.echo(f"worker {label} is well")
        return
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise SettingsError(
            "PREFECT_API_URL is not set; name a Prefect server such as http://127.0.0.1:4200/api, "
            "or use 'meterdrop ingest', which needs none"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"METERDROP_HOME {settings.home} cannot be written: {error.strerror}") from error
    # What the user has set wins; a worker's log lines are its only voice.
    values = {"PREFECT_WORKER_QUERY_SECONDS": "3"} | environment(settings.home / "prefect", level="INFO")
    values |= os.environ
    values |= {"METERDROP_HOME": str(settings.home), FOLDER: str(folder)}
    pool = pool or (OFFICE_POOL if office else READING_POOL)
    start = prefect_worker(pool, label, limit=2 if office else 1, once=once)
    waiting = None if office else _waiting(settings)
    server = ServerApi(url, os.environ)
    if once:
        if waiting is not None and waiting():
            server.ask_for(server.deployment(READING), {"worker": label})
        # The worker takes this process's place: a signal to it reaches the worker itself.
        sys.stdout.flush()
        os.execve(start[0], start, values)  # noqa: S606 - no shell
    duty = Duty(label, folder, start, values, server, waiting)
    raise SystemExit(Keeper(duty, lambda line: click.echo(f"worker {label}: {line}", err=True)).run())


def _waiting(settings: Settings) -> Callable[[], int]:
    """How many sheets nobody reads; connects when it is first asked, and anew after trouble."""
    from meterdrop.wiring import records_settings, utc_now
    from storage.records import Records

    opened: list[Records] = []

    def waiting() -> int:
        if not opened:
            opened.append(Records.open(records_settings(settings)))
        with opened[0].read() as tx:
            return tx.waiting.free(utc_now())

    return waiting


def _label(name: str) -> str:
    """``name`` as a folder may be called."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".") or "worker"
