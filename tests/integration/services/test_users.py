"""Staff accounts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from domain.errors import AlreadyExistsError, UsageError
from services import users
from services.context import Context


def test_only_the_right_password_opens(ctx: Context) -> None:
    users.add_user(ctx, "анна", "reviewer", "верный пароль")
    seen = users.authenticate(ctx, "анна", "верный пароль")
    assert seen is not None
    assert (seen.name, seen.role) == ("анна", "reviewer")
    assert seen == users.get_user(ctx, "анна")
    assert users.authenticate(ctx, "анна", "другой пароль") is None
    assert users.authenticate(ctx, "boris", "верный пароль") is None
    assert users.get_user(ctx, "boris") is None


def test_passwords_are_kept_as_argon2(ctx: Context) -> None:
    users.add_user(ctx, "anna", "admin", "long enough")
    with ctx.records.read() as tx:
        row = tx.staff.get("anna")
        audit = tx.connection.execute(sa.text("SELECT details FROM audit")).scalar_one()
    assert row is not None
    assert row.password_hash.startswith("$argon2id$")
    assert "long enough" not in str(audit)


def test_an_old_hash_is_renewed(ctx: Context) -> None:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    users.add_user(ctx, "anna", "admin", "long enough")
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)).hash("long enough")
    with ctx.records.begin() as tx:
        tx.staff.set_hash("anna", weak)
    assert users.authenticate(ctx, "anna", "long enough") is not None
    with ctx.records.read() as tx:
        row = tx.staff.get("anna")
    assert row is not None
    assert row.password_hash != weak


@pytest.mark.parametrize(
    ("name", "role", "password", "problem"),
    [
        ("", "admin", "long enough", "name"),
        (" anna", "admin", "long enough", "name"),
        ("an\nna", "admin", "long enough", "name"),
        ("boris", "king", "long enough", "choose one of reviewer"),
        ("boris", "admin", "short", "at least 8"),
    ],
)
def test_what_cannot_be_added(ctx: Context, name: str, role: str, password: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        users.add_user(ctx, name, role, password)
    assert users.list_users(ctx) == []


def test_names_are_taken_once(ctx: Context) -> None:
    users.add_user(ctx, "boris", "admin", "long enough")
    users.add_user(ctx, "anna", "reviewer", "long enough")
    with pytest.raises(AlreadyExistsError, match="already a user 'anna'"):
        users.add_user(ctx, "anna", "admin", "another one")
    assert [user.name for user in users.list_users(ctx)] == ["anna", "boris"]


def test_names_that_nobody_can_have(ctx: Context) -> None:
    for name in ("\x00", "anna\ud800", "an\nna"):
        assert users.authenticate(ctx, name, "long enough") is None
        assert users.get_user(ctx, name) is None


def test_a_new_password_is_good_for_one_log_in_and_ends_sessions(ctx: Context) -> None:
    users.add_user(ctx, "anna", "reviewer", "long enough")
    password = users.reset_password(ctx, "anna", "root")
    assert users.authenticate(ctx, "anna", "long enough") is None
    told = users.authenticate(ctx, "anna", password)
    assert told is not None and told.must_change and told.password_at is not None
    assert users.change_password(ctx, "anna", "wrong", "another sentence") is None
    with pytest.raises(UsageError, match="the old one"):
        users.change_password(ctx, "anna", password, password)
    with pytest.raises(UsageError, match="at least"):
        users.change_password(ctx, "anna", password, "short")
    changed = users.change_password(ctx, "anna", password, "another sentence")
    assert changed is not None and not changed.must_change
    with ctx.records.read() as tx:
        log = str([(row.what, row.details) for row in tx.audits.latest()])
    assert "user.password_reset" in log and password not in log and "another sentence" not in log


def test_who_leaves_is_shut_out_and_may_come_back(ctx: Context) -> None:
    users.add_user(ctx, "root", "admin", "long enough")
    users.add_user(ctx, "anna", "reviewer", "long enough")
    users.shut_out(ctx, "anna", "root")
    assert users.authenticate(ctx, "anna", "long enough") is None
    assert users.get_user(ctx, "anna") is None
    assert [user.left_at is None for user in users.list_users(ctx)] == [False, True]
    users.let_in(ctx, "anna", "root")
    assert users.authenticate(ctx, "anna", "long enough") is not None
    with pytest.raises(UsageError, match="no user"):
        users.shut_out(ctx, "nobody", "root")


def test_one_administrator_stays(ctx: Context) -> None:
    users.add_user(ctx, "root", "admin", "long enough")
    for change in (
        lambda: users.shut_out(ctx, "root", "root"),
        lambda: users.change_role(ctx, "root", "reviewer", "root"),
    ):
        with pytest.raises(UsageError, match="one administrator"):
            change()
    users.add_user(ctx, "anna", "reviewer", "long enough")
    users.change_role(ctx, "anna", "admin", "root")
    users.shut_out(ctx, "root", "anna")
    assert users.get_user(ctx, "root") is None
    with pytest.raises(UsageError, match="no role"):
        users.change_role(ctx, "anna", "queen", "anna")
