"""Preparation finds the ink and not the box, wherever the writer put it."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.cells.lines import Frame, suppress
from ocr.cells.prepare import SIZE, prepare, prepare_one
from simulate.strokes import Pen
from tests.unit.cells.cells import MARGIN, box, noisy, paper, write
from training.shapes import VARIANTS, curve

PEN = Pen(width=0.1, shade=30)


def _strokes(value: int, variant: int = 0) -> list[np.ndarray]:
    return [curve(np.array(points, dtype=np.float64)) for points in VARIANTS[value][variant]]


def _written(value: int = 3, *, lines: bool = True, seed: int = 0, **where: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    crop = paper()
    if lines:
        box(crop)
    write(crop, _strokes(value), PEN, rng, **where)
    return noisy(crop, rng)


def _alike(first: np.ndarray, second: np.ndarray) -> float:
    a, b = first[0].ravel(), second[0].ravel()
    return float(np.corrcoef(a, b)[0, 1])


def test_shape_range_and_empty_list() -> None:
    inputs = prepare([_written(), _written(5)], MARGIN)
    assert inputs.shape == (2, 2, SIZE, SIZE)
    assert inputs.dtype == np.float32
    assert inputs.min() >= 0.0 and inputs.max() <= 1.0
    assert prepare([], MARGIN).shape == (0, 2, SIZE, SIZE)


@pytest.mark.parametrize(("dx", "dy"), [(0.12, 0.0), (-0.12, 0.05), (0.05, -0.05), (0.0, 0.05)])
def test_ink_off_centre_comes_out_the_same(dx: float, dy: float) -> None:
    assert _alike(prepare_one(_written(), MARGIN), prepare_one(_written(dx=dx, dy=dy), MARGIN)) > 0.93


@pytest.mark.parametrize("dy", [-0.11, -0.09, -0.07, 0.07, 0.09, 0.11])
def test_ink_that_touches_a_line_keeps_its_shape(dy: float) -> None:
    assert _alike(prepare_one(_written(), MARGIN), prepare_one(_written(dy=dy), MARGIN)) > 0.7


@pytest.mark.parametrize("height", [0.5, 0.6, 0.8])
def test_larger_and_smaller_writing_comes_out_the_same(height: float) -> None:
    assert _alike(prepare_one(_written(), MARGIN), prepare_one(_written(height=height), MARGIN)) > 0.88


@pytest.mark.parametrize("value", range(10))
def test_dropped_out_lines_change_nothing(value: int) -> None:
    assert (
        _alike(prepare_one(_written(value), MARGIN), prepare_one(_written(value, lines=False), MARGIN)) > 0.93
    )


@pytest.mark.parametrize("shift", [-3, -2, 2, 3])
def test_lines_are_found_where_registration_is_a_little_off(shift: int) -> None:
    rng = np.random.default_rng(1)
    crop = paper()
    box(crop, dx=shift, dy=-shift)
    prepared = prepare_one(noisy(crop, rng), MARGIN)
    # Channel 1 shows the box, channel 0 must not.
    assert prepared[1].max() > 0.9
    frame = Frame(9, 10, 53, 62)
    dark = np.maximum(238.0 - crop, 0).astype(np.float32)
    assert suppress(dark[None], frame)[0][14:58, 14:48].max() == 0
    assert (suppress(dark[None], frame)[0] > 40).sum() < 0.25 * (dark > 40).sum()


def test_small_ink_stays_small() -> None:
    rng = np.random.default_rng(2)
    crop = paper()
    box(crop)
    write(crop, [np.array([[0.0, 0.0], [0.02, 0.1]])], PEN, rng, dy=0.3)
    prepared = prepare_one(noisy(crop, rng), MARGIN)
    assert 5 < (prepared[0] > 0.5).sum() < 90


def test_ink_that_crosses_a_line_survives_it() -> None:
    rng = np.random.default_rng(3)
    crop = paper()
    box(crop)
    write(crop, [np.array([[-0.2, 0.0], [1.1, 0.0]])], Pen(width=0.12, shade=20), rng)
    frame = Frame(9, 10, 53, 62)
    dark = np.maximum(238.0 - crop, 0).astype(np.float32)
    row = suppress(dark[None], frame)[0][round(crop.shape[0] / 2), 10:52]
    assert row.min() > 60


def test_faint_pencil_is_stretched_to_full_ink() -> None:
    rng = np.random.default_rng(4)
    crop = paper()
    box(crop, shade=40)
    write(crop, _strokes(2), Pen(width=0.09, shade=195), rng)
    prepared = prepare_one(noisy(crop, rng, 1.5), MARGIN)
    assert np.percentile(prepared[0], 95) > 0.75


def test_neighbours_overflow_is_taken_out() -> None:
    rng = np.random.default_rng(5)
    crop = paper()
    box(crop)
    write(crop, _strokes(1), PEN, rng, dx=-0.62)
    write(crop, _strokes(4), PEN, rng)
    alone = prepare_one(_written(4), MARGIN)
    assert _alike(alone, prepare_one(noisy(crop, rng), MARGIN)) > 0.9


def test_a_cut_without_size_is_blank_and_no_error() -> None:
    assert prepare_one(np.zeros((2, 3), np.uint8), MARGIN).max() == 0.0
    for shape in ((5, 5), (4, 60), (300, 300)):
        assert np.isfinite(prepare_one(np.full(shape, 128, np.uint8), MARGIN)).all()


@pytest.mark.parametrize("value", [0, 255, 128])
def test_flat_cuts_have_no_ink(value: int) -> None:
    assert prepare_one(np.full((60, 60), value, np.uint8), MARGIN)[0].max() < 0.1


def test_what_is_taken_out_of_one_cell_leaves_those_beside_it_alone() -> None:
    overflow = _written(8)
    overflow[2:9, 10:-10] = 40
    overflow[-9:-2, 10:-10] = 40
    crops = [_written(3), overflow, _written(5, seed=1), paper(), overflow, _written(1, seed=2)]
    together = prepare(crops, MARGIN)
    for crop, inputs in zip(crops, together, strict=True):
        assert np.abs(prepare_one(crop, MARGIN) - inputs).max() < 1e-5
    # The neighbours' ink is gone from what is the cell's own, and still in what is dark.
    assert together[1, 0].sum() < together[1, 1].sum() - 10
