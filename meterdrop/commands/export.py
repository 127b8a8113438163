"""``meterdrop export``: write the accepted readings for billing, each once over all runs."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("export")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="A file that is not there yet.",
)
@click.option("--again", "run_id", type=int, metavar="RUN", help="Write a past run's readings once more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(path: Path, run_id: int | None, *, as_json: bool) -> None:
    """Write the readings that were accepted and never exported before."""
    from domain.errors import AlreadyExistsError, UsageError
    from meterdrop.wiring import context
    from services.deliver import export_again, export_readings

    with context() as ctx:
        try:
            result = export_readings(ctx, path) if run_id is None else export_again(ctx, run_id, path)
        except AlreadyExistsError as error:
            raise UsageError(str(error)) from error
    if as_json:
        answer = {"run": result.run_id, "path": result.path, "readings": result.readings}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(f"Run {result.run_id}: {result.readings} readings in {result.path}")
