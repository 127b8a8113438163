"""Staff accounts: names, roles and argon2 password hashes."""

from __future__ import annotations

import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.errors import AlreadyExistsError, UsageError
from services.context import Context
from services.results import UserView
from storage.records import StaffRow, Transaction

ROLES = ("reviewer", "supervisor", "station", "desk", "billing", "admin")
SHORTEST_PASSWORD = 8
_LONGEST_NAME = 64
#: What is told by telephone without spelling it.
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"


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
    if row is None or row.left_at is not None:
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
    """The user of that name, if there is one who has not left."""
    row = _row(ctx, name)
    return None if row is None or row.left_at is not None else _view(row)


def list_users(ctx: Context) -> list[UserView]:
    """Everybody, by name."""
    with ctx.records.read() as tx:
        return [_view(row) for row in tx.staff.all()]


def change_password(ctx: Context, name: str, old: str, new: str) -> UserView | None:
    """Give oneself a new password; None when the old one is wrong; raises ``UsageError``."""
    if authenticate(ctx, name, old) is None:
        return None
    if new == old:
        raise UsageError("the new password is the old one")
    return _set_password(ctx, name, new, name, must_change=False)


def reset_password(ctx: Context, name: str, by: str) -> str:
    """A new password for somebody, to be told once and good for one log-in; raises ``UsageError``."""
    password = new_password()
    _set_password(ctx, name, password, by, must_change=True)
    return password


def new_password() -> str:
    """A password that nobody guesses: four groups of four, some 79 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def change_role(ctx: Context, name: str, role: str, by: str) -> None:
    """Give somebody another role at once; raises ``UsageError``."""
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; choose one of {', '.join(ROLES)}")
    with ctx.records.begin() as tx:
        before = _of(tx, name)
        if before.role == "admin" and role != "admin":
            _leave_an_admin(tx, name)
        tx.staff.set_role(name, role)
        details = {"name": name, "before": before.role, "after": role}
        tx.audits.add(ctx.clock(), by, "user.role", details=details)


def shut_out(ctx: Context, name: str, by: str) -> None:
    """Somebody leaves: the name stays in the log and can no longer log in. Raises ``UsageError``."""
    with ctx.records.begin() as tx:
        if _of(tx, name).role == "admin":
            _leave_an_admin(tx, name)
        tx.staff.set_left(name, ctx.clock())
        tx.audits.add(ctx.clock(), by, "user.left", details={"name": name})


def let_in(ctx: Context, name: str, by: str) -> None:
    """Somebody comes back; raises ``UsageError``."""
    with ctx.records.begin() as tx:
        _of(tx, name)
        tx.staff.set_left(name, None)
        tx.audits.add(ctx.clock(), by, "user.back", details={"name": name})


def _set_password(ctx: Context, name: str, password: str, by: str, *, must_change: bool) -> UserView:
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password needs at least {SHORTEST_PASSWORD} characters")
    hashed = _hasher().hash(password)
    with ctx.records.begin() as tx:
        _of(tx, name)
        tx.staff.set_password(name, hashed, ctx.clock(), must_change=must_change)
        what = "user.password_reset" if must_change else "user.password"
        tx.audits.add(ctx.clock(), by, what, details={"name": name})
        return _view(_of(tx, name))


def _of(tx: Transaction, name: str) -> StaffRow:
    row = tx.staff.get(name) if name.isprintable() else None
    if row is None:
        raise UsageError(f"there is no user {name!r}")
    return row


def _leave_an_admin(tx: Transaction, but: str) -> None:
    if not any(row.role == "admin" and row.left_at is None and row.name != but for row in tx.staff.all()):
        raise UsageError("one administrator has to stay: give the role to somebody else first")


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
    return UserView(row.name, row.role, row.created_at, row.password_at, row.must_change, row.left_at)
