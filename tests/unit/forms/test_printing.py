"""The printed forms: a PDF that a printing house takes, and a picture in which everything is in its place."""

from __future__ import annotations

import io
import itertools
import random
import re
import tracemalloc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
import zxingcpp
from numpy.typing import NDArray

from domain.errors import SettingsError, UsageError
from templates import all_templates, find
from templates.model import MARKER_DICTIONARY, PRINTED_KINDS, Box, Template
from templates.personal import code_text, printed_text
from templates.printing import PrintOptions, layout, picture, print_pdf, write_pdf
from templates.printing.files import replacing
from templates.printing.fonts import font_file, wrap
from templates.printing.marks import marker_rows
from templates.printing.pdf_stream import PageAppender
from templates.printing.sheet import sheet_for
from templates.printing.slip import groups

DPI = 300
MM = DPI / 25.4
NAMES = [template.name for template in all_templates()]
ACCOUNT = "121000000001"


def printed(template: Template, options: PrintOptions = PrintOptions(), *accounts: str) -> pikepdf.Pdf:
    buffer = io.BytesIO()
    write_pdf(template, buffer, options, accounts or None)
    return pikepdf.open(buffer)


@cache
def grey(name: str) -> NDArray[np.uint8]:
    template = find(name)
    return np.asarray(picture(template, DPI, ACCOUNT if template.personal else None).convert("L"))


