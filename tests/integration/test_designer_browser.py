"""A form is taught in Chromium, from a scan of the empty sheet to sheets that are read with it."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.layout import naming
from ocr.thresholds import load_thresholds
from review_ui.app import create_staff_app
from services import batch, designing, publishing
from services.context import Context
from services.draft import DraftField, DraftForm
from services.results import BatchOrder
from services.taught import LiveTemplates
from templates.loader import load_template
from tests import taught_form
from tests.integration.inline_reader import InlineReader
from tests.integration.review_desk import DAY, PASSWORD, SUPPLIER, open_desk, serving
from web.settings import WebSettings

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=60_000)  # a laden machine is slow, not wrong

SETTINGS = WebSettings("for tests only, for tests only, for tests only")


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    folder = tmp_path_factory.mktemp("designer")
    desk = open_desk(folder)
    desk.user("olga", "supervisor")
    taught = folder / "taught"
    opened = dataclasses.replace(
        desk.ctx,
        templates=LiveTemplates(desk.ctx.templates, desk.ctx.records, desk.ctx.objects, taught),
        reader=InlineReader(desk.ctx.objects, taught),
        thresholds=load_thresholds(),
    )
    with pytest.MonkeyPatch.context() as patch:
        # What Tesseract reads would name the fields by itself; here a person does.
        patch.setattr(naming, "read_words", lambda grey, dpi: [])
        yield opened
    opened.close()


@pytest.fixture(scope="module")
def staff(ctx: Context) -> Iterator[str]:
    with serving(create_staff_app(ctx, SETTINGS)) as base:
        yield base


@pytest.fixture
def page(staff: str, chromium_page: Page) -> Page:
    chromium_page.set_viewport_size({"width": 1366, "height": 900})
    # Drawing every shipped form in small takes seconds.
    chromium_page.route("**/templates/*/picture.png", lambda route: route.abort())
    chromium_page.goto(f"{staff}/login?to=/templates")
    chromium_page.get_by_label("Имя").fill("olga")
    chromium_page.get_by_label("Пароль").fill(PASSWORD)
    chromium_page.keyboard.press("Enter")
    chromium_page.wait_for_url(lambda url: "/login" not in url, wait_until="networkidle")
    return chromium_page


def sound(page: Page, *widths: int) -> None:
    """Nothing wider than the window, nothing that axe finds against WCAG 2.1 A and AA."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width} px"
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        problems = [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found.response["violations"]]
        assert not problems, f"{page.url} at {width} px"


def begin(page: Page, scan: bytes) -> None:
    page.get_by_label("Скан или PDF").set_input_files(
        {"name": "blank.png", "mimeType": "image/png", "buffer": scan}
    )
    page.get_by_role("button", name="Начать").click()
    page.wait_for_selector("body[data-ready]")


def place(page: Page, name: str) -> int:
    """Which of the places left is where the form's own field of that name is."""
    box = taught_form.form().field(name).box
    tops = page.locator(".p rect").evaluate_all(
        "all => all.map(r => [+r.getAttribute('x'), +r.getAttribute('y')])"
    )
    return next(n for n, (x, y) in enumerate(tops) if abs(x - box.x_mm) < 1 and abs(y - box.y_mm) < 1)


def say(page: Page, name: str) -> None:
    """What the field that was just taken is; the select has the focus by itself."""
    expect(page.locator("#what")).to_be_focused()
    page.locator("#what").select_option(name)


def kept(page: Page) -> None:
    expect(page.locator("#kept")).to_have_text("Сохранено")
    page.wait_for_selector("body[data-kept]")


