"""Logging in with the organisation's directory: a real one, over TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from domain.errors import SettingsError
from meterdrop.commands.serve import directory
from meterdrop.settings import load_settings
from review_ui.app import create_staff_app
from review_ui.ldap import Directory, DirectoryError, LdapSettings
from services import users
from tests.integration.review_desk import Desk, open_desk
from tests.servers.processes import free_port
from tests.servers.slapd import BASE, PASSWORD, READER, READER_PASSWORD, Slapd
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")


@pytest.fixture
def looking(slapd: Slapd) -> LdapSettings:
    """Looks for a name first."""
    return LdapSettings(
        f"ldaps://localhost:{slapd.tls_port}",
        base=BASE,
        bind=READER,
        password=READER_PASSWORD,
        ca_file=slapd.ca_file,
    )


@pytest.fixture
def binding(slapd: Slapd) -> LdapSettings:
    """Knows what a name is called in the directory; begins without TLS and turns it on."""
    user = f"uid={{name}},ou=people,{BASE}"
    return LdapSettings(f"ldap://localhost:{slapd.port}", user=user, ca_file=slapd.ca_file)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("anna")
    users.add_user(opened.ctx, "twin", "reviewer", "another password")
    yield opened
    opened.ctx.close()


@pytest.mark.parametrize("way", ["looking", "binding"])
def test_the_directory_says_whose_password_it_is(way: str, request: pytest.FixtureRequest) -> None:
    found = Directory(request.getfixturevalue(way))
    assert found.knows("anna", PASSWORD)
    assert not found.knows("anna", PASSWORD + "!")
    assert not found.knows("anna", ""), "a bind without a password proves nothing"
    assert not found.knows("boris", PASSWORD)
    for name in ("*", "anna)(uid=*", "an*", "anna,ou=people", "anna\x00", "", "anna,ou=people,dc=example\\"):
        assert not found.knows(name, PASSWORD), name


def test_a_name_that_two_people_have_is_nobodys(looking: LdapSettings) -> None:
    assert not Directory(looking).knows("twin", PASSWORD)


def test_nothing_is_said_to_a_directory_that_is_not_the_right_one(
    looking: LdapSettings, slapd: Slapd
) -> None:
    for wrong in (
        replace(looking, ca_file=None),
        replace(looking, url=f"ldaps://127.0.0.1:{slapd.tls_port}"),
        replace(looking, url=f"ldaps://localhost:{slapd.port}"),
        replace(looking, url=f"ldap://localhost:{slapd.tls_port}"),
        replace(looking, url=f"ldaps://localhost:{free_port()}"),
        replace(looking, password="wrong"),
    ):
        with pytest.raises(DirectoryError):
            Directory(wrong).knows("anna", PASSWORD)


def test_staff_log_in_by_the_directory_and_by_their_own_passwords(
    desk: Desk, looking: LdapSettings, slapd: Slapd
) -> None:
    def log_in(name: str, password: str, settings: LdapSettings = looking) -> tuple[int, TestClient]:
        app = create_staff_app(desk.ctx, SETTINGS, directory=Directory(settings))
        client = TestClient(app, follow_redirects=False)
        found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/login").text)
        assert found
        data = {"csrf_token": found[1], "name": name, "password": password}
        return client.post("/login", data=data).status_code, client

    users.reset_password(desk.ctx, "anna", "boss")
    status, client = log_in("anna", PASSWORD)
    assert status == 303
    assert client.get("/review").status_code == 200, "a password kept here and known to another is no matter"
    assert log_in("anna", "wrong")[0] == 401
    assert log_in("reader", READER_PASSWORD)[0] == 401, "in the directory, but not on the staff"
    away = replace(looking, url=f"ldaps://localhost:{free_port()}")
    assert log_in("twin", "another password", away)[0] == 303, (
        "the directory is away; the own password counts"
    )
    assert log_in("anna", PASSWORD, away)[0] == 503
    users.shut_out(desk.ctx, "anna", "boss")
    assert log_in("anna", PASSWORD)[0] == 401
    assert client.get("/review").status_code == 303


def test_half_a_setting_is_refused(tmp_path: Path) -> None:
    url = {"METERDROP_LDAP_URL": "ldaps://directory.example"}
    base = {"METERDROP_LDAP_BASE": BASE}
    assert directory(load_settings({})) is None
    assert directory(load_settings(url | {"METERDROP_LDAP_USER": "{name}@corp.example"})) is not None
    for more, said in (
        ({}, "METERDROP_LDAP_USER or METERDROP_LDAP_BASE"),
        ({"METERDROP_LDAP_USER": "uid=x"}, "METERDROP_LDAP_USER must have"),
        (base | {"METERDROP_LDAP_FILTER": "(uid=x)"}, "METERDROP_LDAP_FILTER must have"),
        (base | {"METERDROP_LDAP_CA_FILE": str(tmp_path / "no")}, "which is not a file"),
        (base | {"METERDROP_LDAP_URL": "http://x"}, "METERDROP_LDAP_URL must be"),
    ):
        with pytest.raises(SettingsError, match=said):
            directory(load_settings(url | more))
