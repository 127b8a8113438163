"""The review page as a reviewer uses it: a real Chromium, real services on SQLite, keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from domain.reasons import Reason
from review_ui.app import create_staff_app
from services import review, status
from tests.integration.review_desk import PASSWORD, Desk, Slip, open_desk, serving
from web.settings import WebSettings

pytestmark = pytest.mark.slow

expect.set_options(timeout=15_000)  # a laden machine is slow, not wrong

SECRET = WebSettings("for tests only, for tests only, for tests only")
DOUBTFUL = Slip(doubtful={"account": [7]})
THREE = [Slip(f"12100000000{n}", doubtful={"account": [7]}) for n in (1, 2, 3)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("anna")
    yield opened
    opened.ctx.close()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    with serving(create_staff_app(desk.ctx, SECRET)) as base:
        yield base


@pytest.fixture
def page(browser_context: BrowserContext, chromium_page: Page) -> Page:
    chromium_page.set_viewport_size({"width": 1366, "height": 768})
    return chromium_page


@pytest.fixture
def log_in(address: str) -> Callable[..., None]:
    def log_in(page: Page, name: str = "anna", to: str = "/review") -> None:
        page.goto(f"{address}/login?to={to}")
        page.get_by_label("Имя").fill(name)
        page.get_by_label("Пароль").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{to}*")

    return log_in


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready]")


def shown(page: Page, sheet_id: int) -> None:
    """The slip is before the reviewer."""
    expect(page.locator(f'.sheet[data-sheet="{sheet_id}"]:not([hidden])')).to_be_visible()


def in_hand(page: Page) -> Locator:
    """The slip before the reviewer, not the one fetched ahead."""
    return page.locator(".sheet:not([hidden])")


def fetched_ahead(page: Page, sheet_id: int) -> None:
    page.wait_for_selector(f'.sheet[data-sheet="{sheet_id}"]', state="attached")


def counts(desk: Desk) -> dict[str, int]:
    by_state = status.status(desk.ctx).by_state
    return {state: number for state, number in by_state.items() if number}


def readings(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.ctx.records.read() as tx:
        rows = [row for sheet_id in range(1, 10) for row in tx.readings.of_sheet(sheet_id)]
    return sorted((row.account, row.reading, row.accepted_by) for row in rows)


def test_log_in_says_the_same_for_a_wrong_name_and_a_wrong_password(
    desk: Desk, address: str, page: Page
) -> None:
    for name, password in (("anna", "wrong"), ("nobody", PASSWORD)):
        page.goto(f"{address}/")
        page.get_by_label("Имя").fill(name)
        page.get_by_label("Пароль").fill(password)
        page.get_by_role("button", name="Войти").click()
        expect(page.get_by_role("alert")).to_have_text("Неверное имя или пароль.")
        assert page.get_by_label("Имя").input_value() == name
    page.get_by_label("Имя").fill("anna")
    page.get_by_label("Пароль").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("heading", name="Войти")).to_be_visible()


def test_enter_accepts_and_the_next_slip_is_there_at_once(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(DOUBTFUL, Slip("121000000002", doubtful={"account": [3], "reading": [2]}))
    log_in(page)
    ready(page)
    shown(page, 1)
    expect(in_hand(page).locator(".why li")).to_have_text("Лицевой счёт написан неразборчиво.")
    expect(in_hand(page).locator('[data-field="account"] .slot.weak')).to_have_count(1)
    expect(in_hand(page).get_by_label("Лицевой счёт")).to_be_focused()
    expect(in_hand(page).locator('.box[data-box="account"]')).to_have_class("box doubtful now")
    expect(in_hand(page).locator('[data-part="gate"]')).to_have_text("Можно принять")
    fetched_ahead(page, 2)
    page.keyboard.press("Enter")
    shown(page, 2)
    assert page.url.endswith("/review/2")
    expect(in_hand(page).get_by_label("Лицевой счёт")).to_be_focused()
    page.keyboard.press("Enter")
    expect(in_hand(page).get_by_label("Показание", exact=True)).to_be_focused()
    assert counts(desk) == {"accepted": 1, "review": 1}, "the second doubtful field must be seen first"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert counts(desk) == {"accepted": 2}
    assert readings(desk) == [("121000000001", "05600", "anna"), ("121000000002", "05600", "anna")]


def test_a_doubtful_digit_is_written_over(desk: Desk, page: Page, log_in: Callable[..., None]) -> None:
    slip = Slip("121000000005", doubtful={"account": [11], "reading": [3]})
    desk.bring(Slip(**{**vars(slip), "misread": {"account": "121000000099", "reading": "05680"}}))
    log_in(page)
    ready(page)
    expect(in_hand(page).locator(".register")).to_contain_text("Такого лицевого счёта нет")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("05")
    expect(in_hand(page).locator(".register")).to_contain_text("Иванова")
    expect(in_hand(page).locator(".usage")).to_contain_text("расход 280 кВт·ч")
    page.keyboard.press("Enter")
    page.keyboard.type("0")
    expect(in_hand(page).locator(".usage")).to_contain_text("расход 200 кВт·ч")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert readings(desk) == [("121000000005", "05600", "anna")]


def test_the_gate_refuses_an_unknown_account_and_says_so(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(Slip("121000000077"))
    log_in(page)
    ready(page)
    gate = in_hand(page).locator('[data-part="gate"]')
    expect(gate).to_contain_text("Такого лицевого счёта нет в реестре.")
    page.keyboard.press("Enter")
    expect(in_hand(page).get_by_label("Лицевой счёт")).to_be_focused()
    expect(gate).to_contain_text("Исправьте или отклоните бланк.")
    assert counts(desk) == {"review": 1}
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("08")
    expect(gate).to_have_text("Можно принять")


def test_a_high_reading_is_accepted_by_the_second_enter_only(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(Slip(reading="19600"))
    log_in(page)
    ready(page)
    gate = in_hand(page).locator('[data-part="gate"]')
    expect(gate).to_contain_text("Расход неправдоподобно велик. Enter дважды — принять всё равно.")
    page.keyboard.press("Enter")
    expect(gate).to_have_class("gate armed")
    page.keyboard.type("1")  # anything typed takes the confirmation back
    expect(gate).to_have_class("gate")
    assert counts(desk) == {"review": 1}
    page.keyboard.press("Enter")
    expect(gate).to_have_class("gate armed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert readings(desk) == [("121000000001", "19600", "anna")]


def test_a_slip_is_rejected_by_the_number_of_a_reason(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(Slip(reading="05300"), Slip("121000000002", doubtful={"account": [7]}))
    log_in(page)
    ready(page)
    answers: list[int] = []
    page.on("response", lambda response: answers.append(response.status))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Почему отклонить бланк?")).to_be_visible()
    expect(page.locator(".choices .likely")).to_contain_text("Показание меньше последнего фактического.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert counts(desk) == {"review": 2}
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    shown(page, 2)
    page.wait_for_timeout(200)  # the digit must not be typed into a field and previewed after the verdict
    assert in_hand(page).locator(".slot.changed").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert max(answers) < 400
    assert counts(desk) == {"rejected": 2}
    assert set(status.status(desk.ctx).by_reason) == {Reason.LOWER_THAN_LAST, Reason.RESCAN}


def test_two_reviewers_never_see_the_same_slip(
    desk: Desk, address: str, page: Page, log_in: Callable[..., None], browser_context: BrowserContext
) -> None:
    desk.bring(*THREE)
    log_in(page)
    ready(page)
    fetched_ahead(page, 2)
    assert review.claim_next(desk.ctx, "boris").sheet_id == 3
    desk.user("boris")
    other = browser_context.browser.new_context(locale="ru-RU").new_page()
    log_in(other, "boris")
    ready(other)
    assert other.url.endswith("/review/3")
    other.goto(f"{address}/review/1")
    expect(other.get_by_role("heading", name="Бланк занят")).to_be_visible()
    other.context.close()


def test_a_lost_lease_is_told_and_overwrites_nothing(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(DOUBTFUL)
    log_in(page)
    ready(page)
    desk.clock.forward(301)
    sheet = review.claim_next(desk.ctx, "boris")
    values = {each.name: each.value for each in sheet.fields} | {"reading": "05610"}
    assert review.accept(desk.ctx, "boris", sheet.sheet_id, values).outcome == "accepted"
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Этот бланк больше не ваш")
    expect(dialog).to_contain_text("ничего не перезаписано")
    assert readings(desk) == [("121000000001", "05610", "boris")]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()


def test_a_slip_is_held_while_somebody_is_at_the_page(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(DOUBTFUL)
    page.clock.install()
    log_in(page)
    ready(page)
    for _ in range(3):
        desk.clock.forward(200)
        page.keyboard.press("ArrowLeft")
        with page.expect_response("**/review/1/renew") as renewed:
            page.clock.run_for(75_000)
        assert renewed.value.ok
        assert review.claim_next(desk.ctx, "boris") is None
    renewals: list[int] = []
    page.on("response", lambda response: renewals.append(response.status))
    page.clock.run_for(240_000)  # nobody touches anything: the last renewals, then none any more
    page.wait_for_timeout(1000)
    before = len(renewals)
    page.clock.run_for(150_000)
    page.wait_for_timeout(300)
    assert len(renewals) == before
    desk.clock.forward(301)
    assert review.claim_next(desk.ctx, "boris").sheet_id == 1
    page.keyboard.press("ArrowLeft")
    page.clock.run_for(75_000)
    expect(page.get_by_role("dialog", name="Этот бланк больше не ваш")).to_be_visible()


def test_leaving_puts_the_slips_back_and_reloading_keeps_them(
    desk: Desk, address: str, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(*THREE[:2])
    log_in(page)
    ready(page)
    fetched_ahead(page, 2)
    page.reload()
    ready(page)
    fetched_ahead(page, 2)
    page.wait_for_load_state("networkidle")
    assert review.claim_next(desk.ctx, "boris") is None
    page.goto(f"{address}/dashboard")
    expect(page.locator('[data-state="review"] dd')).to_have_text("2")
    until = time.monotonic() + 10
    taken: set[int] = set()
    while taken != {1, 2} and time.monotonic() < until:
        sheet = review.claim_next(desk.ctx, "boris", skip=taken)
        taken |= {sheet.sheet_id} if sheet else set()
        time.sleep(0.05)
    assert taken == {1, 2}


def test_names_from_the_register_are_text_and_nothing_else(
    tmp_path: Path, browser_context: BrowserContext, page: Page
) -> None:
    attack = "<img src=x onerror=\"document.title='pwned'\">"
    desk = open_desk(
        tmp_path, surname=attack, address=f"</script><script>document.title='pwned'</script>{attack}"
    )
    desk.user("anna")
    desk.bring(DOUBTFUL)
    with serving(create_staff_app(desk.ctx, SECRET)) as base:
        page.goto(f"{base}/login?to=/review")
        page.get_by_label("Имя").fill("anna")
        page.get_by_label("Пароль").fill(PASSWORD)
        page.keyboard.press("Enter")
        ready(page)
        page.keyboard.type("0")  # the preview brings the register's text once more, through the script
        page.wait_for_load_state("networkidle")
        expect(in_hand(page).locator(".register b")).to_have_text(attack)
        assert in_hand(page).locator(".register img").count() == 0
        assert "pwned" not in page.title()
        page.locator("#desk").evaluate(
            "desk => desk.insertAdjacentHTML('beforeend', '<img src=x onerror=boom()>')"
        )
        assert "pwned" not in page.title()
    desk.ctx.close()


def test_a_page_without_a_known_form_is_keyed_in(desk: Desk, page: Page, log_in: Callable[..., None]) -> None:
    desk.bring(Slip(registered=False))
    log_in(page)
    ready(page)
    expect(in_hand(page).locator(".why li")).to_have_text("Бланк на странице не найден.")
    assert in_hand(page).locator(".box").count() == 0
    page.keyboard.type("121000000004")
    expect(in_hand(page).locator(".register")).to_contain_text("Иванова")
    in_hand(page).get_by_label("Показание", exact=True).focus()
    page.keyboard.type("5650")
    in_hand(page).get_by_label("Дата показания").focus()
    page.keyboard.type("24112026")
    in_hand(page).get_by_label("Адрес указан").check()
    in_hand(page).get_by_label("Подпись есть").check()
    expect(in_hand(page).locator('[data-part="gate"]')).to_have_text("Можно принять")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Всё проверено")).to_be_visible()
    assert readings(desk) == [("121000000004", "05650", "anna")]


def test_every_control_has_a_name_and_is_reached_by_keys(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(DOUBTFUL)
    log_in(page)
    ready(page)
    controls = page.locator("a:visible, button:visible, input:visible, summary:visible")
    wanted = controls.count()
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => {
                const all = [...document.querySelectorAll('a, button, input, summary')];
                return all.filter(e => e.checkVisibility()).indexOf(document.activeElement);
            }""")
        )
    reached.discard(-1)
    assert len(reached) == wanted
    for line in page.locator("body").aria_snapshot().splitlines():
        control = line.strip().removeprefix("- ")
        if control.split(" ")[0].rstrip(":") in {"button", "link", "textbox", "checkbox", "img"}:
            assert '"' in control, f"no accessible name: {line}"


