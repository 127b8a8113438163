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
    from meterdrop.wiring import context
    from services.users import add_user

    password = _password(from_input=password_stdin)
    with context() as ctx:
        user = add_user(ctx, name, role, password)
    click.echo(f"{user.name} is now {user.role}")


def _password(*, from_input: bool) -> str:
    from domain.errors import UsageError

    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    raise UsageError("give the password on standard input with --password-stdin")


@command.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Print a new password for somebody, good for one log-in; their sessions end."""
    from meterdrop.wiring import context
    from services.users import reset_password

    with context() as ctx:
        password = reset_password(ctx, name, "console")
    click.echo(password)


@command.command("role")
@click.argument("name")
@click.argument("role")
def role_command(name: str, role: str) -> None:
    """Give somebody another role."""
    from meterdrop.wiring import context
    from services.users import change_role

    with context() as ctx:
        change_role(ctx, name, role, "console")
    click.echo(f"{name} is now {role}")


@command.command("leave")
@click.argument("name")
def leave(name: str) -> None:
    """Shut somebody out; the name stays in the log."""
    from meterdrop.wiring import context
    from services.users import shut_out

    with context() as ctx:
        shut_out(ctx, name, "console")
    click.echo(f"{name} can no longer log in")


@command.command("return")
@click.argument("name")
def come_back(name: str) -> None:
    """Let somebody in again."""
    from meterdrop.wiring import context
    from services.users import let_in

    with context() as ctx:
        let_in(ctx, name, "console")
    click.echo(f"{name} can log in again")


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
