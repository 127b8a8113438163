"""``meterdrop notices``: send customers their notices, and see those that need a person."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import click


@click.group("notices")
def command() -> None:
    """What customers are told."""


@command.command("send")
@click.option("--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Go on for ever.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def send(every: float | None, *, as_json: bool) -> None:
    """Send what is due by the gateways and mailboxes that METERDROP_CONNECTIONS names, each notice once."""
    from delivery.sender import send_all, transports
    from meterdrop.wiring import connections, context

    with context() as ctx:
        known = transports(connections(ctx))
        while True:
            done = send_all(ctx, known)
            if as_json:
                click.echo(json.dumps(asdict(done)))
            elif every is None or done != type(done)():
                click.echo(
                    f"{done.sent} sent, {done.later} tried again later, {done.doubtful} in doubt, "
                    f"{done.failed} failed"
                )
            if every is None:
                return
            time.sleep(every)


@command.command("list")
@click.option("--supplier", metavar="NAME", help="Only this supplier.")
def list_command(supplier: str | None) -> None:
    """List notices that failed, or of which nobody knows whether they went out."""
    from meterdrop.wiring import context
    from services.telling import stuck

    with context() as ctx:
        rows = stuck(ctx, supplier)
    for row in rows:
        click.echo(f"{row.id}  {row.state}  {row.channel} {row.address}  {row.kind}: {row.error}")


@command.command("again")
@click.argument("notice", type=int)
@click.option("--who", required=True, metavar="NAME", help="Who decides it; it is recorded.")
def again(notice: int, who: str) -> None:
    """Send a notice once more that failed or is in doubt."""
    from domain.errors import UsageError
    from meterdrop.wiring import context
    from services.telling import send_again

    with context() as ctx:
        if not send_again(ctx, who, notice):
            raise UsageError(f"notice {notice} neither failed nor is in doubt; 'meterdrop notices list'")
    click.echo(f"notice {notice} goes out with the next sending")


@command.command("lines")
@click.option("--supplier", required=True, metavar="NAME")
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path), required=True, help="A file that is not there."
)
def lines(supplier: str, path: Path) -> None:
    """Write the lines for customers' next receipts, each once: CSV with account and text."""
    from meterdrop.wiring import context
    from services.receipt_lines import write_lines

    with context() as ctx:
        count = write_lines(ctx, supplier, path)
    click.echo(f"{count} lines in {path}")
