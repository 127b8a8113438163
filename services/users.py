"""Staff accounts: names, roles and argon2 password hashes."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.errors import AlreadyExistsError, UsageError
from services.context import Context
from services.results import UserView
from storage.records import StaffRow

ROLES = ("reviewer", "supervisor", "station", "desk", "billing", "admin")
SHORTEST_PASSWORD = 8
_LONGEST_NAME = 64


def add_user(ctx: Context, name: str, role: str, password: str, by: str = "console") -> UserView:
    """Add somebody; raises ``AlreadyExistsError`` or ``UsageError``."""
    if not name or name != name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(f"a name has 1 to {_LONGEST_NAME} visible characters and no blanks around it")
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; choose one of {', '.join(ROLES)}")
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password needs at least {SHORTEST_PASSWORD} characters")
    row = StaffRow(name, role, _hasher().hash(password), ctx.clock())
    with ctx.records.begin() as tx:
        if not tx.staff.add(row):
            raise AlreadyExistsError(f"there is already a user {name!r}")
        tx.audits.add(row.created_at, by, "user.added", details={"name": name, "role": role})
    return _view(row)


def authenticate(ctx: Context, name: str, password: str) -> UserView | None:
    """The user if the password is right, else None; takes the same time for unknown names."""
    row = _row(ctx, name)
    if row is None:
        _hasher().verify(password, _nobody())
        return None
    right, better = _hasher().verify_and_update(password, row.password_hash)
    if not right:
        return None
    if better is not None:
        with ctx.records.begin() as tx:
            tx.staff.set_hash(name, better)
    return _view(row)


def get_user(ctx: Context, name: str) -> UserView | None:
    """The user of that name."""
    row = _row(ctx, name)
    return None if row is None else _view(row)


def list_users(ctx: Context) -> list[UserView]:
    """Everybody, by name."""
    with ctx.records.read() as tx:
        return [_view(row) for row in tx.staff.all()]


def _row(ctx: Context, name: str) -> StaffRow | None:
    if not name.isprintable():
        # Nobody has such a name, and PostgreSQL does not even take the question.
        return None
    with ctx.records.read() as tx:
        return tx.staff.get(name)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def _view(row: StaffRow) -> UserView:
    return UserView(row.name, row.role, row.created_at)
