"""Fuzz both OpenAPI descriptions with schemathesis: ``python -m benchmarks.fuzz_api [staff|public]``.

Generated requests go to the apps in this process, over real services on SQLite: the staff app as an
administrator, the public app and its API as visitors and with keys of a channel and of billing. A finding is
an answer of 500 or above, a traceback in an answer, or an exception that no handler caught; findings are told
apart by route and status, or by kind and place. Exit status 1: something was found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from intake.app import create_public_app
from intake.settings import PublicSettings
from review_ui.app import create_staff_app
from review_ui.settings import ReviewSettings
from services import api_keys
from tests.integration.review_desk import PASSWORD, SUPPLIER, Desk, Slip, open_desk
from web.settings import WebSettings

SETTINGS = WebSettings("for fuzzing only, for fuzzing only, for fuzzing")
#: Would end the fuzzing: the session, or the only administrator's password.
LEFT_OUT = {
    ("POST", "/logout"),
    ("POST", "/login"),
    ("POST", "/password"),
    ("POST", "/users/{name}/password"),
}
#: Requests between two looks at the clock.
ROUND = 40


@dataclass
class Sent:
    """What was sent and what came back; ``findings``: what went wrong → one request that did it."""

    requests: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visitor:
    """An app with its description, and whose requests it is sent: a set of headers each."""

    client: TestClient
    description: Mapping[str, Any]
    headers: Sequence[Mapping[str, str]]


def token_of(client: TestClient, path: str) -> str:
    """The CSRF token of a page's session."""
    found = re.search(r'name="csrf" content="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def staff(desk: Desk, uploads: Path) -> Visitor:
    """The staff app, visited by its administrator."""
    app = create_staff_app(desk.ctx, SETTINGS, ReviewSettings(uploads=uploads))
    client = TestClient(app, follow_redirects=False)
    form = {"name": "root", "password": PASSWORD, "csrf_token": token_of(client, "/login")}
    assert client.post("/login", data=form).status_code == 303
    headers = {"X-CSRF-Token": token_of(client, "/password"), "Accept": "application/json"}
    return Visitor(
        client, client.get("/api/openapi.json").json(), [headers, {**headers, "Accept": "text/html"}]
    )


def public(desk: Desk) -> Visitor:
    """The public app and its API: a visitor, a channel and billing."""
    most = 1_000_000
    app = create_public_app(
        desk.ctx, SETTINGS, PublicSettings(photos=most, wrong_accounts=most, lookups=most)
    )
    client = TestClient(app, follow_redirects=False)
    token = {"X-CSRF-Token": token_of(client, "/")}
    keys = [api_keys.issue(desk.ctx, f"fuzz {name}", SUPPLIER, name) for name in ("sms", "billing")]
    bearers = [{**token, "Authorization": f"Bearer {key}"} for key in keys]
    return Visitor(client, client.get("/api/openapi.json").json(), [*bearers, token])


def hammer(visitor: Visitor, examples: int, number: int, sent: Sent) -> None:
    """Send ``examples`` generated requests; the same ones for the same ``number``."""
    schema = schemathesis.openapi.from_dict(dict(visitor.description))
    cases = [
        operation.ok().as_strategy()
        for operation in schema.get_all_operations()
        if (operation.ok().method.upper(), operation.ok().path) not in LEFT_OUT
    ]

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(cases), st.sampled_from(range(len(visitor.headers))))
    def one(case: schemathesis.Case, who: int) -> None:
        _send(visitor, case, who, sent)

    one()


def _send(visitor: Visitor, case: schemathesis.Case, who: int, sent: Sent) -> None:
    request = case.as_transport_kwargs(base_url="http://testserver")
    request["headers"] = {**dict(request.get("headers") or {}), **visitor.headers[who]}
    request.pop("cookies", None)
    sent.requests += 1
    shown = repr({name: request.get(name) for name in ("method", "url", "params", "json", "data")})[:600]
    try:
        answer = visitor.client.request(**request)
    except Exception as error:
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        place = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else ""
        sent.findings.setdefault(f"{type(error).__name__} at {place}", shown)
        return
    sent.answers[answer.status_code] += 1
    if answer.status_code >= 500 or "Traceback" in answer.text:
        sent.findings.setdefault(f"{answer.status_code} of {case.method} {case.path}", shown)


def main() -> int:
    """Fuzz both apps, or one, a JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("apps", nargs="*", help="staff, public; default: both")
    parser.add_argument("--seconds", type=int, default=600, help="for each app")
    parser.add_argument("--seed", type=int, default=1)
    given_ = parser.parse_args()
    found = False
    for name in given_.apps or ("staff", "public"):
        with tempfile.TemporaryDirectory(prefix="meterdrop-fuzz-") as folder:
            desk = open_desk(Path(folder))
            desk.user("root", "admin")
            desk.bring(Slip(), *(Slip(f"12100000000{n}", doubtful={"account": [1]}) for n in range(2, 6)))
            visitor = staff(desk, Path(folder) / "uploads") if name == "staff" else public(desk)
            sent, until, number = Sent(), time.monotonic() + given_.seconds, given_.seed
            while time.monotonic() < until:
                hammer(visitor, ROUND, number, sent)
                number += 1
            desk.ctx.close()
        found = found or bool(sent.findings)
        answers = {str(status): n for status, n in sorted(sent.answers.items())}
        result = {"app": name, "seconds": given_.seconds, "requests": sent.requests, "answers": answers}
        print(json.dumps({**result, "findings": sent.findings}, ensure_ascii=False), flush=True)
    return int(found)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