def resources(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    own = pdf.pages[0].obj.Resources
    return [own, *(form.Resources for form in own.XObject.values())]


@pytest.mark.parametrize("name", NAMES)
def test_the_pdf_is_vector_with_its_typeface_embedded(name: str) -> None:
    pdf = printed(find(name))
    assert not [o for o in pdf.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
    for part in resources(pdf):
        assert part.Font
        for font in part.Font.values():
            assert font.Subtype == "/TrueType"
            assert len(font.FontDescriptor.FontFile2.read_bytes()) > 1000
            assert "/ToUnicode" in font


@pytest.mark.parametrize("name", NAMES)
def test_only_black_ink_is_used(name: str) -> None:
    pdf = printed(find(name))
    streams = [form.read_bytes() for form in pdf.pages[0].obj.Resources.XObject.values()]
    text = b"\n".join(streams).decode("latin-1")
    assert not re.findall(r"\b(?:rg|RG|cs|CS|sh)\b", re.sub(r"\(.*?\)", "", text))
    colours = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) [\d.]+ [kK]\b", text)
    assert colours
    assert all(float(ink) == 0 for colour in colours for ink in colour)


def test_an_office_page_is_the_trimmed_slip() -> None:
    pdf = printed(find("krasnoyarsk-dropbox"))
    page = pdf.pages[0]
    for box in (page.mediabox, page.trimbox, page.obj.BleedBox):
        assert [float(v) for v in box] == pytest.approx([0, 0, 148 / 25.4 * 72, 210 / 25.4 * 72], abs=0.01)


def test_a_printing_houses_page_has_bleed_and_crop_marks() -> None:
    pdf = printed(find("krasnoyarsk-dropbox"), PrintOptions(bleed_mm=3))
    page = pdf.pages[0]

    def size(box: pikepdf.Array) -> list[float]:
        x0, y0, x1, y1 = (float(v) * 25.4 / 72 for v in box)
        return [round(x1 - x0, 2), round(y1 - y0, 2)]

    assert size(page.obj.TrimBox) == [148, 210]
    assert size(page.obj.BleedBox) == [154, 216]
    assert size(page.mediabox) == [170, 232]
    assert page.obj.Contents.read_bytes().count(b" l S") == 8


def test_the_document_says_what_it_is_and_nothing_of_the_day() -> None:
    template = find("krasnoyarsk-dropbox")
    pdf = printed(template)
    info = pdf.docinfo
    assert "krasnoyarsk-dropbox@1" in str(info["/Title"])
    assert "/CreationDate" not in info
    first, second = io.BytesIO(), io.BytesIO()
    write_pdf(template, first)
    write_pdf(template, second)
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize(
    ("options", "accounts", "pages"),
    [
        (PrintOptions(), 0, 1),
        (PrintOptions(copies=70), 0, 70),
        (PrintOptions(copies=3, per_page=2), 0, 3),
        (PrintOptions(), 5, 5),
        (PrintOptions(per_page=2), 5, 3),
        (PrintOptions(copies=2), 130, 260),
    ],
)
def test_pages_are_counted(options: PrintOptions, accounts: int, pages: int) -> None:
    template = find("krasnoyarsk-personal" if accounts else "krasnoyarsk-dropbox")
    pdf = printed(template, options, *(f"{121000000000 + i}" for i in range(accounts)))
    assert len(pdf.pages) == pages
    assert pdf.check_pdf_syntax() == []


def test_two_slips_lie_on_a4_with_a_cut_between() -> None:
    sheet = sheet_for(find("krasnoyarsk-dropbox"), 2)
    assert (sheet.width_mm, sheet.height_mm) == (297, 210)
    assert sheet.origins == ((0.5, 0), (148.5, 0))
    assert {(line.x1_mm, line.x2_mm) for line in sheet.cuts} == {(148.5, 148.5)}
    assert sheet_for(find("krasnoyarsk-dropbox-large"), 2).width_mm == 420


@pytest.mark.slow
def test_two_slips_are_printed_side_by_side() -> None:
    two = np.asarray(picture(find("krasnoyarsk-dropbox"), DPI, options=PrintOptions(per_page=2)).convert("L"))
    one = grey("krasnoyarsk-dropbox")
    for x_mm in (0.5, 148.5):
        x = round(x_mm * MM)
        part = two[:, x : x + one.shape[1]]
        inside = (slice(round(5 * MM), round(205 * MM)), slice(round(5 * MM), round(143 * MM)))
        assert np.abs(part[inside].astype(int) - one[inside]).mean() < 6


def test_every_slip_carries_its_own_account() -> None:
    accounts = [f"{121000000000 + i}" for i in range(3)]
    pdf = printed(find("krasnoyarsk-personal"), PrintOptions(), *accounts)
    for page, account in zip(pdf.pages, accounts, strict=True):
        assert f"({printed_text(account)}) Tj".encode() in page.obj.Contents.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_printed_where_the_layout_says(name: str) -> None:
    """Each outline is looked for within 0.8 mm of its place and must be found within 0.2 mm."""
    template = find(name)
    image = grey(name)
    plan = layout(template)
    checked = 0
    for field, place in plan["fields"].items():
        if template.field(field).border != "box" and "cells" not in place:
            continue
        boxes = tuple(Box(**box) for box in place.get("cells", [place]))
        for cell in boxes:
            rows = slice(round((cell.y_mm + 2) * MM), round((cell.bottom_mm - 2) * MM))
            columns = slice(round((cell.x_mm + 2) * MM), round((cell.right_mm - 2) * MM))
            for x_mm in (cell.x_mm, cell.right_mm):
                assert offset(image[rows].mean(axis=0), x_mm) < 0.2
            for y_mm in (cell.y_mm, cell.bottom_mm):
                assert offset(image[:, columns].mean(axis=1), y_mm) < 0.2
            checked += 1
        assert len(groups(boxes)) >= 1
    assert checked >= 20 or not any(field.cells for field in template.fields)


def offset(profile: NDArray[np.floating], expected_mm: float) -> float:
    """Distance in millimetres between a line's darkest place and where it should be."""
    low, high = round((expected_mm - 0.8) * MM), round((expected_mm + 0.8) * MM)
    dark = 255 - profile[low : high + 1]
    assert dark.max() > 40
    weights = np.where(dark > dark.max() / 2, dark, 0)
    centre = (np.arange(low, high + 1) * weights).sum() / weights.sum() + 0.5
    return abs(float(centre) / MM - expected_mm)


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_empty(name: str) -> None:
    template = find(name)
    image = grey(name)
    for field in template.fields:
        for box in field.cells or ((field.box,) if field.kind not in PRINTED_KINDS else ()):
            inner = box.grown(-0.6)
            part = image[
                round(inner.y_mm * MM) : round(inner.bottom_mm * MM),
                round(inner.x_mm * MM) : round(inner.right_mm * MM),
            ]
            assert part.min() > 250, field.name


@pytest.mark.parametrize("name", [name for name in NAMES if find(name).markers])
def test_markers_are_found_where_they_are_printed(name: str) -> None:
    template = find(name)
    detector = cv2.aruco.ArucoDetector(
        cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARKER_DICTIONARY))
    )
    corners, ids, _ = detector.detectMarkers(grey(name))
    found = {int(number): quad[0] / MM for number, quad in zip(ids.ravel(), corners, strict=True)}
    assert set(found) == {marker.id for marker in template.markers}
    for marker in template.markers:
        box = marker.box
        expected = [
            (box.x_mm, box.y_mm),
            (box.right_mm, box.y_mm),
            (box.right_mm, box.bottom_mm),
            (box.x_mm, box.bottom_mm),
        ]
        assert np.abs(found[marker.id] - expected).max() < 0.2


def test_a_marker_is_its_dictionarys() -> None:
    rows = marker_rows(5)
    assert len(rows) == 8
    assert all(rows[0])
    assert marker_rows(5) != marker_rows(6)


