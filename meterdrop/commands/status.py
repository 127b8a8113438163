"""``meterdrop status``: count sheets by state and reason."""

from __future__ import annotations

import json

import click


@click.command("status")
@click.option("--supplier", default=None, help="Only this supplier's sheets.")
@click.option("--batch", "batch_id", type=int, default=None, help="Only this batch's sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(supplier: str | None, batch_id: int | None, *, as_json: bool) -> None:
    """Count sheets by state and by reason."""
    from domain.reason_texts import reason_text
    from domain.reasons import Reason
    from meterdrop.wiring import context
    from services.status import status

    with context() as ctx:
        counts = status(ctx, supplier, batch_id)
    if as_json:
        answer = {"sheets": counts.sheets, "by_state": counts.by_state, "by_reason": counts.by_reason}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"{counts.sheets} sheets")
    for state, count in counts.by_state.items():
        click.echo(f"  {state:<24}{count:>8}")
    if counts.by_reason:
        click.echo("reasons")
    for reason, count in counts.by_reason.items():
        click.echo(f"  {reason:<24}{count:>8}  {reason_text(Reason(reason))}")
