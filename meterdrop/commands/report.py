"""``meterdrop report``: the monthly report of each channel, fit for a contract."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click


@click.command("report")
@click.option("--month", required=True, metavar="YYYY-MM", help="The month in which boxes were emptied.")
@click.option("--supplier", default=None, help="Only this supplier's channels.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a channel on standard output.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a channel on standard output.")
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path), help="A page for printing; a new .html file."
)
def command(month: str, supplier: str | None, *, as_json: bool, as_csv: bool, path: Path | None) -> None:
    """Received, accepted, audited, wrong, and the bound on wrong readings, per channel."""
    from domain.errors import UsageError
    from meterdrop.pages import report as page
    from meterdrop.wiring import context
    from services.report import monthly_report

    if as_json and as_csv:
        raise UsageError("choose one of --json and --csv")
    with context() as ctx:
        report = monthly_report(ctx, month, supplier)
    if path is not None:
        _write(path, page.as_html(report))
    if as_json:
        for line in page.as_dicts(report):
            click.echo(json.dumps(line, ensure_ascii=False, default=str))
    elif as_csv:
        click.echo(page.as_csv(report), nl=False)
    elif path is None:
        click.echo(page.as_text(report))
    else:
        click.echo(f"{path}: {len(report.channels)} channels")


def _write(path: Path, text: str) -> None:
    """The page under its name, never over another file; raises ``UsageError`` or ``StorageError``."""
    from domain.errors import StorageError, UsageError

    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        raise UsageError(f"{path} exists; choose another name") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}; choose another folder") from error
