"""The pen: same seed same ink, size as asked for, ink where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.strokes import Pen, draw, draw_at, lay, normalise, random_pen, vary
from training.shapes import VARIANTS, shape

LINE = [np.array([[0.3, 0.0], [0.3, 1.0]])]


def test_a_seed_repeats_the_ink() -> None:
    first, second = (np.random.default_rng(9), np.random.default_rng(9))
    a, b = draw(LINE, 40, random_pen(first), first), draw(LINE, 40, random_pen(second), second)
    assert np.array_equal(a, b)
    assert not np.array_equal(a, draw(LINE, 40, random_pen(first), first))


@pytest.mark.parametrize("height", [20, 47, 120])
def test_height_and_width_of_the_line_are_as_asked_for(height: int) -> None:
    ink = draw(LINE, height, Pen(width=0.1, darkness=1.0), np.random.default_rng(0))
    rows = np.flatnonzero(ink.max(axis=1) > 0.5)
    assert abs(len(rows) - 1.1 * height) <= 0.05 * height + 2
    assert abs(ink[ink.shape[0] // 2].sum() - 0.1 * height) < 0.03 * height + 0.6
    assert ink.dtype == np.float32
    assert ink.min() >= 0.0 and ink.max() <= 1.0


def test_random_pens_keep_coverage_in_range() -> None:
    rng = np.random.default_rng(3)
    for value in VARIANTS:
        for _ in range(12):
            ink = draw(shape(value, rng), 40, vary(random_pen(rng), rng), rng)
            assert np.isfinite(ink).all()
            assert ink.min() >= 0.0 and 0.2 < ink.max() <= 1.0


def test_slant_leans_right_and_rotation_turns_clockwise() -> None:
    rng = np.random.default_rng(0)
    leaning = draw(LINE, 60, Pen(slant=0.4), rng)
    top, foot = leaning[:15].sum(axis=0).argmax(), leaning[-15:].sum(axis=0).argmax()
    assert top > foot + 10
    turned = draw(LINE, 60, Pen(rotation=0.3), rng)
    assert turned[:15].sum(axis=0).argmax() > turned[-15:].sum(axis=0).argmax() + 8


def test_draw_at_says_where_the_canvas_lies() -> None:
    dash = [np.array([[0.1, 0.5], [0.5, 0.5]])]
    ink, (x, y) = draw_at(dash, 100, Pen(width=0.08), np.random.default_rng(0))
    ys, xs = np.nonzero(ink > 0.5)
    assert abs(y + ys.mean() - 50) < 2
    assert abs(x + xs.mean() - 30) < 2


def test_no_strokes_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw([], 40, Pen(), np.random.default_rng(0))


def test_normalise_makes_ems_and_keeps_dashes_flat() -> None:
    digit = normalise([np.array([[100.0, 50.0], [120.0, 90.0]])])
    assert digit[0][:, 1].tolist() == [0.0, 1.0]
    assert digit[0][:, 0].tolist() == [0.0, 0.5]
    dash = normalise([np.array([[0.0, 5.0], [30.0, 5.5]])])
    assert np.ptp(dash[0][:, 0]) == pytest.approx(0.6)
    assert abs(dash[0][:, 1].mean() - 0.5) < 0.02
    assert normalise([np.array([[3.0, 3.0]])])[0].shape == (1, 2)


@pytest.mark.parametrize(("x", "y"), [(-5, -5), (95, 3), (20, 60), (300, 300)])
def test_ink_may_fall_off_the_paper(x: int, y: int) -> None:
    paper = np.full((64, 100), 250, np.uint8)
    lay(paper, np.ones((12, 12), np.float32), x, y, 10)
    assert paper.shape == (64, 100)
    assert set(np.unique(paper)) <= {10, 250}


def test_ink_over_ink_gets_darker() -> None:
    paper = np.full((10, 10), 200, np.uint8)
    half = np.full((10, 10), 0.5, np.float32)
    lay(paper, half, 0, 0, 0)
    assert paper[5, 5] == 100
    lay(paper, half, 0, 0, 0)
    assert paper[5, 5] == 50
