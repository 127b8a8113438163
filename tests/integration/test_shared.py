"""What holds in one process of the staff pages holds in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from review_ui.app import create_staff_app
from services import visits
from services.context import Context
from tests.integration.review_desk import PASSWORD, Desk, open_desk
from tests.paper import Clock
from web.limits import Limiter
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("anna")
    yield opened
    opened.ctx.close()


def browser(desk: Desk) -> TestClient:
    """A browser on a process of its own."""
    return TestClient(create_staff_app(desk.ctx, SETTINGS), follow_redirects=False)


def log_in(client: TestClient, password: str = PASSWORD) -> int:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/login").text)
    assert found
    data = {"csrf_token": found[1], "name": "anna", "password": password}
    return client.post("/login", data=data).status_code


def test_who_logged_out_is_out_everywhere(desk: Desk) -> None:
    one, other = browser(desk), browser(desk)
    assert log_in(one) == 303
    other.cookies = one.cookies.__class__(one.cookies)
    assert other.get("/password").status_code == 200
    token = re.search(r'name="csrf" content="([0-9a-f]{64})"', one.get("/password").text)
    assert token
    assert one.post("/logout", data={"csrf_token": token[1]}).status_code == 303
    assert other.get("/password").headers["Location"].startswith("/login")


def test_wrong_passwords_count_wherever_they_are_tried(desk: Desk) -> None:
    settings = replace(SETTINGS, login_failures=2)
    apps = [create_staff_app(desk.ctx, settings) for _ in range(3)]
    said = [log_in(TestClient(app, follow_redirects=False), "wrong password") for app in apps]
    assert said == [401, 401, 429]
    assert log_in(TestClient(apps[0], follow_redirects=False)) == 429
    desk.clock.forward(settings.login_window.total_seconds() + 1)
    assert log_in(TestClient(apps[0], follow_redirects=False)) == 303


def test_attempts_at_the_same_time_are_counted_one_by_one(ctx: Context) -> None:
    limiters = [
        Limiter(5, SETTINGS.login_window, ctx.clock, visits.SharedHits(ctx, "login name")) for _ in range(2)
    ]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda n: limiters[n % 2].take("anna"), range(24)))
    assert sorted(waits)[:6] == [0, 0, 0, 0, 0, max(waits)] and max(waits) > 0
    limiters[0].give_back("anna")
    assert limiters[1].take("anna") == 0
    limiters[0].forget("anna")
    assert limiters[1].wait("anna") == 0


def test_a_character_is_lent_to_one_person(ctx: Context, clock: Clock) -> None:
    places = [(sheet, "account", 0) for sheet in range(1, 40)]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda n: visits.lend(ctx, f"reviewer {n}", places), range(4)))
    assert sorted(place for mine in got for place in mine) == places, "each to somebody, none to two"
    first = next(n for n, mine in enumerate(got) if mine)
    assert visits.lend(ctx, f"reviewer {first}", places) == got[first], "one's own stay one's own"
    clock.forward(visits.LOOKED_AT.total_seconds() + 1)
    assert visits.lend(ctx, "somebody else", places) == set(places)


def test_the_newest_page_of_a_slip_is_known_everywhere(ctx: Context) -> None:
    old = visits.show(ctx, "review", "anna", 1)
    assert visits.is_shown_last(ctx, "review", "anna", 1, old)
    new = visits.show(ctx, "review", "anna", 1)
    assert not visits.is_shown_last(ctx, "review", "anna", 1, old)
    assert visits.is_shown_last(ctx, "review", "anna", 1, new)
    assert visits.is_shown_last(ctx, "second", "anna", 1, old), "another kind of page"
