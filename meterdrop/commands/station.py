"""``meterdrop station``: the scanning station's side."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import cast

import click


@click.group("station")
def command() -> None:
    """Hand scans in from another machine."""


@command.command("watch")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--server", "url", required=True, metavar="URL", help="Address of the staff pages.")
@click.option("--user", required=True, help="Who hands in; the role is station.")
@click.option("--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of input.")
@click.option("--station", default="", help="The station's name; default: the user's.")
@click.option("--supplier", default="krasnoyarskenergosbyt", show_default=True, help="Whose customers.")
@click.option(
    "--collected",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day the boxes were emptied; default: the day on which a file was written.",
)
@click.option(
    "--after",
    type=click.Choice(["move", "keep", "delete"]),
    default="move",
    show_default=True,
    help="What becomes of a file that the server has: moved to FOLDER/received, left, or deleted.",
)
@click.option(
    "--quiet", type=float, default=5.0, show_default=True, help="Seconds that a finished file rests."
)
@click.option("--once", is_flag=True, help="Hand in what is there, then end.")
def watch(
    folder: Path,
    url: str,
    user: str,
    *,
    password_file: Path | None,
    password_stdin: bool,
    station: str,
    supplier: str,
    collected: datetime | None,
    after: str,
    quiet: float,
    once: bool,
) -> None:
    """Hand in every scan that appears in FOLDER; each of its sub-folders is a batch of its own.

    An absent server is waited for. A file is moved or deleted only when the server has acknowledged it.
    """
    from domain.errors import UsageError
    from meterdrop.station.server import Server
    from meterdrop.station.watch import After, Watch, WatchOptions, run

    if not os.access(folder, os.W_OK):
        raise UsageError(f"{folder} cannot be written to: the list of receipts is kept in it")
    options = WatchOptions(
        folder.resolve(),
        station or user,
        supplier,
        None if collected is None else collected.date(),
        cast(After, after),
        quiet,
    )
    with Server(url, user, _password(password_file, from_input=password_stdin)) as server:
        run(Watch(options, server, lambda text: click.echo(text, err=True), time.time), time.sleep, once=once)


def _password(file: Path | None, *, from_input: bool) -> str:
    from domain.errors import UsageError

    if file is not None:
        return file.read_text("utf-8").splitlines()[0] if file.stat().st_size else ""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    raise UsageError("give the password with --password-file or --password-stdin")