def test_keys_for_the_picture_and_their_list(desk: Desk, page: Page, log_in: Callable[..., None]) -> None:
    desk.bring(DOUBTFUL)
    log_in(page)
    ready(page)
    whole = in_hand(page).locator(".whole")
    before = whole.get_attribute("viewBox").split()
    page.keyboard.press("+")
    width = float(whole.get_attribute("viewBox").split()[2])
    assert width == pytest.approx(float(before[2]) / 1.5)
    page.keyboard.press("-")
    assert [float(n) for n in whole.get_attribute("viewBox").split()] == [float(n) for n in before]
    page.keyboard.press("r")
    assert [float(n) for n in whole.get_attribute("viewBox").split()][2:] == [
        float(before[3]),
        float(before[2]),
    ]
    # The key C under the Russian layout types С.
    page.evaluate("""() => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', {key: 'с', code: 'KeyC', bubbles: true, cancelable: true}))""")
    expect(page.get_by_role("button", name="Контраст")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Клавиши")
    for key in ("Enter", "Esc", "Tab", "+", "R", "C", "?"):
        expect(listed.locator("kbd", has_text=key).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    assert counts(desk) == {"review": 1}


def test_an_ordinary_slip_fits_the_screen_and_its_digits_are_large(
    desk: Desk, page: Page, log_in: Callable[..., None]
) -> None:
    desk.bring(Slip(day=date(2026, 11, 23), doubtful={"account": [7], "reading": [1]}))
    log_in(page)
    ready(page)
    for width, height in ((1366, 768), (1366, 657)):
        page.set_viewport_size({"width": width, "height": height})
        scrolls = page.evaluate("""() => [document.documentElement, document.querySelector('.values')]
            .map(e => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth])""")
        assert scrolls == [[0, 0], [0, 0]], f"scrolls at {width}×{height}"
    crop = in_hand(page).locator('[data-field="reading"] .crop').bounding_box()
    assert crop["height"] >= 55, "a cell of 10 mm has digits of about 7 mm: 40 px of 55"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


def test_english_is_the_second_language(desk: Desk, page: Page, log_in: Callable[..., None]) -> None:
    desk.bring(DOUBTFUL)
    log_in(page)
    ready(page)
    page.get_by_role("link", name="English").click()
    ready(page)
    assert page.locator("html").get_attribute("lang") == "en"
    expect(in_hand(page).get_by_label("Account")).to_be_focused()
    expect(in_hand(page).locator(".why li")).to_have_text("The account is not clear.")
    expect(in_hand(page).locator(".why .origin")).to_contain_text("24 November 2026")
