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
