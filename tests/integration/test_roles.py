"""Every route of both apps, and who may use it: one that is not in these tables fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from intake.app import create_public_app
from review_ui.app import create_staff_app
from services.users import ROLES
from tests.integration.review_desk import PASSWORD, Desk, Slip, open_desk
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")

EVERYBODY = frozenset(ROLES)
JUDGES = frozenset({"reviewer", "supervisor", "admin"})
STATIONS = frozenset({"station", "supervisor", "admin"})
CLERKS = frozenset({"desk", "supervisor", "admin"})
OVERSEERS = frozenset({"supervisor", "admin"})
ADMINS = frozenset({"admin"})

#: How a path begins, the longest first → who may use it.
STAFF = {
    "/api/v1/station": STATIONS,
    "/api/v1": OVERSEERS,
    "/audit": OVERSEERS,
    "/dashboard/": OVERSEERS,
    "/dashboard": JUDGES,
    "/desk": CLERKS,
    "/grid": JUDGES,
    "/password": EVERYBODY,
    "/review": JUDGES,
    "/second": JUDGES,
    "/station": STATIONS,
    "/templates/drafts": OVERSEERS,
    "/templates/taught": OVERSEERS,
    "/templates": STATIONS | CLERKS,
    "/users": ADMINS,
    "/": EVERYBODY,
}
#: Before anybody has logged in.
LOGIN = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/login/oidc"),
    ("GET", "/login/oidc/back"),
}
#: What the public app answers at all; nothing of it shows a picture but to the session that sent it.
PUBLIC = {
    ("GET", "/"),
    ("POST", "/send"),
    ("GET", "/confirm/{reference}"),
    ("GET", "/confirm/{reference}/photo"),
    ("POST", "/confirm/{reference}"),
    ("GET", "/status"),
    ("GET", "/status/{reference}"),
    ("GET", "/api/v1/status/{reference}"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("roles"))
    for role in ROLES:
        opened.user(role, role)
    opened.bring(Slip(doubtful={"account": [1]}))
    yield opened
    opened.ctx.close()


@pytest.fixture(scope="module")
def app(desk: Desk) -> FastAPI:
    return create_staff_app(desk.ctx, SETTINGS)


def routes(app: FastAPI) -> set[tuple[str, str]]:
    paths = app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def allowed(path: str) -> frozenset[str]:
    if path == "/":
        return EVERYBODY
    start = next(
        (start for start in sorted(STAFF, key=len, reverse=True) if start != "/" and path.startswith(start)),
        None,
    )
    assert start is not None, f"{path} is in no table: say who may use it"
    return STAFF[start]


def filled(path: str) -> str:
    numbers = {
        "token": "ab" * 16,
        "name": "hours" if path.startswith("/dashboard") else "station",
        "field": "account",
        "place": "0",
    }
    return re.sub(r"{(\w+)}", lambda found: numbers.get(found[1], "1"), path)


def logged_in(app: FastAPI, role: str) -> tuple[TestClient, str]:
    client = TestClient(app, follow_redirects=False)
    token = token_of(client, "/login")
    assert (
        client.post("/login", data={"name": role, "password": PASSWORD, "csrf_token": token}).status_code
        == 303
    )
    return client, token_of(client, "/password")


def token_of(client: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" content="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def test_nobody_gets_anywhere_without_logging_in(app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    token = token_of(client, "/login")
    known = routes(app) - LOGIN
    assert len(known) > 40
    for method, path in sorted(known):
        where = filled(path)
        page = client.request(method, where, headers={"X-CSRF-Token": token})
        assert page.status_code == 303 and page.headers["Location"].startswith("/login"), (method, path)
        headers = {"X-CSRF-Token": token, "Accept": "application/json"}
        assert client.request(method, where, headers=headers).status_code == 401, (method, path)
        if method != "GET":
            assert client.request(method, where).status_code == 403, (method, path, "no CSRF token")
    assert client.get("/api/openapi.json").status_code == 303


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_its_own_routes_alone(app: FastAPI, role: str) -> None:
    client, token = logged_in(app, role)
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    for method, path in sorted(routes(app) - LOGIN):
        if role in allowed(path) and method != "GET":
            continue  # it would change something; that these work is the other tests' business
        answer = client.request(method, filled(path), headers=headers, json={} if method != "GET" else None)
        if role in allowed(path):
            assert answer.status_code in (200, 204, 303, 404, 409, 422), (method, path, answer.status_code)
        else:
            assert answer.status_code == 403, (method, path, answer.status_code)


def test_the_public_app_has_these_routes_and_no_others(desk: Desk) -> None:
    app = create_public_app(desk.ctx, SETTINGS)
    own = {
        route for route in routes(app) if not route[1].startswith(("/api/v1/readings", "/api/v1/messages"))
    }
    assert own == PUBLIC
    client = TestClient(app, follow_redirects=False)
    for path in (
        "/login",
        "/review",
        "/review/1/picture",
        "/station",
        "/desk",
        "/dashboard",
        "/audit",
        "/users",
    ):
        assert client.get(path).status_code == 404, path


def test_the_station_sees_no_picture_that_it_did_not_bring(app: FastAPI) -> None:
    client, _ = logged_in(app, "station")
    assert client.get("/station/sheets/1/thumbnail").status_code == 404, "it came by another way"
    assert client.get("/review/1/picture").status_code == 403
    clerk, _ = logged_in(app, "desk")
    assert clerk.get("/desk/sheets/1/picture").status_code == 200
    assert clerk.get("/desk/sheets/999/picture").status_code == 404
