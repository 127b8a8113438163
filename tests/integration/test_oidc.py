"""Logging in with the organisation's accounts, against a provider that sometimes lies."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from domain.errors import SettingsError
from meterdrop.commands.serve import single_sign_on
from meterdrop.settings import load_settings
from review_ui.app import create_staff_app
from review_ui.oidc import PATIENCE, Oidc, OidcSettings
from services import users
from tests.integration.review_desk import Desk, open_desk
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
ISSUER = "https://id.example"
CLIENT = OidcSettings(ISSUER, "meterdrop", "secret")


class Provider:
    """What it says can be changed by a test."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"iss": ISSUER, "aud": "meterdrop", "preferred_username": "anna"}
        self.nonce = ""
        self.posted: dict[str, list[str]] = {}
        self.well = True
        self.token_endpoint = f"{ISSUER}/token"

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not self.well:
            raise httpx.ConnectError("away")
        if request.url.path == "/.well-known/openid-configuration":
            found = {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": self.token_endpoint,
            }
            return httpx.Response(200, json=found)
        self.posted = parse_qs(request.read().decode())
        assert request.headers["Authorization"].startswith("Basic ")
        claims = {"nonce": self.nonce, "exp": 4_000_000_000, **self.claims}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return httpx.Response(200, json={"id_token": f"e30.{body}.c2lnbmF0dXJl"})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("anna", "supervisor")
    users.reset_password(opened.ctx, "anna", "root")
    yield opened
    opened.ctx.close()


@pytest.fixture
def client(desk: Desk, provider: Provider) -> TestClient:
    oidc = Oidc(CLIENT, httpx.MockTransport(provider.answer))
    return TestClient(create_staff_app(desk.ctx, SETTINGS, oidc=oidc), follow_redirects=False)


def begun(client: TestClient, provider: Provider, to: str = "/audit") -> dict[str, str]:
    """Go to the provider; gives what the address asks it."""
    assert "Войти через организацию" in client.get("/login").text
    answer = client.get("/login/oidc", params={"to": to})
    assert answer.status_code == 303 and answer.headers["Location"].startswith(f"{ISSUER}/auth?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    provider.nonce = asked["nonce"]
    return asked


def back(client: TestClient, state: str) -> httpx.Response:
    return client.get("/login/oidc/back", params={"state": state, "code": "c"})


def test_who_the_provider_names_is_logged_in(client: TestClient, provider: Provider) -> None:
    asked = begun(client, provider)
    assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"].endswith("/login/oidc/back")
    answer = back(client, asked["state"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/audit")
    assert client.get("/audit").status_code == 200, "a password to be changed does not stand in the way"
    assert provider.posted["code_verifier"][0] and "client_secret" not in provider.posted
    assert back(client, asked["state"]).status_code == 401, "a state is good once"


def test_another_process_may_finish_what_one_began(
    desk: Desk, client: TestClient, provider: Provider
) -> None:
    asked = begun(client, provider)
    oidc = Oidc(CLIENT, httpx.MockTransport(provider.answer))
    other = TestClient(create_staff_app(desk.ctx, SETTINGS, oidc=oidc), follow_redirects=False)
    other.cookies = client.cookies
    assert back(other, asked["state"]).status_code == 303
    assert other.get("/audit").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["meterdrop", "another"], "azp": "another"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nonce": "another"},
        {"preferred_username": "nobody"},
        {"preferred_username": None},
        {"preferred_username": ["anna"]},
    ],
)
def test_a_token_that_must_not_be_believed_opens_nothing(
    client: TestClient, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    asked = begun(client, provider)
    answer = back(client, asked["state"])
    assert answer.status_code == 401 and "Вход через организацию не удался" in answer.text
    assert client.get("/audit").status_code == 303


def test_a_log_in_begun_elsewhere_or_long_ago_is_refused(
    desk: Desk, client: TestClient, provider: Provider
) -> None:
    asked = begun(client, provider)
    stranger = TestClient(client.app, follow_redirects=False)
    assert back(stranger, asked["state"]).status_code == 401
    asked = begun(client, provider)
    desk.clock.forward(PATIENCE.total_seconds() + 1)
    assert back(client, asked["state"]).status_code == 401
    assert back(client, "guessed").status_code == 401


def test_who_has_left_stays_out(desk: Desk, client: TestClient, provider: Provider) -> None:
    users.shut_out(desk.ctx, "anna", "root")
    assert back(client, begun(client, provider)["state"]).status_code == 401


def test_an_absent_provider_or_one_without_tls_is_said(client: TestClient, provider: Provider) -> None:
    provider.well = False
    assert client.get("/login/oidc").status_code == 401
    provider.well, provider.token_endpoint = True, "http://id.example/token"
    asked = begun(client, provider)
    assert back(client, asked["state"]).status_code == 401


def test_nobody_is_sent_elsewhere_afterwards(client: TestClient, provider: Provider) -> None:
    asked = begun(client, provider, to="https://evil.example/")
    assert back(client, asked["state"]).headers["Location"] == "/"


def test_without_a_provider_there_is_no_such_page(desk: Desk) -> None:
    client = TestClient(create_staff_app(desk.ctx, SETTINGS), follow_redirects=False)
    assert client.get("/login/oidc").status_code == client.get("/login/oidc/back").status_code == 404
    assert "Войти через организацию" not in client.get("/login").text


def test_half_a_setting_is_refused() -> None:
    assert single_sign_on(load_settings({})) is None
    for given, said in (
        ({"METERDROP_OIDC_ISSUER": "http://id.example"}, "https"),
        ({"METERDROP_OIDC_ISSUER": ISSUER}, "CLIENT_ID"),
    ):
        with pytest.raises(SettingsError, match=said):
            single_sign_on(load_settings(given))
