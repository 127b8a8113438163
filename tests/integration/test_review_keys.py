"""Review, grid and second reading by keys alone, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from domain.reasons import Reason
from review_ui.app import create_staff_app
from services import asking, blind, review, status
from services.verify import verify
from tests.integration.review_desk import PASSWORD, Desk, Slip, open_desk, serving
from web.settings import WebSettings

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=30_000)  # a laden machine is slow, not wrong

SECRET = WebSettings("for tests only, for tests only, for tests only")
STAFF = {"anna": "reviewer", "vera": "supervisor", "gleb": "supervisor"}

#: Where the reader doubts and is right all the same, with how often ENTER is pressed.
CLEAN = (
    ({"account": [7]}, 1),
    ({"account": [1], "reading": [2]}, 2),
    ({"account": [3, 5], "reading": [0], "date": [1]}, 2),
    ({"date": [6]}, 1),
)
#: Without the picture.
MOST_BYTES = 150_000


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def make(**options: object) -> Desk:
        desk = open_desk(tmp_path, **options)
        for name, role in STAFF.items():
            desk.user(name, role)
        opened.append(desk)
        return desk

    yield make
    for desk in opened:
        desk.ctx.close()


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


@pytest.fixture
def page(chromium_page: Page) -> Page:
    chromium_page.set_viewport_size({"width": 1366, "height": 768})
    return chromium_page


@pytest.fixture
def at(browser_context: BrowserContext) -> Iterator[Callable[..., str]]:
    """Serves a desk and logs somebody in at a path; gives the pages' address."""
    bases: dict[int, str] = {}
    servers = []

    def at(desk: Desk, page: Page, path: str, name: str = "anna") -> str:
        if id(desk) not in bases:
            server = serving(create_staff_app(desk.ctx, SECRET))
            bases[id(desk)] = server.__enter__()
            servers.append(server)
        base = bases[id(desk)]
        page.goto(f"{base}/login?to={path}")
        page.get_by_label("Имя").fill(name)
        page.get_by_label("Пароль").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return base

    yield at
    for server in servers:
        server.__exit__(None, None, None)


def in_hand(page: Page) -> Locator:
    return page.locator(".sheet:not([hidden])")


def shown(page: Page, sheet_id: int) -> None:
    expect(page.locator(f'.sheet[data-sheet="{sheet_id}"]:not([hidden])')).to_be_visible()


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready]")


def states(desk: Desk) -> dict[str, int]:
    return {state: number for state, number in status.status(desk.ctx).by_state.items() if number}


def test_fifty_slips_take_two_keys_each_at_most(
    make_desk: Callable[..., Desk], page: Page, at: Callable[..., str]
) -> None:
    desk = make_desk(accounts=50)
    slips = [Slip(f"{121_000_000_000 + n}", doubtful=CLEAN[n % 4][0]) for n in range(1, 51)]
    desk.bring(*slips, drawn=2)
    at(desk, page, "/review")
    ready(page)
    for number in range(1, 51):
        shown(page, number)
        for _ in range(CLEAN[number % 4][1]):
            page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert states(desk) == {"accepted": 50}
    with desk.ctx.records.read() as tx:
        judged = [tx.audits.of_sheet(number)[-1] for number in range(1, 51)]
    assert {row.who for row in judged} == {"anna"}
    keys = [(row.details or {})["effort"]["keys"] for row in judged]
    assert keys == [CLEAN[number % 4][1] for number in range(1, 51)]
    assert max(keys) <= 2
    assert verify(desk.ctx).ok


