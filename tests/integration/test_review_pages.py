"""The staff app over HTTP: log-in, roles, CSRF, headers, failures. No browser."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from intake.app import create_public_app
from review_ui.app import create_staff_app
from services import review
from services.context import Context
from tests.integration.review_desk import PASSWORD, Desk, Slip, open_desk, serving
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all tests here; each takes care of its own slip."""
    desk = open_desk(tmp_path_factory.mktemp("desk"))
    for role in ("reviewer", "supervisor", "admin", "billing", "station", "desk"):
        desk.user(role, role)
    desk.bring(*(Slip(f"12100000000{n}", doubtful={"account": [1]}) for n in range(1, 4)))
    yield desk
    desk.ctx.close()


@pytest.fixture
def app(shared: Desk) -> FastAPI:
    return create_staff_app(shared.ctx, SETTINGS)


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with visiting(app) as opened:
        yield opened


@contextmanager
def visiting(app: FastAPI, **options: object) -> Iterator[httpx.Client]:
    """A visitor with cookies of their own, over a real connection."""
    with serving(app) as base, httpx.Client(base_url=base, trust_env=False, **options) as opened:
        yield opened


def token_of(client: httpx.Client, path: str = "/login") -> str:
    page = client.get(path)
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
def log_in(client: httpx.Client) -> Callable[..., str]:
    """Logs in as a role; gives the session's CSRF token."""

    def log_in(role: str = "reviewer") -> str:
        form = {"name": role, "password": PASSWORD, "csrf_token": token_of(client)}
        answer = client.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        return token_of(client, "/dashboard")

    return log_in


def test_a_post_without_its_token_changes_nothing(
    shared: Desk, app: FastAPI, client: httpx.Client, log_in: Callable[..., str]
) -> None:
    token = log_in()
    sheet_id = review.claim_next(shared.ctx, "reviewer").sheet_id
    path, body = f"/review/{sheet_id}/reject", {"reason": "illegible"}
    with visiting(app) as stranger:
        strange = token_of(stranger)
    for headers in (
        {},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": strange},
        {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "ы".encode()},
    ):
        answer = client.post(path, json=body, headers={**JSON, **headers})
        assert answer.status_code == 403, headers
        assert answer.json()["error"] == "csrf"
    assert review.claim(shared.ctx, "reviewer", sheet_id).state == "review"
    assert client.post(path, json=body, headers={**JSON, "X-CSRF-Token": token}).status_code == 200
    assert client.post(path, json=body, headers={**JSON, "X-CSRF-Token": token}).status_code == 409


def test_every_answer_carries_the_headers(
    app: FastAPI, client: httpx.Client, log_in: Callable[..., str]
) -> None:
    def check(answer: object, store: str = "no-store") -> None:
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == store
        assert "server" not in headers

    for path in ("/login", "/nowhere", "/healthz", "/review"):
        check(client.get(path))
    check(client.post("/login", content=b"x" * 300_000))
    check(client.get("/static/web/meterdrop.css"), "no-cache")
    log_in()
    for path in ("/review/2", "/review/2/picture", "/dashboard"):
        check(client.get(path))
    app.state.pages = None  # any programming error
    check(client.get("/dashboard", headers=JSON))


def test_pages_have_nothing_inline(client: httpx.Client, log_in: Callable[..., str]) -> None:
    log_in()
    for path in ("/login", "/dashboard", "/review/2", "/nowhere"):
        text = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script, script
        assert not re.search(r'(src|href)="(https?:)?//', text), path


