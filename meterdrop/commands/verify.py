"""``meterdrop verify``: prove that records, objects and audit log agree."""

from __future__ import annotations

import json

import click


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(*, as_json: bool) -> None:
    """Read every record and original and prove that they agree; exit status 1 if they do not."""
    from meterdrop.progress import Progress
    from meterdrop.wiring import context
    from services.verify import verify
    from services.vitals import note_verified

    with context() as ctx, Progress("verify") as meter:
        result = verify(ctx, meter.update)
        note_verified(ctx, result)
    if as_json:
        click.echo(json.dumps({"ok": result.ok, "problems": list(result.problems)}, ensure_ascii=False))
    else:
        for problem in result.problems:
            click.echo(problem)
        click.echo("Everything agrees." if result.ok else f"{len(result.problems)} problems.")
    if not result.ok:
        raise click.exceptions.Exit(1)
