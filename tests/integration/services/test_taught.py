"""Forms taught on the pages: drafts, publishing, what every process and machine sees of them."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from domain.errors import ConflictError, InputError, TemplateError, UsageError
from ocr.layout import naming, straighten
from services import designing, publishing, resembling, taught
from services.context import Context
from services.designing import picture_of
from services.draft import DraftField, DraftForm, from_json, to_json
from services.taught import LiveTemplates
from services.verify import verify
from templates import all_templates, find
from templates.catalogue import in_use
from templates.model import Box
from templates.printing import picture
from tests.integration.inline_reader import InlineReader
from tests.paper import SUPPLIER

FORM = "krasnoyarsk-dropbox"


@pytest.fixture(scope="module", autouse=True)
def no_words() -> Iterator[None]:
    """Tesseract takes seconds; what it finds is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naming, "read_words", lambda grey, dpi: [])
        yield


@pytest.fixture(scope="module")
def scan() -> bytes:
    """The drop-box slip at 150 dpi, its markers covered."""
    form = find(FORM)
    grey = np.array(picture(form, 150).convert("L"))
    for marker in form.markers:
        left, top, right, bottom = (
            round(v * 150 / 25.4)
            for v in (
                marker.box.x_mm - 1,
                marker.box.y_mm - 1,
                marker.box.right_mm + 1,
                marker.box.bottom_mm + 1,
            )
        )
        cv2.rectangle(grey, (left, top), (right, bottom), 255, -1)
    return png(grey)


def png(grey: np.ndarray, dpi: int | None = 150) -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


@pytest.fixture
def records_url(tmp_path: Path) -> str:
    """What the records do is tested on both databases in ``records/test_taught_records.py``."""
    return f"sqlite:///{tmp_path}/records.db"


@pytest.fixture(scope="module")
def found(scan: bytes) -> tuple[np.ndarray, DraftForm]:
    """What is found on the scan; looked for once."""
    grey, _ = straighten(picture_of(scan), 148, 210)
    return grey, named(designing.layout_of(grey, 148, 210))


@pytest.fixture
def draw(live: Context, found: tuple[np.ndarray, DraftForm]) -> int:
    """A draft with all fields drawn."""
    return designing.record(live, "olga", *found, supplier=SUPPLIER, source="blank.png")


@pytest.fixture
def live(ctx: Context, tmp_path: Path) -> Context:
    templates = LiveTemplates(ctx.templates, ctx.records, ctx.objects, tmp_path / "taught")
    return dataclasses.replace(ctx, templates=templates)


def other_machine(ctx: Context, tmp_path: Path) -> Context:
    fixed = {key: ctx.templates[key] for key in (f"{FORM}@1",)}
    templates = LiveTemplates(fixed, ctx.records, ctx.objects, tmp_path / "elsewhere")
    return dataclasses.replace(ctx, templates=templates)


def named(form: DraftForm, title: str = "Мой бланк", name: str = "my-slip") -> DraftForm:
    """The places that were found, named as the slip's own fields are."""
    fields = []
    for own in find(FORM).fields:
        near = [p for p in form.places if abs(p.x - own.box.x_mm) < 1 and abs(p.y - own.box.y_mm) < 1]
        if near:
            required = own.name in ("account", "reading", "date", "signature")
            fields.append(
                dataclasses.replace(near[0], name=own.name, kind=own.kind, label=own.label, required=required)
            )
    return dataclasses.replace(form, title=title, name=name, fields=tuple(fields), places=())


def near(box: Box, other: Box, by_mm: float) -> bool:
    pairs = zip(dataclasses.astuple(box), dataclasses.astuple(other), strict=True)
    return all(abs(one - two) < by_mm for one, two in pairs)


def published(ctx: Context, draft_id: int) -> str:
    return publishing.publish(ctx, draft_id, 1, "olga")


def test_a_scan_becomes_a_draft_with_the_places_to_write(live: Context, scan: bytes) -> None:
    draft_id = designing.begin(live, "olga", SUPPLIER, scan, "blank.png")
    [known] = designing.drafts(live)
    assert (known.row.id, known.row.revision, known.row.source) == (draft_id, 1, "blank.png")
    assert (known.form.width, known.form.height) == (148.0, 210.0)
    assert known.form.fields == ()
    assert len(named(known.form).fields) == len(find(FORM).fields)


