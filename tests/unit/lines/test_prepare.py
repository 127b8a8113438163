"""Rules are found and taken out, writing is levelled and scaled."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.lines.prepare import DIGIT, HEIGHT, STEP, prepare
from simulate.hands import HANDS
from tests.unit.lines.lines import line


def _ink(strip: np.ndarray) -> np.ndarray:
    return strip[0] > 100


@pytest.mark.parametrize("box", ["box", "rule", "none"])
@pytest.mark.parametrize("height", [24, 44, 90])
def test_digits_have_one_height_and_rules_are_gone(box: str, height: int) -> None:
    strip = prepare(line("4708", 3, height=height, box=box))
    assert strip.dtype == np.uint8
    assert strip.shape[:2] == (2, HEIGHT)
    assert strip.shape[2] % STEP == 0
    ink = _ink(strip)
    rows = np.flatnonzero(ink.any(axis=1))
    assert abs((rows[-1] - rows[0] + 1) - DIGIT) <= 7
    assert abs((rows[-1] + rows[0]) / 2 - HEIGHT / 2) <= 3
    # A rule would fill a row from end to end.
    assert ink.mean(axis=1).max() < 0.6


def test_the_second_channel_keeps_what_was_taken_out() -> None:
    strip = prepare(line("1234567", 1, height=44, box="box"))
    assert strip[1].astype(int).sum() >= strip[0].astype(int).sum()


def test_a_tilted_line_is_levelled() -> None:
    page = line("123456789", 2)
    turn = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), 3.0, 1.0)
    tilted = cv2.warpAffine(page, turn, page.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    ink = _ink(prepare(np.asarray(tilted, dtype=np.uint8)))
    columns = np.flatnonzero(ink.any(axis=0))
    middle = [float(np.mean(np.flatnonzero(ink[:, c]))) for c in columns]
    slope = np.polyfit(columns, middle, 1)[0]
    assert abs(slope) < 0.02


def test_a_one_at_the_end_of_its_box_stays() -> None:
    for seed in range(4):
        strip = prepare(line("701", seed, hand=HANDS[3], box="box"))
        columns = _ink(strip).any(axis=0)
        assert int((np.diff(columns.astype(int)) == 1).sum()) + int(columns[0]) >= 3


def test_a_flat_digit_at_the_end_is_not_cut_off() -> None:
    page = np.full((120, 420), 255, np.uint8)
    cv2.rectangle(page, (8, 12), (410, 108), 0, 4)
    for at in (60, 150, 240):
        cv2.ellipse(page, (at, 60), (24, 32), 0, 0, 360, 0, 6)
    # A hasty 2, lower than half a digit and as wide as one.
    cv2.polylines(page, [np.array([[310, 70], [345, 66], [355, 78], [340, 92], [320, 92]])], False, 0, 6)
    columns = np.flatnonzero(_ink(prepare(page)).any(axis=0))
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    assert len(parts) == 4
    assert len(parts[-1]) > 0.6 * len(parts[0])


def test_strokes_of_a_broad_pen_in_a_row_are_no_rule() -> None:
    page = np.full((130, 330), 255, np.uint8)
    cv2.rectangle(page, (4, 8), (325, 122), 120, 2)
    for at in (22, 112, 205):
        cv2.line(page, (at, 80), (at + 82, 68), 60, 17)
        cv2.line(page, (at + 40, 30), (at + 20, 105), 60, 17)
    columns = np.flatnonzero(_ink(prepare(cv2.GaussianBlur(page, (0, 0), 2))).any(axis=0))
    # From the first stroke to the last: 15 to 300 of the picture, its digits 90 high.
    assert columns[-1] - columns[0] > 2.5 * DIGIT


def test_a_broad_pen_in_a_tight_box_is_no_negative() -> None:
    page = np.full((60, 150), 255, np.uint8)
    cv2.rectangle(page, (5, 5), (144, 54), 0, 11)
    for at in (36, 75, 114):
        cv2.ellipse(page, (at, 30), (14, 19), 0, 0, 360, 0, 6)
    assert (page < 128).mean() > 0.5
    ink = _ink(prepare(page))
    assert not ink[HEIGHT // 2, ink.shape[1] // 2], "the middle ring's hole is paper"
    white_on_black = np.zeros((60, 150), np.uint8)
    cv2.putText(white_on_black, "4712", (10, 48), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 3)
    plain = prepare(np.asarray(255 - white_on_black, dtype=np.uint8))
    assert np.abs(prepare(white_on_black).astype(int) - plain).mean() < 2


def _in_a_row(right: int, left_end: int = 56) -> np.ndarray:
    """A box with writing between two empty ones that the picture's ends cut off, printing above it."""
    page = np.full((150, 260), 255, np.uint8)
    for left, end in ((-60, left_end), (70, 190), (right, 320)):
        cv2.rectangle(page, (left, 60), (end, 130), 0, 5)
    cv2.putText(page, "4712", (90, 45), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    digits = line("305", 3, height=40, box="none")
    columns, rows = (np.flatnonzero((digits < 120).any(axis=axis)) for axis in (0, 1))
    ink = digits[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    page[75 : 75 + ink.shape[0], 80 : 80 + ink.shape[1]] = ink
    return page


@pytest.mark.parametrize(("right", "left_end"), [(204, 56), (240, 56), (252, 56), (300, 56), (300, 63)])
def test_of_boxes_in_a_row_only_the_one_with_writing_is_seen(right: int, left_end: int) -> None:
    alone = prepare(line("305", 3, height=40, box="none"))
    strip = prepare(_in_a_row(right, left_end))
    assert abs(strip.shape[2] - alone.shape[2]) <= STEP
    ink = _ink(strip)
    assert abs(int(ink.sum()) / int(_ink(alone).sum()) - 1) < 0.3
    assert ink.mean(axis=0).max() < 0.75


def _framed(strip: np.ndarray) -> bool:
    """Whether a box's sides or rules are left in the writing."""
    ink = _ink(strip)
    return bool(ink.mean(axis=0).max() > 0.8 or ink.mean(axis=1).max() > 0.7)


@pytest.mark.parametrize("height", [26, 34])
def test_a_tight_blurred_box_is_taken_out_and_its_writing_is_dark(height: int) -> None:
    page = line("50718", 4, height=height, gap=0.05)
    heavy = cv2.GaussianBlur(cv2.erode(page, np.ones((3, 3), np.uint8)), (0, 0), 2.0)
    tight = heavy[round(0.36 * height) : -round(0.36 * height), round(0.45 * height) : -round(0.45 * height)]
    strip = prepare(np.ascontiguousarray(tight, dtype=np.uint8))
    assert strip[0].max() > 200
    assert not _framed(strip)


@pytest.mark.parametrize("turn", [-3.5, 3.5])
def test_the_sides_of_a_tilted_box_are_taken_out(turn: float) -> None:
    page = line("305719420583", 2, height=50)
    way = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), turn, 1.0)
    tilted = cv2.warpAffine(page, way, page.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    assert not _framed(prepare(np.asarray(tilted, dtype=np.uint8)))


@pytest.mark.parametrize("at", [36, 42])
def test_a_digit_written_over_the_side_of_its_box_stays(at: int) -> None:
    page = np.full((120, 320), 255, np.uint8)
    cv2.rectangle(page, (40, 30), (280, 100), 0, 3)
    page[45:95, 90:260] = cv2.resize(line("305", 3, box="none")[20:-20, 20:-20], (170, 50))
    cv2.ellipse(page, (at, 65), (16, 24), 0, 0, 360, 0, 5)
    strip = prepare(page)
    inked = _ink(strip).any(axis=0).astype(int)
    assert int((np.diff(inked, prepend=0) == 1).sum()) >= 4


def test_the_same_ink_in_another_size_gives_about_the_same_strip() -> None:
    small = prepare(line("305", 1, height=40, box="none"))
    page = line("305", 1, height=40, box="none")
    large = prepare(cv2.resize(page, None, fx=2.2, fy=2.2, interpolation=cv2.INTER_CUBIC))
    assert abs(small.shape[2] - large.shape[2]) <= STEP
    width = min(small.shape[2], large.shape[2])
    a, b = (each[0, :, :width].astype(float).sum(axis=0) for each in (small, large))
    assert np.corrcoef(a, b)[0, 1] > 0.9


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 900), (900, 2), (30, 4000), (3000, 40), (5, 5, 3), (60, 80, 4)]
)
@pytest.mark.parametrize("kind", ["noise", "black", "white"])
def test_any_picture_gives_a_strip(shape: tuple[int, ...], kind: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, shape) if kind == "noise" else np.full(shape, 255 * (kind == "white"))
    strip = prepare(image.astype(np.uint8))
    assert strip.shape[:2] == (2, HEIGHT)
    assert 0 < strip.shape[2] <= 1208