@pytest.mark.parametrize("dpi", [150, 300])
def test_the_code_can_be_read_from_the_print(dpi: int) -> None:
    template = find("krasnoyarsk-personal")
    image = np.asarray(picture(template, dpi, ACCOUNT).convert("L"))
    codes = zxingcpp.read_barcodes(image)
    assert [code.text for code in codes] == [code_text("krasnoyarskenergosbyt", ACCOUNT)]
    assert template.code is not None
    scale = dpi / 25.4
    corner = codes[0].position.top_left
    assert corner.x / scale == pytest.approx(template.code.qr.x_mm, abs=0.3)
    assert corner.y / scale == pytest.approx(template.code.qr.y_mm, abs=0.3)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == codes[0].text


def test_the_code_survives_a_torn_corner() -> None:
    template = find("krasnoyarsk-personal")
    assert template.code is not None
    image = grey(template.name).copy()
    qr = template.code.qr
    image[round((qr.bottom_mm - 6) * MM) :, round((qr.right_mm - 6) * MM) : round((qr.right_mm + 3) * MM)] = (
        255
    )
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [
        code_text("krasnoyarskenergosbyt", ACCOUNT)
    ]


def test_the_picture_is_the_trimmed_page() -> None:
    for dpi in (96, 150, 200):
        image = picture(find("krasnoyarsk-dropbox"), dpi, options=PrintOptions(bleed_mm=3))
        assert image.size == (round(148 / 25.4 * dpi), round(210 / 25.4 * dpi))


def test_the_layout_has_the_agreed_form() -> None:
    plan = layout(find("krasnoyarsk-dropbox"))
    assert set(plan) == {"page", "fields"}
    assert plan["page"] == {"width_mm": 148, "height_mm": 210}
    assert set(plan["fields"]["account"]) == {"cells"}
    assert plan["fields"]["account"]["cells"][0] == {"x_mm": 12, "y_mm": 53, "w_mm": 8, "h_mm": 10}
    assert set(plan["fields"]["signature"]) == {"x_mm", "y_mm", "w_mm", "h_mm"}


def test_pages_go_out_as_accounts_come_in() -> None:
    sink = io.BytesIO()
    sizes: list[int] = []

    def accounts() -> Iterator[str]:
        for number in range(40):
            sizes.append(sink.tell())
            yield f"{121000000000 + number}"

    write_pdf(find("krasnoyarsk-personal"), sink, accounts=accounts())
    assert all(later - earlier > 500 for earlier, later in itertools.pairwise(sizes[1:]))


@pytest.mark.slow
def test_many_pages_need_no_more_memory_than_few() -> None:
    """Only numbers are kept, eight bytes an object, whatever a page holds."""
    buffer = io.BytesIO()
    write_pdf(find("krasnoyarsk-dropbox"), buffer)
    with Path("/dev/null").open("wb") as sink:
        pages = PageAppender(buffer.getvalue(), sink, {})
        tracemalloc.start()
        for number in range(2000):
            pages.add(random.Random(number).randbytes(1000))
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert pages.finish() == 2000
    assert used < 100_000  # 2000 pages of 1 kB, were they kept


def test_a_failed_print_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    print_pdf(find("krasnoyarsk-dropbox"), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not an account"):
        print_pdf(find("krasnoyarsk-personal"), path, accounts=["121000000000", "?"])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"), replacing(tmp_path / "none" / "a.pdf"):
        pass


def test_without_a_typeface_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("templates.printing.fonts._candidates", list)
    with pytest.raises(SettingsError, match="fonts-paratype"):
        font_file("bold")


def test_texts_are_wrapped_at_words() -> None:
    lines = wrap("одна цифра — одна клетка", "regular", 10, 25)
    assert len(lines) > 1
    assert " ".join(lines) == "одна цифра — одна клетка"
    assert wrap("непереносимое", "regular", 10, 1) == ["непереносимое"]


def test_no_line_ends_in_a_short_word_or_begins_with_a_dash() -> None:
    text = "Закон № 152-ФЗ «О персональных данных» — это уведомление, а не согласие с чем-то в нём"
    for limit in range(30, 80, 3):
        lines = wrap(text, "regular", 10, limit)
        assert " ".join(lines) == text
        assert not [line for line in lines[:-1] if len(line.rsplit(" ", 1)[-1].strip("«»№")) <= 2]
        assert not [line for line in lines if line.startswith("—")]


def test_pages_form_a_tree() -> None:
    """No node of the page tree has more than a handful of kids, so viewers open the last page at once."""
    pdf = printed(find("krasnoyarsk-dropbox"), PrintOptions(copies=200))
    assert [int(node.Count) for node in pdf.Root.Pages.Kids] == [64, 64, 64, 8]
