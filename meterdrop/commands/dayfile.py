"""``meterdrop dayfile``: take in a channel's day file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.day_file import DayRow


@click.command("dayfile")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="CSV")
@click.option("--supplier", required=True, metavar="NAME")
@click.option("--channel", required=True, metavar="CHANNEL", help="terminal, atm, voice, phone, …")
@click.option("--source", default="", metavar="NAME", help="Whose file it is; default: the channel.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="For rows without a date of their own; default today.",
)
@click.option(
    "--receipt", type=click.Path(path_type=Path, dir_okay=False), help="Write a CSV with a line a row."
)
def command(
    path: Path, *, supplier: str, channel: str, source: str, day: datetime | None, receipt: Path | None
) -> None:
    """Judge every reading of a day file (CSV in UTF-8 or CP1251), each once however often it is given.

    The header needs account and reading, and may have tariff, meter_serial, name, contact, date and id, or
    their Russian names. Exit status 1 says that rows could not be taken.
    """
    from domain.errors import UsageError
    from meterdrop.progress import Progress
    from meterdrop.wiring import context
    from services.day_file import DayFile, as_csv, read_day_file

    with context() as ctx, Progress("dayfile") as meter:
        today = ctx.clock().astimezone().date()
        when: date = today if day is None else day.date()
        if when > today:
            raise UsageError(f"--day {when} is later than today")
        file = DayFile(supplier, channel, source or channel, when)
        rows = read_day_file(ctx, path.read_bytes(), file, lambda done: meter.update(done, None, "rows"))
    if receipt is not None:
        receipt.write_text(as_csv(rows), "utf-8", newline="")
    _say(path, rows)
    if any(row.answered is None for row in rows):
        raise click.exceptions.Exit(1)


def _say(path: Path, rows: list[DayRow]) -> None:
    outcomes: dict[str, int] = {}
    for row in rows:
        outcome = "not_taken" if row.answered is None else row.answered.outcome
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if row.answered is None:
            click.echo(f"{path}:{row.line}: {row.problem}", err=True)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    click.echo(f"{len(rows)} rows: {counted}")
