"""``meterdrop users``: add and list staff."""

from __future__ import annotations

import json
import sys

import click


@click.group("users")
def command() -> None:
    """The staff."""


@command.command("add")
@click.argument("name")
@click.option(
    "--role", required=True, metavar="ROLE", help="reviewer, supervisor, station, desk, billing, admin"
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
def add(name: str, role: str, *, password_stdin: bool) -> None:
    """Add somebody; asks for the password on a terminal."""
    from domain.errors import UsageError
    from meterdrop.wiring import context
    from services.users import add_user

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        raise UsageError("give the password on standard input with --password-stdin")
    with context() as ctx:
        user = add_user(ctx, name, role, password)
    click.echo(f"{user.name} is now {user.role}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def list_command(*, as_json: bool) -> None:
    """List everybody."""
    from meterdrop.wiring import context
    from services.users import list_users

    with context() as ctx:
        users = list_users(ctx)
    for user in users:
        if as_json:
            value = {"name": user.name, "role": user.role, "created_at": user.created_at.isoformat()}
            click.echo(json.dumps(value, ensure_ascii=False))
        else:
            click.echo(f"{user.name:<24}{user.role}")