def test_failures_are_pages_without_tracebacks(
    shared: Desk, client: httpx.Client, log_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = log_in()
    assert "Такой страницы нет" in client.get("/nowhere").text
    assert client.get("/review/999999").status_code == 404
    assert client.get("/review/999999/picture").status_code == 404
    assert client.get("/review/9" + "9" * 30).status_code == 422
    assert client.post("/review/1").status_code in (403, 405)
    headers = {"X-CSRF-Token": token, **JSON}
    for body in (
        b"{",
        b"[]",
        b'{"values": {"account": 12}}',
        b'{"values": {}, "more": 1}',
        b'{"values": {"account": "' + b"1" * 300 + b'"}}',
        '{"values": {"account": "\ud800"}}'.encode("utf-8", "surrogatepass"),
    ):
        answer = client.post("/review/2/preview", content=body, headers=headers)
        assert answer.status_code == 422, (body, answer.text)
    assert client.post("/review/2/reject", json={"reason": "delivered"}, headers=headers).status_code == 422
    assert (
        client.post("/review/2/reject", json={"reason": "corrupt_file"}, headers=headers).status_code == 422
    )

    def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(review, "claim_next", broken)
    answer = client.get("/review")
    assert answer.status_code == 500
    assert "Что-то сломалось на нашей стороне" in answer.text
    assert "secret detail" not in answer.text and "Traceback" not in answer.text
    client.cookies.set("meterdrop-language", "en")
    assert "Something went wrong on our side" in client.get("/review").text


def test_a_log_in_takes_a_new_session_and_a_log_out_ends_it(
    shared: Desk, client: httpx.Client, log_in: Callable[..., str]
) -> None:
    token_of(client)
    before = client.cookies["meterdrop"]
    token = log_in()
    inside = client.cookies["meterdrop"]
    assert inside != before
    assert client.post("/logout", data={"csrf_token": token}).status_code == 303
    client.cookies.clear()
    client.cookies.set("meterdrop", inside)
    assert client.get("/dashboard").status_code == 303, "the old cookie must be worth nothing"
    client.cookies.set("meterdrop", inside[:-2] + "xx")
    assert client.get("/dashboard").status_code == 303


def test_sessions_end_when_idle_and_when_old(
    shared: Desk, client: httpx.Client, log_in: Callable[..., str]
) -> None:
    log_in()
    shared.clock.forward(3600 - 5)
    assert client.get("/dashboard").status_code == 200
    shared.clock.forward(3600 - 5)
    assert client.get("/dashboard").status_code == 200, "a session in use goes on"
    shared.clock.forward(3600 + 5)
    assert client.get("/dashboard").status_code == 303
    log_in()
    for _ in range(12):
        last = client.get("/dashboard").status_code
        shared.clock.forward(timedelta(minutes=59).total_seconds())
    assert last == 200
    shared.clock.forward(600)
    assert client.get("/dashboard").status_code == 303, "twelve hours are the longest"


def test_guessing_passwords_has_to_wait(shared: Desk, client: httpx.Client) -> None:
    def attempt(password: str, name: str = "reviewer") -> int:
        form = {"name": name, "password": password, "csrf_token": token_of(client)}
        return client.post("/login", data=form).status_code

    assert [attempt("wrong") for _ in range(5)] == [401] * 5
    form = {"name": "reviewer", "password": PASSWORD, "csrf_token": token_of(client)}
    answer = client.post("/login", data=form)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 300
    assert "подождите 300 секунд." in answer.text
    assert attempt(PASSWORD, "supervisor") == 303, "others may go on"
    client.cookies.clear()
    shared.clock.forward(301)
    assert attempt(PASSWORD) == 303


def test_cookies_are_for_this_site_and_tls_alone(shared: Desk) -> None:
    app = create_staff_app(shared.ctx, dataclasses.replace(SETTINGS, behind_tls=True))
    with visiting(app) as client:
        answer = client.get("/login")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-meterdrop=")
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_nobody_is_sent_to_another_site(client: httpx.Client) -> None:
    for target in (
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:x",
        "/\t/e.example",
    ):
        assert client.get("/language/en", params={"to": target}).headers["Location"] == "/"
        form = {"name": "supervisor", "password": PASSWORD, "csrf_token": token_of(client), "to": target}
        assert client.post("/login", data=form).headers["Location"] == "/"
        client.cookies.clear()
    assert client.get("/language/en", params={"to": "/dashboard"}).headers["Location"] == "/dashboard"


def test_health_says_nothing_but_whether_it_works(shared: Desk, client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"ok": True}
    broken = create_staff_app(shared.ctx, SETTINGS, works=lambda: 1 // 0 == 0)
    with visiting(broken) as other:
        answer = other.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})


def test_a_slip_whose_original_is_gone_can_still_be_judged(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    desk.user("reviewer")
    desk.bring(Slip(doubtful={"account": [1]}))
    with desk.ctx.records.read() as tx:
        key = tx.sheets.get([1])[0].sha256
    desk.ctx.objects.delete(key)
    with visiting(create_staff_app(desk.ctx, SETTINGS)) as client:
        form = {"name": "reviewer", "password": PASSWORD, "csrf_token": token_of(client)}
        page = client.post("/login", data=form, follow_redirects=True)
        assert "Оригинал показать нельзя" in page.text
        token = token_of(client, "/dashboard")
        answer = client.post("/review/1/reject", json={"reason": "rescan"}, headers={"X-CSRF-Token": token})
        assert answer.json() == {"outcome": "rejected"}
    desk.ctx.close()


def test_the_public_app_has_nothing_of_the_staff_pages(shared: Desk) -> None:
    ctx: Context = shared.ctx
    app = create_public_app(ctx, SETTINGS)
    with visiting(app) as client:
        page = client.get("/")
        assert "Передать показание счётчика" in page.text
        assert client.get("/healthz").json() == {"ok": True}
        for path in ("/login", "/review", "/dashboard", "/review/1/picture", "/static/review_ui/review.js"):
            assert client.get(path).status_code == 404, path