def test_a_published_form_is_the_same_as_one_written_by_hand(
    live: Context, draw: int, tmp_path: Path
) -> None:
    key = published(live, draw)
    assert key == "my-slip@1"
    template, own = live.templates[key], find(FORM)
    assert template.supplier == SUPPLIER
    assert template.reference is not None
    assert template.reference.is_file()
    assert template.markers == ()
    for field in own.fields:
        taught_field = template.field(field.name)
        assert taught_field.kind == field.kind
        for cell, other in zip(
            taught_field.cells or (taught_field.box,), field.cells or (field.box,), strict=True
        ):
            assert max(abs(cell.x_mm - other.x_mm), abs(cell.y_mm - other.y_mm)) < 0.35
            assert max(abs(cell.w_mm - other.w_mm), abs(cell.h_mm - other.h_mm)) < 0.35
    with live.records.read() as tx:
        [row] = tx.audits.of_what("template.published")
    assert row.who == "olga"
    assert row.details is not None
    assert row.details["template"] == key
    with pytest.raises(UsageError):
        designing.draft(live, 1)


def test_every_machine_sees_it_at_once(live: Context, draw: int, tmp_path: Path) -> None:
    elsewhere = other_machine(live, tmp_path)
    assert elsewhere.templates.get("my-slip@1") is None
    key = published(live, draw)
    assert elsewhere.templates[key].title == "Мой бланк"
    assert key in list(elsewhere.templates)
    # A reader process knows the folder only.
    assert find("my-slip", tmp_path / "elsewhere").key == key


def test_a_new_version_on_the_same_paper_takes_the_old_ones_place(
    live: Context, draw: int, tmp_path: Path
) -> None:
    first = published(live, draw)
    draft_id = publishing.teach_again(live, first, "petr")
    known = designing.draft(live, draft_id)
    before = live.templates[first]
    assert [f.name for f in known.form.fields] == [f.name for f in before.fields]
    second = publishing.publish(live, draft_id, 1, "petr")
    assert second == "my-slip@2"
    after = live.templates[second]
    for field, other in zip(after.fields, before.fields, strict=True):
        assert near(field.box, other.box, 0.01)
    assert after.reference == before.reference
    assert live.templates[first] == before, "sheets keep what they were read with"
    everything = all_templates(tmp_path / "taught")
    assert {first, second} <= {t.key for t in everything}
    assert {t.key for t in in_use(everything)} & {first, second} == {second}


def test_a_withdrawn_form_reads_no_new_sheets_until_it_is_restored(
    live: Context, draw: int, tmp_path: Path
) -> None:
    key = published(live, draw)
    taught.withdraw(live, key, "olga")
    assert key not in {t.key for t in all_templates(tmp_path / "taught")}
    assert live.templates[key].key == key
    with pytest.raises(ConflictError):
        taught.withdraw(live, key, "olga")
    taught.withdraw(live, key, "olga", again=True)
    assert key in {t.key for t in all_templates(tmp_path / "taught")}
    with pytest.raises(UsageError):
        taught.withdraw(live, "nothing@1", "olga")


def test_a_name_that_nobody_has_written_yet_is_no_mistake(live: Context, draw: int) -> None:
    known = designing.draft(live, draw)
    nameless = dataclasses.replace(known.form, name="", title="")
    with publishing.written(live, dataclasses.replace(known, form=nameless), "olga") as files:
        assert files.template is None
        assert files.problem is not None
        assert files.problem.unnamed
    wrong = dataclasses.replace(nameless.fields[0], x=1000.0)
    both = dataclasses.replace(nameless, fields=(wrong, *nameless.fields[1:]))
    with publishing.written(live, dataclasses.replace(known, form=both), "olga") as files:
        assert files.problem is not None
        assert not files.problem.unnamed
        assert files.problem.field == 0


def test_what_the_loader_refuses_is_told_with_its_field(live: Context, draw: int) -> None:
    draft_id = draw
    known = designing.draft(live, draft_id)
    wrong = dataclasses.replace(known.form.fields[2], name="field_1", kind="handwriting", check="", x=140.0)
    form = dataclasses.replace(known.form, fields=(*known.form.fields, wrong))
    designing.save(live, draft_id, 1, form, "olga")
    with publishing.written(live, designing.draft(live, draft_id), "olga") as files:
        assert files.template is None
        assert files.problem is not None
        assert files.problem.field == len(form.fields) - 1
        assert "край листа" in files.problem.text
    with pytest.raises(TemplateError):
        publishing.publish(live, draft_id, 2, "olga")
    assert designing.draft(live, draft_id).row.state == "open"


def test_nobody_writes_over_a_colleague(live: Context, draw: int) -> None:
    draft_id = draw
    form = designing.draft(live, draft_id).form
    with pytest.raises(ConflictError):
        designing.save(live, draft_id, 7, form, "petr")
    with pytest.raises(ConflictError):
        publishing.publish(live, draft_id, 7, "petr")


