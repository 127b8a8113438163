"""``meterdrop audit``: blind audits of accepted sheets, on the console."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from services.blind import AuditTask


@click.group("audit")
def command() -> None:
    """Blind audits: another person reads an accepted slip without seeing the first answer."""


@command.command("next")
@click.option("--user", required=True, help="Who will answer; a member of staff.")
@click.option("--supplier", default=None, help="Only this supplier's sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def next_command(user: str, supplier: str | None, *, as_json: bool) -> None:
    """Give USER the next slip to read; nothing is printed on standard output when there is none."""
    from meterdrop.wiring import context
    from services.blind import claim_next

    with context() as ctx:
        task = claim_next(ctx, user, supplier)
    if task is None:
        click.echo(f"No slip waits for {user}.", err=True)
    elif as_json:
        click.echo(json.dumps(_task(task), ensure_ascii=False))
    else:
        click.echo(f"audit {task.audit_id}: sheet {task.sheet_id}, form {task.template or 'unknown'}")
        for answer in task.answers:
            click.echo("  " + ", ".join(f"{name} {text or '-'}" for name, text in answer.items()))


@command.command("submit")
@click.argument("audit_id", type=int)
@click.option("--user", required=True, help="Who answers; the slip must be his (audit next).")
@click.option("--field", "fields", multiple=True, metavar="NAME=TEXT", help="account=…, reading=…, date=…")
@click.option("--illegible", is_flag=True, help="Nobody could read this slip; it counts as wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def submit_command(
    audit_id: int, user: str, fields: tuple[str, ...], *, illegible: bool, as_json: bool
) -> None:
    """Answer what the slip says."""
    from domain.errors import ConflictError, UsageError
    from meterdrop.wiring import context
    from services.blind import submit

    if illegible == bool(fields):
        raise UsageError("say what the slip says with --field NAME=TEXT, or --illegible")
    if any("=" not in field for field in fields):
        raise UsageError("write --field as NAME=TEXT, for instance --field reading=0563")
    values = None if illegible else dict(field.split("=", 1) for field in fields)
    with context() as ctx:
        try:
            answer = submit(ctx, user, audit_id, values)
        except ConflictError as error:
            raise UsageError(f"{error}; take it with 'meterdrop audit next'") from error
    if as_json:
        click.echo(json.dumps({"audit": audit_id, **asdict(answer)}))
        return
    click.echo(
        {
            "agrees": "Agrees with the accepted values.",
            "differs": "Differs; a supervisor decides.",
            "decided": "Decided: the accepted values are " + ("wrong." if answer.wrong else "right."),
        }[answer.outcome]
    )


@command.command("counts")
@click.option("--month", default=None, metavar="YYYY-MM", help="Only this month's sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def counts_command(month: str | None, *, as_json: bool) -> None:
    """Exact counts: sampled, done, wrong, wrong but registered."""
    from meterdrop.wiring import context
    from services.blind import counts, waiting

    with context() as ctx:
        rows = counts(ctx, month)
        second, third = waiting(ctx)
    for row in rows:
        if as_json:
            click.echo(json.dumps(asdict(row), ensure_ascii=False))
        else:
            click.echo(
                f"{row.month} {row.channel} {row.template or '-'} {row.model or '-'} {row.kind}: "
                f"{row.sampled} sampled, {row.done} done, {row.wrong} wrong, "
                f"{row.wrong_registered} of them another customer's account"
            )
    click.echo(f"{second} wait for a second answer, {third} for a supervisor.", err=True)


@command.command("wrong")
@click.option("--month", default=None, metavar="YYYY-MM", help="Only this month's sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def wrong_command(month: str | None, *, as_json: bool) -> None:
    """Accepted sheets that audits found wrong: what was accepted, what is true, and the evidence."""
    from meterdrop.wiring import context
    from services.blind import found_wrong

    with context() as ctx:
        found = found_wrong(ctx, month)
    for row, sheet in found:
        line: dict[str, Any] = {
            "audit": row.id,
            "sheet": sheet.id,
            "state": sheet.state.value,
            "kind": row.kind,
            "accepted": dict(row.first),
            "truth": None if row.truth is None else dict(row.truth),
            "differs": row.differs.split(","),
            "evidence": sheet.evidence,
        }
        if as_json:
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            click.echo(f"sheet {sheet.id} ({sheet.state}): {row.differs} wrong; {sheet.evidence}")
            click.echo(f"  accepted {line['accepted']}\n  truth    {line['truth']}")


def _task(task: AuditTask) -> dict[str, Any]:
    return {
        "audit": task.audit_id,
        "sheet": task.sheet_id,
        "supplier": task.supplier,
        "channel": task.channel,
        "collected": task.collected.isoformat(),
        "template": task.template,
        "stage": task.stage,
        "fields": [field.name for field in task.fields],
        "answers": [dict(answer) for answer in task.answers],
        "held_until": task.held_until.isoformat(),
    }
