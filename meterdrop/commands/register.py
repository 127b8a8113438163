"""``meterdrop register``: import the register of accounts."""

from __future__ import annotations

import json
from pathlib import Path

import click

#: Bad rows that are listed one by one for a person; a program gets them all.
LISTED = 100


@click.group("register")
def command() -> None:
    """The register of accounts."""


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path), metavar="CSV")
@click.option(
    "--supplier", default="krasnoyarskenergosbyt", show_default=True, help="For rows that name none."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def import_command(path: Path, supplier: str, *, as_json: bool) -> None:
    """Import CSV: a row a meter and tariff; new rows are added, known ones brought up to date.

    Bad rows are listed with their line on standard error, the good ones imported all the same; exit status 1
    says that there were bad ones.
    """
    from meterdrop.progress import Progress
    from meterdrop.wiring import context
    from services.register import import_register

    with context() as ctx, Progress("register") as meter:
        result = import_register(ctx, path, supplier, lambda done: meter.update(done, None, "rows"))
    for row in result.bad if as_json else result.bad[:LISTED]:
        click.echo(f"{path}:{row.line}: {row.problem}", err=True)
    if not as_json and len(result.bad) > LISTED:
        click.echo(f"… and {len(result.bad) - LISTED} more bad rows; --json lists them all", err=True)
    if as_json:
        bad = [{"line": row.line, "problem": row.problem} for row in result.bad]
        answer = {"imported": result.imported, "bad": bad, "encoding": result.encoding}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(f"{result.imported} rows imported, {len(result.bad)} bad")
    if result.bad:
        raise click.exceptions.Exit(1)
