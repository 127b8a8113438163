"""``meterdrop keys``: the keys with which other programs call the HTTP API."""

from __future__ import annotations

import json

import click


@click.group("keys")
def command() -> None:
    """Keys of the HTTP API, one a channel."""


@command.command("add")
@click.argument("name")
@click.option("--supplier", required=True, metavar="NAME", help="Whose readings come with it.")
@click.option(
    "--channel",
    required=True,
    metavar="CHANNEL",
    help="sms, voice, portal, terminal/citypay, … as the supplier's rules name it; billing for its answers.",
)
def add(name: str, supplier: str, channel: str) -> None:
    """Make a key and print it, once: nobody can be shown it again."""
    from domain.errors import AlreadyExistsError, UsageError
    from meterdrop.wiring import context
    from services.api_keys import issue

    with context() as ctx:
        known = sorted(
            {c for rules in ctx.suppliers[supplier].periods for c in rules.windows}
            if supplier in ctx.suppliers
            else ()
        )
        try:
            key = issue(ctx, name, supplier, channel)
        except AlreadyExistsError as error:
            raise UsageError(str(error)) from error
    if channel != "billing" and channel not in known and channel.partition("/")[0] not in known:
        click.echo(f"Note: {supplier} takes no readings by {channel!r}, only {', '.join(known)}.", err=True)
    click.echo(key)


@command.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Make a key worth nothing from now on."""
    from meterdrop.wiring import context
    from services.api_keys import revoke as revoking

    with context() as ctx:
        revoking(ctx, name)
    click.echo(f"{name} is revoked")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def list_command(*, as_json: bool) -> None:
    """List all keys: names, never the keys themselves."""
    from meterdrop.wiring import context
    from services.api_keys import listed

    with context() as ctx:
        rows = listed(ctx)
    for row in rows:
        if as_json:
            value = {
                "name": row.name,
                "supplier": row.supplier,
                "channel": row.channel,
                "created_at": row.created_at.isoformat(),
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            click.echo(json.dumps(value, ensure_ascii=False))
        else:
            state = "revoked" if row.revoked_at else ""
            click.echo(f"{row.name:<24}{row.supplier:<24}{row.channel:<20}{state}")