def test_a_part_of_the_picture_keeps_its_fields_and_a_turn_finds_them_anew(live: Context, draw: int) -> None:
    draft_id = draw
    designing.rework(live, draft_id, 1, "olga", cut=Box(5, 40, 140, 140))
    form = designing.draft(live, draft_id).form
    account = next(f for f in form.fields if f.name == "account")
    assert (account.x, account.y) == (pytest.approx(7.1, abs=0.4), pytest.approx(13.1, abs=0.4))
    assert (form.width, form.height) == (pytest.approx(140, abs=0.2), pytest.approx(140, abs=0.2))
    designing.rework(live, draft_id, 2, "olga", quarters=2)
    designing.rework(live, draft_id, 3, "olga", quarters=2)
    again = designing.draft(live, draft_id).form
    assert again.fields == ()
    assert any(len(f.groups) == 4 and sum(f.groups) == 12 for f in again.places)
    with pytest.raises(UsageError):
        designing.rework(live, draft_id, 4, "olga", cut=Box(0, 0, 20, 20))


def test_a_dropped_draft_takes_its_picture_along(live: Context, draw: int) -> None:
    draft_id = draw
    key = designing.draft(live, draft_id).row.picture
    designing.drop(live, draft_id, "olga")
    assert not live.objects.exists(key)
    assert designing.drafts(live) == []


