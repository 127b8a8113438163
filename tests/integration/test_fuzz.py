"""Both OpenAPI descriptions, fuzzed: whatever is sent, nothing answers 500 and nothing shows a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from intake.app import create_public_app
from intake.settings import PublicSettings
from review_ui.app import create_staff_app
from review_ui.settings import ReviewSettings
from tests.integration.review_desk import PASSWORD, Desk, Slip, open_desk
from web.settings import WebSettings

pytestmark = pytest.mark.slow

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
#: Sent to each app; the same every time.
EXAMPLES = 300
#: Would end the fuzzing: the session, or the only administrator's password.
LEFT_OUT = {
    ("POST", "/logout"),
    ("POST", "/login"),
    ("POST", "/password"),
    ("POST", "/users/{name}/password"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("fuzz"))
    opened.user("root", "admin")
    opened.bring(Slip(), Slip("121000000002", doubtful={"account": [1]}))
    yield opened
    opened.ctx.close()


def hammer(client: TestClient, description: dict[str, Any], headers: dict[str, str]) -> int:
    """Send generated requests; returns how many. Raises ``AssertionError`` for a 500."""
    schema = schemathesis.openapi.from_dict(description)
    cases = [
        operation.ok().as_strategy()
        for operation in schema.get_all_operations()
        if (operation.ok().method.upper(), operation.ok().path) not in LEFT_OUT
    ]
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(cases))
    def one(case: schemathesis.Case) -> None:
        nonlocal sent
        sent += 1
        request = case.as_transport_kwargs(base_url="http://testserver")
        request["headers"] = {**dict(request.get("headers") or {}), **headers}
        request.pop("cookies", None)
        answer = client.request(**request)
        told = f"{case.method} {case.formatted_path}: {answer.status_code}"
        assert answer.status_code < 500, told
        assert "Traceback" not in answer.text, told

    one()
    return sent


def token_of(client: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" content="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def test_the_staff_app_never_breaks(desk: Desk, tmp_path: Path) -> None:
    app = create_staff_app(desk.ctx, SETTINGS, ReviewSettings(uploads=tmp_path))
    client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    form = {"name": "root", "password": PASSWORD, "csrf_token": token_of(client, "/login")}
    assert client.post("/login", data=form).status_code == 303
    description = client.get("/api/openapi.json").json()
    assert len(description["paths"]) > 30
    headers = {"X-CSRF-Token": token_of(client, "/password"), "Accept": "application/json"}
    assert hammer(client, description, headers) >= EXAMPLES // 2
    assert client.get("/dashboard").status_code == 200, "still logged in, still well"


def test_the_public_app_never_breaks(desk: Desk) -> None:
    most = 1_000_000
    app = create_public_app(
        desk.ctx, SETTINGS, PublicSettings(photos=most, wrong_accounts=most, lookups=most)
    )
    client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    token = token_of(client, "/")
    description = client.get("/api/openapi.json").json()
    assert hammer(client, description, {"X-CSRF-Token": token}) >= EXAMPLES // 2
    assert client.get("/").status_code == 200
