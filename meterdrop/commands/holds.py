"""``meterdrop holds``: what must be kept whatever its term."""

from __future__ import annotations

import click


@click.group("holds")
def command() -> None:
    """Legal holds: nothing that one covers is ever purged."""


@command.command("place")
@click.option("--supplier", default="krasnoyarskenergosbyt", show_default=True)
@click.option("--account", default="", help="The account; without it everything of the supplier.")
@click.option("--why", required=True, help="The case or the letter that asks for it.")
@click.option("--who", default="console", show_default=True)
def place(supplier: str, account: str, why: str, who: str) -> None:
    """Keep everything of an account, or of a supplier."""
    from meterdrop.wiring import context
    from services.purge import place_hold

    with context() as ctx:
        number = place_hold(ctx, supplier, account, why, who)
    click.echo(f"Hold {number} stands")


@command.command("lift")
@click.argument("number", type=int)
@click.option("--who", default="console", show_default=True)
def lift(number: int, who: str) -> None:
    """Let the terms run again."""
    from meterdrop.wiring import context
    from services.purge import lift_hold

    with context() as ctx:
        lift_hold(ctx, number, who)
    click.echo(f"Hold {number} is lifted")


@command.command("list")
def list_command() -> None:
    """List holds, lifted ones too."""
    from meterdrop.wiring import context
    from services.purge import list_holds

    with context() as ctx:
        for hold in list_holds(ctx):
            state = "stands" if hold.lifted_at is None else f"lifted {hold.lifted_at:%Y-%m-%d}"
            what = hold.account or "everything"
            click.echo(
                f"{hold.id:>4}  {hold.supplier}  {what}  {hold.placed_at:%Y-%m-%d}  {state}  {hold.why}"
            )
