"""Staff accounts: names, roles and argon2 password hashes."""

from __future__ import annotations

from services.context import Context
from services.results import UserView

ROLES = ("reviewer", "supervisor", "station", "desk", "billing", "admin")


def add_user(ctx: Context, name: str, role: str, password: str, by: str = "console") -> UserView:
    """Add somebody; raises ``AlreadyExistsError`` or ``UsageError``."""
    raise NotImplementedError


def authenticate(ctx: Context, name: str, password: str) -> UserView | None:
    """The user if the password is right, else None; takes the same time for unknown names."""
    raise NotImplementedError


def get_user(ctx: Context, name: str) -> UserView | None:
    """The user of that name."""
    raise NotImplementedError


def list_users(ctx: Context) -> list[UserView]:
    """Everybody, by name."""
    raise NotImplementedError
