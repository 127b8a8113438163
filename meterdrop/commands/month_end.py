"""``meterdrop month-end``: accounts without a reading, customers to remind, meters to look at."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click


@click.command("month-end")
@click.option("--supplier", required=True, metavar="NAME", help="Whose month is closed.")
@click.option("--period", metavar="YYYY-MM", help="Which month; default: the present one.")
@click.option("--day", metavar="YYYY-MM-DD", help="As it stands on this day; default: today.")
@click.option(
    "-o",
    "--out",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files; it must exist.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(supplier: str, period: str | None, day: str | None, folder: Path, *, as_json: bool) -> None:
    """Write no-reading.csv, reminders.csv and field-checks.csv; nothing else changes.

    no-reading.csv tells billing what to take instead of a reading: the average, after some months the norm.
    reminders.csv names customers who can still report this month. field-checks.csv lists meters that a
    controller should look at, by route; his acts come back with 'meterdrop dayfile --channel act'.
    """
    from domain.errors import UsageError
    from meterdrop.progress import Progress
    from meterdrop.wiring import context
    from services.month_end import close_month

    try:
        today = date.fromisoformat(day) if day is not None else None
    except ValueError:
        raise UsageError(f"{day!r} is no day; write YYYY-MM-DD") from None
    with context() as ctx, Progress("month end") as meter:
        on = today or ctx.clock().date()
        done = close_month(
            ctx,
            supplier,
            period or f"{on:%Y-%m}",
            on,
            folder.absolute(),
            progress=lambda count: meter.update(count, None, "meters"),
        )
    if as_json:
        click.echo(json.dumps(vars(done), ensure_ascii=False))
        return
    click.echo(
        f"{done.meters} meters: {done.no_reading} without a reading (average {done.average}, "
        f"norm {done.norm}, {done.unknown} for billing to work out), {done.reminders} customers to remind, "
        f"{done.field_checks} meters to look at; files in {done.folder}"
    )
