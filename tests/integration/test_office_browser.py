"""The customer's page on a telephone, the station's and the office's pages, in a real Chromium, with axe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from intake.app import create_public_app
from ocr.meters.results import DisplayReading, MeterReading
from ocr.results import Character
from review_ui.app import create_staff_app
from review_ui.settings import ReviewSettings
from services import review, station, status
from services.photos import PHOTOS
from simulate import files
from tests.integration.review_desk import DPI, PASSWORD, Desk, Slip, open_desk, scan_of, serving
from tests.meter_photo import jpeg_of, meter_photo
from web.settings import WebSettings

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=15_000)  # a laden machine is slow, not wrong

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
#: The narrowest telephone, and a desk.
WIDTHS = (320, 1366)


def meters(picture: object, digits: int | None, decimals: int | None) -> MeterReading:
    quad = ((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0))
    characters = tuple(Character(digit, 0.999) for digit in "05630")
    return MeterReading("read", (DisplayReading("05630", "4", 0.999, "drum", quad, characters),), model="m@1")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("office"))
    forms = {**opened.ctx.templates, **{form.key: form for form in PHOTOS}}
    desk = dataclasses.replace(opened, ctx=dataclasses.replace(opened.ctx, templates=forms))
    for name, role in (
        ("anna", "reviewer"),
        ("olga", "supervisor"),
        ("root", "admin"),
        ("box", "station"),
        ("desk", "desk"),
    ):
        desk.user(name, role)
    desk.bring(Slip(), Slip("121000000002", doubtful={"account": [1]}))
    sheet = review.claim_next(desk.ctx, "anna")
    assert sheet is not None
    review.accept(desk.ctx, "anna", sheet.sheet_id, {field.name: field.value for field in sheet.fields})
    yield desk
    opened.ctx.close()


@pytest.fixture(scope="module")
def public(desk: Desk) -> Iterator[str]:
    with serving(create_public_app(desk.ctx, SETTINGS, photo_reader=meters)) as base:
        yield base


@pytest.fixture(scope="module")
def staff(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = ReviewSettings(uploads=tmp_path_factory.mktemp("uploads"))
    with serving(create_staff_app(desk.ctx, SETTINGS, settings)) as base:
        yield base


@pytest.fixture
def phone(chromium_page: Page) -> Page:
    chromium_page.set_viewport_size({"width": 360, "height": 740})
    return chromium_page


@pytest.fixture
def log_in(staff: str) -> Callable[[Page, str, str], None]:
    def log_in(page: Page, name: str, to: str) -> None:
        page.goto(f"{staff}/login?to={to}")
        page.get_by_label("Имя").fill(name)
        page.get_by_label("Пароль").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)

    return log_in


def sound(page: Page) -> None:
    """Nothing wider than the window, nothing that axe finds against WCAG 2.1 A and AA, at both widths."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width} px"
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        problems = [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found.response["violations"]]
        assert not problems, f"{page.url} at {width} px"


def test_a_customer_is_done_in_four_touches(desk: Desk, public: str, phone: Page, tmp_path: Path) -> None:
    path = tmp_path / "IMG_20261125.jpg"
    path.write_bytes(jpeg_of(meter_photo()))
    phone.goto(public)
    sound(phone)
    phone.get_by_label("Лицевой счёт").fill("1210 0000 0003")
    expect(phone.get_by_label("Лицевой счёт")).to_have_value("121000000003")
    phone.get_by_label("Сфотографировать счётчик").set_input_files(path)
    expect(phone.get_by_text("Снимок чёткий и светлый.")).to_be_visible()
    phone.get_by_role("button", name="Прочитать снимок").click()
    phone.wait_for_url("**/confirm/*")
    expect(phone.get_by_label("Прочитано на снимке")).to_have_value("05630")
    phone.wait_for_function("document.querySelector('.shot').naturalWidth > 0")
    sound(phone)
    phone.get_by_role("button", name="Верно, передать").click()
    phone.wait_for_url("**/status/*")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Показание получено")
    sound(phone)
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("The reading is received")
    with desk.ctx.records.read() as tx:
        assert tx.submissions.get(phone.url.rsplit("/", 1)[1].split("?")[0]).account == "121000000003"


@pytest.mark.parametrize(
    ("what", "said"),
    [("dark", "Снимок тёмный"), ("blurred", "Похоже, снимок размыт"), ("small", "очень маленький")],
)
def test_a_bad_photo_is_told_before_it_is_sent(
    public: str, phone: Page, tmp_path: Path, what: str, said: str
) -> None:
    picture = meter_photo()
    if what == "dark":
        picture = picture.point(lambda value: value // 6)
    elif what == "blurred":
        picture = picture.resize((45, 60)).resize(picture.size)
    else:
        picture = picture.resize((300, 400))
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_of(picture))
    phone.goto(public)
    phone.wait_for_selector("body[data-ready]")
    phone.get_by_label("Сфотографировать счётчик").set_input_files(path)
    expect(phone.get_by_text(said)).to_be_visible()


