"""Where characters stand under their cells, and which are marked."""

from __future__ import annotations

import pytest

from ocr.results import Character
from review_ui.layout import MARGIN, SCALE, lay_out, slot_values, weak_slots
from review_ui.pictures import PagePicture
from services.results import FieldBox, ReviewField


def field(raw: str, value: str, kind: str = "digits", sure: float = 0.999) -> ReviewField:
    return ReviewField(
        name="reading",
        label="",
        kind=kind,
        role="reading",
        tariff=None,
        required=True,
        cells=len(raw),
        value=value,
        confidence=sure,
        characters=tuple(Character(char, sure) for char in raw),
        weak=False,
    )


@pytest.mark.parametrize(
    ("raw", "value", "kind", "expected"),
    [
        ("0563__", "0563", "digits", "0563--"),
        ("__0563", "0563", "digits", "--0563"),
        ("05#3__", "0513", "digits", "0513--"),
        ("12_345", "12345", "digits", "12-345"),
        ("12345#", "123450", "digits", "123450"),
        ("______", "", "digits", "------"),
        ("______", "0563", "digits", "0563--"),
        ("__05__", "0563", "digits", "--0563"),
        ("24112026", "2026-11-24", "date", "24112026"),
        ("24112026", "24112026", "date", "24112026"),
        ("241126__", "2026-11-24", "date", "24112026"),
    ],
)
def test_the_value_is_laid_over_the_written_cells(raw: str, value: str, kind: str, expected: str) -> None:
    assert "".join(char or "-" for char in slot_values(field(raw, value, kind), len(raw))) == expected


def test_weak_and_struck_characters_are_marked() -> None:
    sure = field("05#3__", "0513")
    assert weak_slots(sure, 0.98, 6) == [False, False, True, False, False, False]
    assert weak_slots(field("0563__", "0563", sure=0.9), 0.98, 6) == [True] * 6


def test_characters_stand_under_their_cells() -> None:
    cells = tuple((100 + 40 * index, 50, 38, 60) for index in range(6))
    box = FieldBox("reading", (100, 50, 238, 60), cells)
    picture = PagePicture(b"", 1000, 800, (box,), 254.0, rectified=True)
    layout = lay_out(field("0563__", "0563"), picture, 0.98)
    assert layout.crop is not None
    assert [slot.x for slot in layout.slots] == [cell[0] for cell in cells]
    assert layout.strip.x == layout.crop.x == 100 - 60 * MARGIN
    assert layout.strip.css_width == layout.crop.css_width == round((238 + 2 * 60 * MARGIN) / 10 * SCALE)


def test_an_account_that_is_printed_shows_its_crop_and_plain_places() -> None:
    picture = PagePicture(b"", 1000, 800, (FieldBox("reading", (10, 10, 300, 30)),), 254.0, rectified=True)
    layout = lay_out(field("", "121000000001", kind="printed"), picture, 0.98)
    assert layout.crop is not None
    assert "".join(slot.value for slot in layout.slots) == "121000000001"
    assert len(lay_out(field("", "", kind="printed"), picture, 0.98, 9).slots) == 9
    assert layout.strip.x == 0 and layout.slots[1].x > layout.slots[0].x


def test_a_crop_stays_inside_the_picture() -> None:
    box = FieldBox("reading", (2, 1, 990, 60))
    crop = lay_out(field("", ""), PagePicture(b"", 1000, 64, (box,), None, rectified=True), 0.98).crop
    assert crop is not None
    assert crop.x >= 0 and crop.y >= 0 and crop.x + crop.width <= 1000 and crop.y + crop.height <= 64