def test_the_last_verdicts_are_taken_back(desk: Desk, page: Page, at: Callable[..., str]) -> None:
    desk.bring(*(Slip(f"12100000000{n}", doubtful={"account": [7]}) for n in (1, 2)))
    at(desk, page, "/review")
    ready(page)
    page.keyboard.press("Enter")
    shown(page, 2)
    page.keyboard.press("Control+z")
    page.wait_for_url("**/review/1")
    ready(page)
    shown(page, 1)
    expect(in_hand(page).locator(".why li")).to_have_text("Лицевой счёт написан неразборчиво.")
    assert states(desk) == {"review": 2}
    page.keyboard.press("F8")
    shown(page, 2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    expect(page.get_by_role("button", name="Отменить последнее решение")).to_be_visible()
    for number, expected in ((2, {"review": 1, "rejected": 1}), (1, {"review": 2})):
        page.keyboard.press("z")
        page.wait_for_url(f"**/review/{number}")
        ready(page)
        assert states(desk) == expected
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_have_text("Отменять нечего")


def test_a_question_reaches_the_supervisor(desk: Desk, page: Page, at: Callable[..., str]) -> None:
    desk.bring(*(Slip(f"12100000000{n}", doubtful={"account": [7]}) for n in (1, 2)))
    base = at(desk, page, "/review")
    ready(page)
    page.keyboard.press("F2")
    expect(page.get_by_role("dialog", name="Спросить старшего")).to_be_visible()
    page.keyboard.type("Rjtq z? 77")
    page.keyboard.press("Enter")
    shown(page, 2)
    assert asking.waiting(desk.ctx) == 1
    page.goto(f"{base}/review/1")
    expect(page.get_by_role("heading", name="Бланк занят")).to_be_visible()
    page.get_by_role("button", name="Выйти").click()
    at(desk, page, "/review", "vera")
    ready(page)
    shown(page, 1)
    expect(in_hand(page).locator(".question")).to_have_text("anna спрашивает: Rjtq z? 77")


def test_a_habit_is_told_with_its_field(desk: Desk, page: Page, at: Callable[..., str]) -> None:
    desk.bring(Slip(habits={"reading": (Reason.TWO_DIGITS_IN_CELL,)}))
    at(desk, page, "/review")
    ready(page)
    expect(in_hand(page).locator(".why li")).to_have_text("Показание: в одной клетке две цифры.")
    expect(in_hand(page).get_by_label("Показание", exact=True)).to_be_focused()


def test_wrong_digits_are_picked_out_by_arrows(desk: Desk, page: Page, at: Callable[..., str]) -> None:
    desk.bring(*(Slip(f"12100000000{n}", reading="05477") for n in (3, 4, 5)))
    assert states(desk) == {"accepted": 3}
    at(desk, page, "/grid?glyph=7")
    ready(page)
    glyphs = page.locator(".glyph:visible")
    expect(glyphs).to_have_count(6)
    picture = glyphs.first.locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("img => img.naturalHeight * img.clientHeight / img.naturalHeight") >= 80
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(page.locator('.glyph[aria-pressed="true"]')).to_have_count(1)
    expect(page.locator("#picked")).to_have_text("1")
    expect(page.locator("#where")).to_contain_text("Показание · бланк 1, клетка 5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Все цифры 7 сверены")).to_be_visible()
    assert states(desk) == {"accepted": 2, "review": 1}
    at_review = review.claim_next(desk.ctx, "gleb")
    assert at_review is not None and at_review.reasons == (Reason.PICKED_OUT,)
    ready(page)
    page.keyboard.press("5")
    page.wait_for_url("**glyph=5")


def test_a_second_reading_is_blind_and_a_third_decides(
    make_desk: Callable[..., Desk], page: Page, at: Callable[..., str]
) -> None:
    desk = make_desk(audit_share=1.0)
    desk.bring(*(Slip(f"12100000000{n}", reading="05600") for n in (1, 2)))
    assert blind.waiting(desk.ctx) == (2, 0)
    base = at(desk, page, "/second")
    ready(page)
    text = page.content()
    assert "121000000001" not in text and "05600" not in text
    assert in_hand(page).locator(".slot text").count() > 30
    assert set(in_hand(page).locator(".slot text").all_text_contents()) == {""}
    page.keyboard.type("12100000000105600")
    expect(in_hand(page).locator(".register")).to_contain_text("Иванова")
    expect(in_hand(page).locator(".register")).not_to_contain_text("05400")
    page.keyboard.press("Enter")
    expect(in_hand(page).get_by_label("Дата показания")).to_be_focused()
    page.keyboard.type("24112026")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/second/2")
    expect(page.locator("#toast")).to_have_text("Записано")  # whether it agrees is not told
    page.keyboard.type("12100000000205100")
    page.keyboard.press("Enter")
    page.keyboard.type("24112026")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Второе чтение не требуется")).to_be_visible()
    assert blind.waiting(desk.ctx) == (0, 1)
    assert page.request.get(f"{base}/second/2/picture").status == 409
    page.get_by_role("button", name="Выйти").click()
    at(desk, page, "/second", "vera")
    ready(page)
    expect(in_hand(page).locator(".differs th")).to_have_text("Показание")
    texts = in_hand(page).locator(".differs td").all_text_contents()
    assert sorted(texts) == ["5100", "5600"]
    page.keyboard.press(f"Alt+{texts.index('5600') + 1}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Второе чтение не требуется")).to_be_visible()
    [count] = blind.counts(desk.ctx)
    assert (count.done, count.disputed, count.wrong) == (2, 0, 0)
    assert verify(desk.ctx).ok


def test_pages_are_accessible_and_light(
    make_desk: Callable[..., Desk], page: Page, at: Callable[..., str]
) -> None:
    desk = make_desk(audit_share=1.0)
    doubtful = Slip("121000000003", doubtful={"account": [7], "reading": [1]}, signed=False)
    desk.bring(Slip("121000000001"), Slip("121000000002"), doubtful)
    base = at(desk, page, "/dashboard")
    heard: list[Response] = []

    def listen(response: Response) -> None:
        heard.append(response)

    page.on("response", listen)
    for path in ("/review", "/grid?glyph=0", "/second", "/grid?glyph=9"):
        heard.clear()
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        kinds = {"document", "stylesheet", "script", "fetch"}
        sizes = [
            int(each.headers.get("content-length", 0))
            for each in heard
            if each.request.resource_type in kinds
        ]
        assert 5_000 < sum(sizes) < MOST_BYTES, path
        assert not violations(page), path
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()
        assert not violations(page), path
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/review", "/grid?glyph=0", "/second"):
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path
        assert not violations(page), path


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    return [f"{each['id']}: {json.dumps([node['html'][:120] for node in each['nodes']])}" for each in found]