def test_a_wrong_account_keeps_the_photo(public: str, phone: Page, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_of(meter_photo()))
    phone.goto(public)
    phone.get_by_label("Лицевой счёт").fill("121000999999")
    phone.get_by_label("Сфотографировать счётчик").set_input_files(path)
    phone.get_by_role("button", name="Прочитать снимок").click()
    expect(phone.get_by_role("alert")).to_contain_text("Такого лицевого счёта нет")
    phone.get_by_label("Лицевой счёт").fill("121000000004")
    phone.get_by_role("button", name="Прочитать снимок").click()
    phone.wait_for_url("**/confirm/*")


def test_without_scripts_the_page_works_as_well(
    public: str, browser_context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_of(meter_photo()))
    assert browser_context.browser is not None
    plain = browser_context.browser.new_context(java_script_enabled=False, locale="ru-RU")
    page = plain.new_page()
    page.goto(public)
    page.get_by_label("Лицевой счёт").fill("121000000005")
    page.locator("#photo").set_input_files(path)
    page.get_by_role("button", name="Прочитать снимок").click()
    expect(page.get_by_label("Прочитано на снимке")).to_have_value("05630")
    plain.close()


def test_a_box_is_handed_in_and_watched(
    desk: Desk, staff: str, log_in: Callable[..., None], chromium_page: Page, tmp_path: Path
) -> None:
    page = chromium_page
    slips = (Slip("121000000006"), Slip("121000000007"))
    desk.reader.slips = slips
    scan = tmp_path / "box 17.pdf"
    scan.write_bytes(files.pdf([scan_of(slip, n) for n, slip in enumerate(slips, 1)], DPI))
    log_in(page, "box", "/station")
    sound(page)
    page.get_by_label("Ящик", exact=True).fill("17")
    page.get_by_label("Сосчитано").fill("3")
    page.get_by_label("Выбрать файлы").set_input_files(scan)
    page.wait_for_url("**/station/*")
    assert status.status(desk.ctx).by_state["pending"] == 1, "durable before the page says so"
    station.work(desk.ctx)
    expect(page.get_by_text("не хватает 1 бланка")).to_be_visible()
    expect(page.get_by_text("Сосчитано при выемке: 3, найдено: 2.")).to_be_visible()
    sound(page)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("olga", "/dashboard"),
        ("olga", "/audit"),
        ("root", "/users"),
        ("desk", "/desk?account=121000000001"),
        ("desk", "/password"),
        ("box", "/templates"),
    ],
)
def test_the_offices_pages_are_sound(
    log_in: Callable[..., None], chromium_page: Page, name: str, path: str
) -> None:
    sizes: list[int] = []
    chromium_page.on(
        "response",
        lambda answer: (
            sizes.append(int(answer.headers.get("content-length", 0)))
            if "/picture" not in answer.url
            else None
        ),
    )
    log_in(chromium_page, name, path)
    chromium_page.wait_for_load_state("networkidle")
    assert sum(sizes) < 150_000, "the page without its pictures"
    sound(chromium_page)


def test_the_desk_finds_an_account_and_takes_a_reading(
    log_in: Callable[..., None], chromium_page: Page
) -> None:
    page = chromium_page
    log_in(page, "desk", "/desk")
    page.get_by_label("Лицевой счёт или номер обращения").fill("121000000009")
    page.keyboard.press("Enter")
    expect(page.get_by_text("г. Красноярск, ул. Мира, д. 12, кв. 45")).to_be_visible()
    page.get_by_label("Показание", exact=True).fill("05399")
    page.get_by_role("button", name="Принять").click()
    expect(page.get_by_role("alert")).to_contain_text("меньше последнего")
    page.get_by_label("Показание", exact=True).fill("05500")
    page.get_by_role("button", name="Принять").click()
    expect(page.get_by_text("Показание принято.")).to_be_visible()
    expect(page.get_by_role("table").last).to_contain_text("05500")


def test_a_new_password_is_good_for_one_log_in(
    staff: str, log_in: Callable[..., None], chromium_page: Page
) -> None:
    page = chromium_page
    log_in(page, "root", "/users")
    page.get_by_label("Имя").fill("Новая Сотрудница")
    page.get_by_role("button", name="Добавить").click()
    password = page.locator(".told b").inner_text()
    page.get_by_role("button", name="Выйти").click()
    page.goto(f"{staff}/login")
    page.get_by_label("Имя").fill("Новая Сотрудница")
    page.get_by_label("Пароль").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/password")
    page.goto(f"{staff}/review")
    page.wait_for_url("**/password")
    page.get_by_label("Нынешний пароль").fill(password)
    page.get_by_label("Новый пароль").fill("a sentence of mine")
    page.get_by_label("Новый ещё раз").fill("a sentence of mine")
    page.get_by_role("button", name="Сменить пароль").click()
    page.wait_for_url("**/review**")
