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
@click.option("--questionnaires", is_flag=True, help="Questionnaires that were checked, not readings.")
@click.option("--again", "run_id", type=int, metavar="RUN", help="Write a past run's readings once more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(path: Path, run_id: int | None, *, questionnaires: bool, as_json: bool) -> None:
    """Write the readings that were accepted and never exported before."""
    from domain.errors import AlreadyExistsError, UsageError
    from meterdrop.wiring import context
    from services import deliver, questionnaire_export

    with context() as ctx:
        try:
            if questionnaires:
                written = questionnaire_export.export_questionnaires
                again = questionnaire_export.export_again
            else:
                written, again = deliver.export_readings, deliver.export_again
            result = written(ctx, path) if run_id is None else again(ctx, run_id, path)
        except AlreadyExistsError as error:
            raise UsageError(str(error)) from error
    what = "questionnaires" if questionnaires else "readings"
    if as_json:
        answer = {"run": result.run_id, "path": result.path, what: result.readings}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(f"Run {result.run_id}: {result.readings} {what} in {result.path}")
