"""Places to write are found from a form's lines: on printed forms to a third of a millimetre."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr.layout import DPI, find_places, straighten
from ocr.layout.places import Place, groups
from templates import find
from templates.model import Box
from templates.printing import picture

Grey = NDArray[np.uint8]
SCALE = DPI / 25.4


def sheet(width_mm: float = 120, height_mm: float = 90) -> Grey:
    return np.full((round(height_mm * SCALE), round(width_mm * SCALE)), 250, np.uint8)


def stroke(page: Grey, x0: float, y0: float, x1: float, y1: float, thick_mm: float = 0.25) -> None:
    ends = [(round(x * SCALE), round(y * SCALE)) for x, y in ((x0, y0), (x1, y1))]
    cv2.line(page, ends[0], ends[1], 60, max(1, round(thick_mm * SCALE)))


def frame(page: Grey, x: float, y: float, w: float, h: float) -> None:
    for x0, y0, x1, y1 in (
        (x, y, x + w, y),
        (x, y + h, x + w, y + h),
        (x, y, x, y + h),
        (x + w, y, x + w, y + h),
    ):
        stroke(page, x0, y0, x1, y1)


def near(box: Box, x: float, y: float, w: float, h: float, by: float = 0.35) -> bool:
    return max(abs(box.x_mm - x), abs(box.y_mm - y), abs(box.w_mm - w), abs(box.h_mm - h)) <= by


@pytest.mark.parametrize("degrees", [0.0, -1.7])
def test_the_fields_of_a_printed_form_are_found(degrees: float) -> None:
    form = find("krasnoyarsk-dropbox")
    printed = np.asarray(picture(form, DPI).convert("L"), np.uint8)
    height, width = printed.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    page = np.asarray(cv2.warpAffine(printed, turn, (width, height), borderValue=255), np.uint8)
    upright, skew = straighten(page, form.width_mm, form.height_mm)
    assert skew == pytest.approx(-degrees, abs=0.08)
    places = find_places(upright, DPI)
    assert len(places) == len(form.fields)
    for field in form.fields:
        box = field.box
        found = [p for p in places if near(p.box, box.x_mm, box.y_mm, box.w_mm, box.h_mm)]
        assert len(found) == 1, field.name
        assert len(found[0].cells) == len(field.cells)


def test_boxes_ticks_combs_and_rules() -> None:
    page = sheet()
    frame(page, 10, 8, 60, 9)
    frame(page, 80, 10, 4, 4)
    stroke(page, 10, 40, 55, 40)
    for step in range(10):
        stroke(page, 10 + 5 * step, 37, 10 + 5 * step, 40)
    stroke(page, 10, 70, 70, 70)
    places = find_places(page, DPI)
    assert [p.shape for p in places] == ["box", "tick", "cells", "rule"]
    long, tick, comb, rule = (place.box for place in places)
    assert near(long, 10, 8, 60, 9)
    assert near(tick, 80, 10, 4, 4)
    assert len(places[2].cells) == 9
    assert near(comb, 10, 33.75, 45, 6.25)
    assert rule.bottom_mm == pytest.approx(70, abs=0.3)
    assert rule.w_mm == pytest.approx(60, abs=0.5)


def test_a_heading_in_a_box_is_no_place_but_writing_on_a_filled_form_is() -> None:
    page = sheet()
    frame(page, 10, 8, 60, 9)
    cv2.putText(
        page, "2026 0563", (round(14 * SCALE), round(15 * SCALE)), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 30, 4
    )
    assert find_places(page, DPI) == []
    assert [p.shape for p in find_places(page, DPI, filled=True)] == ["box"]


def test_two_fields_in_one_row_are_two_places() -> None:
    page = sheet()
    for start in (8, 50.2):
        for place in range(6):
            frame(page, start + 6 * place, 10, 6, 9)
    assert [len(place.cells) for place in find_places(page, DPI)] == [6, 6]


def test_a_frame_around_boxes_is_no_place() -> None:
    page = sheet()
    frame(page, 5, 5, 100, 40)
    frame(page, 10, 10, 40, 8)
    frame(page, 55, 10, 40, 8)
    assert [round(p.box.x_mm) for p in find_places(page, DPI)] == [10, 55]


def test_an_empty_page_has_no_places_and_no_skew() -> None:
    upright, skew = straighten(sheet(), 120, 90)
    assert skew == 0.0
    assert find_places(upright, DPI) == []


@pytest.mark.parametrize(
    ("starts", "counts", "gap"),
    [
        ((0, 8, 16), (3,), 0.0),
        ((0, 8, 20, 28, 40, 48, 56, 64), (2, 2, 4), 4.0),
        ((5,), (1,), 0.0),
        ((0, 9, 18, 29, 38, 47), (3, 3), 3.0),
    ],
)
def test_cells_are_grouped_by_the_white_between_them(
    starts: tuple[float, ...], counts: tuple[int, ...], gap: float
) -> None:
    cells = tuple(Box(x, 0, 8, 10) for x in starts)
    assert groups(cells) == (counts, pytest.approx(gap))


def test_places_are_plain_values() -> None:
    assert Place("tick", Box(1, 2, 3, 4)) == Place("tick", Box(1, 2, 3, 4))


def test_a_cell_that_writing_has_broken_is_put_back() -> None:
    page = sheet()
    for place in range(6):
        frame(page, 10 + 8 * place, 10, 8, 10)
    stroke(page, 27, 9, 32, 21, 0.6)
    stroke(page, 31.5, 9, 29, 21, 0.6)
    [row] = find_places(page, DPI, filled=True)
    assert len(row.cells) == 6
    assert near(row.box, 10, 10, 48, 10)


def test_writing_that_bridges_a_filled_box_or_stands_among_a_combs_strokes_is_no_line() -> None:
    page = sheet()
    frame(page, 10, 8, 60, 9)
    for x in (22, 34, 47):
        # A figure's stem from line to line, and its bar.
        stroke(page, x, 8, x, 17, 0.5)
        stroke(page, x - 4, 14, x + 3, 14, 0.5)
    stroke(page, 10, 40, 55, 40)
    for step in range(10):
        stroke(page, 10 + 5 * step, 37, 10 + 5 * step, 40)
    for x in (12.2, 23, 38.4):
        stroke(page, x, 33, x, 40, 0.5)
    places = find_places(page, DPI, filled=True)
    assert [p.shape for p in places] == ["box", "cells"]
    assert near(places[0].box, 10, 8, 60, 9)
    assert len(places[1].cells) == 9
    assert near(places[1].cells[3], 25, 33.75, 5, 6.25)
