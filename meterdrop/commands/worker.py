"""``meterdrop worker``: run the deployed flows that a Prefect server hands out."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--pool", default="meterdrop", show_default=True, help="Work pool; made if there is none.")
@click.option("--name", default=None, help="Name shown on the server's pages.")
@click.option("--once", is_flag=True, help="Run what is waiting now, then end.")
def command(pool: str, name: str | None, once: bool) -> None:
    """Run flows for a Prefect server.

    PREFECT_API_URL names the server; prefect.yaml says how the flows get there. All workers of a pool need
    the same METERDROP_* settings: one database, one object store.
    """
    from domain.errors import SettingsError
    from flows.environment import environment
    from meterdrop.settings import load_settings

    if not os.environ.get("PREFECT_API_URL"):
        raise SettingsError(
            "PREFECT_API_URL is not set; name a Prefect server such as http://127.0.0.1:4200/api, "
            "or use 'meterdrop ingest', which needs none"
        )
    settings = load_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    # What the user has set wins; a worker's log lines are its only voice.
    values = environment(settings.home / "prefect", level="INFO") | dict(os.environ)
    values["METERDROP_HOME"] = str(settings.home)
    arguments = ["worker", "start", "--pool", pool, "--type", "process", "--install-policy", "never"]
    arguments += ["--name", name] if name else []
    arguments += ["--run-once"] if once else []
    # The worker takes this process's place: a signal to it reaches the worker itself.
    os.execve(sys.executable, [sys.executable, "-m", "prefect", *arguments], values)  # noqa: S606 - no shell