def test_from_an_empty_form_to_sheets_read_with_it(page: Page, ctx: Context, tmp_path: Path) -> None:
    begin(page, taught_form.png(taught_form.blank()))
    assert page.locator(".p").count() == 9
    # Nobody is blamed for what there was no time to write.
    expect(page.locator("#verdict")).to_contain_text("account")
    expect(page.locator("#verdict")).not_to_contain_text("должно быть текстом")
    page.get_by_label("Как называется").fill("Бланк ящика")
    expect(page.get_by_label("Короткое имя")).to_have_value("blank-yaschika")
    # By mouse: a place that was found.
    page.locator(".p").nth(place(page, "account")).click()
    say(page, "account")
    # By keys: the next ones.
    for name in ("reading", "date", "signature"):
        page.locator(".p").nth(place(page, name)).focus()
        page.keyboard.press("Enter")
        say(page, name)
        if name != "reading":
            page.get_by_label("Обязательное").check()
    expect(page.locator("#kind")).to_have_value("signature")
    kept(page)
    # A field's name stands inside it: what the form says around it stays to be read.
    tags = page.locator(".f").evaluate_all(
        """all => all.map(f => ['.body', '.tab'].map(part => {
            const r = f.querySelector(part); if (!r) return null;
            const at = ['x', 'y', 'width', 'height'].map(a => +r.getAttribute(a));
            return [at[0], at[1], at[0] + at[2], at[1] + at[3]];
        }))"""
    )
    assert len(tags) == 4
    for body, tab in tags:
        assert tab is not None
        assert body[0] <= tab[0] and body[1] <= tab[1]
        assert tab[2] <= body[2] + 0.01 and tab[3] <= body[3] + 0.01
    expect(page.get_by_text("Ошибок нет.")).to_be_visible()

    # Moved, resized and removed by keys alone; the last step is taken back.
    page.locator(".f").nth(0).focus()
    left = float(page.locator("#x").input_value())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#x")).to_have_value(f"{left + 1:g}")
    page.keyboard.press("Control+z")
    expect(page.locator("#x")).to_have_value(f"{left:g}")
    page.get_by_role("button", name="Добавить поле").click()
    expect(page.locator(".f")).to_have_count(5)
    page.locator(".f.on").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".f")).to_have_count(4)

    # By mouse: drawn, moved.
    page.set_viewport_size({"width": 1366, "height": 1500})
    at = page.locator(".paper svg").bounding_box()
    assert at is not None
    scale = at["width"] / 148
    page.mouse.move(at["x"] + 100 * scale, at["y"] + 25 * scale)
    page.mouse.down()
    page.mouse.move(at["x"] + 135 * scale, at["y"] + 34 * scale, steps=4)
    page.mouse.up()
    page.locator("#what").select_option("")
    page.get_by_label("Имя поля").fill("note")
    page.keyboard.press("Tab")
    expect(page.locator("#w")).to_have_value("35")
    kept(page)
    sound(page, 1366, 360)
    page.set_viewport_size({"width": 1366, "height": 900})

    scan = taught_form.png(taught_form.filled())
    page.locator("#examples").set_input_files({"name": "filled.png", "mimeType": "image/png", "buffer": scan})
    expect(page.locator("#trying")).to_have_text("найдено: 1 / 1", timeout=120_000)
    results = page.locator("#results")
    expect(results.get_by_role("row", name="Показание (Т1)")).to_contain_text(taught_form.VALUES["reading"])
    expect(results.get_by_role("row", name="Лицевой счёт")).to_contain_text(taught_form.VALUES["account"])

    page.get_by_role("button", name="Опубликовать").click()
    page.wait_for_url("**/templates?published=*")
    expect(page.get_by_role("status")).to_contain_text("blank-yaschika@1")
    sound(page, 1366)

    path = tmp_path / "box.png"
    path.write_bytes(scan)
    batch.run_batch(ctx, [path], BatchOrder(SUPPLIER, "station", "office 1", DAY))
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get(list(range(1, 9)))
        [published] = tx.audits.of_what("template.published")
    assert (sheet.template, sheet.account) == ("blank-yaschika@1", taught_form.VALUES["account"])
    assert (sheet.state, Reason.NO_THRESHOLD in sheet.reasons) == (SheetState.REVIEW, True)
    assert sheet.recognition["fields"]["reading"]["value"] == taught_form.VALUES["reading"]
    assert published.who == "olga"


def recorded(ctx: Context, name: str) -> int:
    """A draft with an account and a reading, drawn without a browser."""
    fields = []
    for own in (taught_form.form().field("account"), taught_form.form().field("reading")):
        box, gap = own.box, own.cells[3].x_mm - own.cells[2].right_mm
        fields.append(
            DraftField(
                own.name,
                "digits",
                own.label,
                *dataclasses.astuple(box),
                required=True,
                groups=(3,) * (len(own.cells) // 3),
                gap=round(gap, 2),
            )
        )
    form = DraftForm("Бланк", name, 148, 210, fields=tuple(fields))
    return designing.record(ctx, "petr", taught_form.blank(), form, supplier=SUPPLIER, source="blank.png")


def test_what_was_published_can_be_had_changed_and_withdrawn(
    page: Page, ctx: Context, tmp_path: Path
) -> None:
    publishing.publish(ctx, recorded(ctx, "second"), 1, "petr")
    page.goto(page.url)
    with page.expect_download() as download:
        page.get_by_role("link", name="YAML и картинка бланка second@1").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        archive.extractall(tmp_path)
    template = load_template(tmp_path / "second@1.yaml")
    assert [field.name for field in template.fields] == ["account", "reading"]
    page.get_by_role("button", name="Новая версия бланка second@1").click()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#version")).to_have_text("будет версия 2")
    page.locator(".f").nth(1).focus()
    page.keyboard.press("Delete")
    expect(page.locator("#verdict")).to_contain_text("на бланке нет поля «reading»")
    expect(page.get_by_role("button", name="Опубликовать")).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(page.locator("#verdict")).to_have_text("Ошибок нет.На бланке нет подписи: так и задумано?")
    kept(page)
    page.get_by_role("button", name="Опубликовать").click()
    page.wait_for_url("**/templates?published=*")
    assert {"second@1", "second@2"} <= set(ctx.templates)
    page.get_by_role("button", name="Отозвать бланк second@2").click()
    expect(page.get_by_text("новые листы по нему не читаются")).to_be_visible()


def test_two_who_draw_one_draft_and_a_file_that_is_none(page: Page, ctx: Context) -> None:
    page.get_by_label("Скан или PDF").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"this is no picture"}
    )
    page.get_by_role("button", name="Начать").click()
    expect(page.get_by_role("alert")).to_be_visible()
    draft_id = recorded(ctx, "third")
    page.goto(page.url.split("/templates")[0] + f"/templates/drafts/{draft_id}")
    page.wait_for_selector("body[data-ready]")
    known = designing.draft(ctx, draft_id)
    designing.save(ctx, draft_id, known.row.revision, known.form, "petr")
    page.get_by_label("Как называется").fill("Другое")
    expect(page.locator("#kept")).to_contain_text("изменил кто-то другой")
    expect(page.get_by_role("button", name="Опубликовать")).to_be_disabled()
    page.get_by_role("button", name="Отказаться от черновика").click()
    page.wait_for_url("**/templates")
    assert draft_id not in [each.row.id for each in designing.drafts(ctx)]