def test_the_writing_on_a_filled_sheet_is_no_part_of_the_form(live: Context, scan: bytes) -> None:
    written = picture_of(scan).copy()
    for place, digit in enumerate("12100"):
        where = (round((13.5 + 8 * place + 3 * (place // 3)) / 25.4 * 150), 360)
        cv2.putText(written, digit, where, cv2.FONT_HERSHEY_SIMPLEX, 1.5, 20, 4)
    draft_id = designing.begin(live, "olga", SUPPLIER, png(written), "filled.png")
    filled_picture = designing.draft(live, draft_id).row.picture
    assert all(f.name != "account" for f in named(designing.draft(live, draft_id).form).fields)
    designing.rework(live, draft_id, 1, "olga", filled=True)
    designing.save(live, draft_id, 2, named(designing.draft(live, draft_id).form), "olga")
    key = publishing.publish(live, draft_id, 3, "olga")
    reference = live.templates[key].reference
    assert reference is not None
    clean = picture_of(reference.read_bytes())
    first = live.templates[key].field("account").cells[0]
    x, y = round((first.x_mm + 1) / 25.4 * 200), round((first.y_mm + 1) / 25.4 * 200)
    inside = clean[y : y + round(7 / 25.4 * 200), x : x + round(5 / 25.4 * 200)]
    assert inside.min() > 200
    assert not live.objects.exists(filled_picture), "it shows a customer's writing"


def test_a_field_found_between_stems_of_figures_goes_when_the_sheet_is_said_to_be_filled(
    live: Context,
) -> None:
    sheet = np.full((900, 900), 250, np.uint8)
    cv2.rectangle(sheet, (80, 200), (560, 254), 40, 1)
    for x in (200, 330):
        cv2.line(sheet, (x, 200), (x, 254), 40, 3)
    draft_id = designing.begin(live, "olga", SUPPLIER, png(sheet), "filled.png")
    first = designing.draft(live, draft_id).form
    halves = [dataclasses.replace(f, name=f"part-{n}") for n, f in enumerate(first.places)]
    assert len(halves) == 3
    own = dataclasses.replace(halves[0], name="own", x=20.0, y=60.0)
    drawn = dataclasses.replace(first, fields=(*halves, own), places=())
    designing.save(live, draft_id, 1, drawn, "olga")
    designing.rework(live, draft_id, 2, "olga", filled=True)
    form = designing.draft(live, draft_id).form
    assert [f.name for f in form.fields] == ["own"]
    [whole] = form.places
    assert (whole.w, whole.h) == (pytest.approx(81.3, abs=0.6), pytest.approx(9.1, abs=0.6))


def test_a_lost_picture_is_told_and_keeps_nobody_else_from_being_read(
    live: Context, draw: int, tmp_path: Path
) -> None:
    key = published(live, draw)
    assert verify(live).ok
    with live.records.read() as tx:
        [row] = tx.taught.published()
    live.objects.delete(row.reference)
    result = verify(live)
    assert [p for p in result.problems if key in p and "picture" in p]
    elsewhere = other_machine(live, tmp_path)
    assert elsewhere.templates.get(key) is None
    assert elsewhere.templates[f"{FORM}@1"].key == f"{FORM}@1"


def test_a_damaged_mirror_is_mended_at_the_next_start(live: Context, draw: int, tmp_path: Path) -> None:
    key = published(live, draw)
    path = tmp_path / "taught" / SUPPLIER / f"{key}.yaml"
    right = path.read_bytes()
    path.write_bytes(b"name: nonsense\n")
    again = LiveTemplates({}, live.records, live.objects, tmp_path / "taught")
    again.refresh()
    assert path.read_bytes() == right
    assert again[key].key == key


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4 nothing", b"no picture at all"])
def test_a_file_that_is_no_picture_is_refused(live: Context, data: bytes) -> None:
    with pytest.raises(InputError):
        designing.begin(live, "olga", SUPPLIER, data, "x.pdf")
    with pytest.raises(UsageError):
        designing.begin(live, "olga", "nobody", data, "x.pdf")


@pytest.mark.parametrize(
    ("size", "shape", "dpi", "expected"),
    [
        ("", (1240, 874), 150, (148.0, 210.0)),
        ("a4", (1240, 874), 150, (210.0, 297.0)),
        ("", (1000, 707), None, (210.0, 297.0)),
        ("", (400, 1000), None, (210.0, 84.0)),
        ("third", (400, 1000), None, (210.0, 99.0)),
    ],
)
def test_the_papers_size(
    live: Context, size: str, shape: tuple[int, int], dpi: int | None, expected: tuple[float, float]
) -> None:
    data = png(np.full(shape, 250, np.uint8), dpi)
    draft_id = designing.begin(live, "olga", SUPPLIER, data, "x.png", size=size)
    form = designing.draft(live, draft_id).form
    assert (form.width, form.height) == (
        pytest.approx(expected[0], abs=0.3),
        pytest.approx(expected[1], abs=0.3),
    )


def test_uneven_cells_keep_their_places(live: Context, draw: int) -> None:
    draft_id = draw
    form = designing.draft(live, draft_id).form
    uneven = DraftField(
        "meter_serial_m2", "digits", "Второй", 20, 180, 40, 9, starts=(0.0, 9.0, 17.5, 33.0), groups=()
    )
    designing.save(live, draft_id, 1, dataclasses.replace(form, fields=(*form.fields, uneven)), "olga")
    template = live.templates[publishing.publish(live, draft_id, 2, "olga")]
    cells = template.field("meter_serial_m2").cells
    assert [round(c.x_mm - 20, 2) for c in cells] == [0, 9, 17.5, 33]
    assert cells[0].w_mm == 7


def test_drafts_survive_the_records() -> None:
    form = DraftForm(
        "А", "a", 100, 90, fields=(DraftField("account", "digits", "с", 1, 2, 30, 9, groups=(3,)),)
    )
    assert from_json(to_json(form)) == form
    odd = from_json({**to_json(form), "title": "Бланк\x00\ud800 1", "name": "a\n"})
    assert (odd.title, odd.name) == ("Бланк 1", "a")
    with pytest.raises(UsageError):
        from_json({**to_json(form), "fields": [{"name": "x"}]})
    with pytest.raises(UsageError):
        from_json({**to_json(form), "fields": [{**to_json(form)["fields"][0], "kind": "poem"}]})


def test_advice(live: Context, draw: int) -> None:
    draft_id = draw
    known = designing.draft(live, draft_id)
    assert publishing.advice(live, known) == []
    fewer = tuple(
        dataclasses.replace(f, groups=(3, 3)) if f.name == "account" else f
        for f in known.form.fields
        if f.name != "signature"
    )
    changed = dataclasses.replace(known, form=dataclasses.replace(known.form, fields=fewer))
    assert publishing.advice(live, changed) == ["account_length", "no_signature"]


def test_a_form_that_is_in_use_is_named(live: Context, draw: int, tmp_path: Path) -> None:
    reader = InlineReader(live.objects, tmp_path / "taught")
    ctx = dataclasses.replace(live, reader=reader)
    known = designing.draft(ctx, draw)
    assert resembling.form_in_use(ctx, known).startswith(FORM)
    own = dataclasses.replace(known, form=dataclasses.replace(known.form, name=FORM))
    assert FORM not in resembling.form_in_use(ctx, own).split("@")[:1]


def test_a_form_like_no_other_is_not(live: Context, draw: int, tmp_path: Path) -> None:
    reader = InlineReader(live.objects, tmp_path / "taught")
    ctx = dataclasses.replace(live, reader=reader)
    paper = np.full((1240, 874), 255, np.uint8)
    cv2.putText(paper, "REPORT", (120, 200), cv2.FONT_HERSHEY_DUPLEX, 3, 0, 4)
    for y in range(300, 1100, 90):
        cv2.line(paper, (100, y), (780, y), 0, 2)
    known = designing.draft(ctx, draw)
    other = dataclasses.replace(
        known, row=dataclasses.replace(known.row, picture=ctx.objects.put(png(paper)))
    )
    assert resembling.form_in_use(ctx, other) == ""
