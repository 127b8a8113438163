"""Counted and short medians and sorting networks say what numpy's sorting says."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.forms.levels import Levels
from ocr.forms.ranks import median, rank, ranked


@pytest.mark.parametrize("count", range(1, 24))
def test_a_network_sorts_every_series(count: int) -> None:
    series = np.random.default_rng(count).integers(0, 256, (count, 40, 5), dtype=np.uint8)
    wanted = np.sort(series, axis=0)
    np.testing.assert_array_equal(np.stack(ranked(series)), wanted)


@pytest.mark.parametrize("count", [1, 2, 5, 17, 21])
def test_one_place_of_a_series_is_found_without_sorting_the_rest(count: int) -> None:
    series = np.random.default_rng(count).integers(0, 256, (count, 40, 5), dtype=np.uint8)
    wanted = np.sort(series, axis=0)
    for place in range(count):
        np.testing.assert_array_equal(rank(series.copy(), place), wanted[place])


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 3), (40, 31), (64, 64)])
@pytest.mark.parametrize("most", [2, 9, 256])
def test_counted_levels_are_those_of_sorted_pixels(shape: tuple[int, int], most: int) -> None:
    picture = np.random.default_rng(most + shape[1]).integers(0, most, shape, dtype=np.uint8)
    levels = Levels(picture)
    assert levels.median() == np.median(picture)
    assert [levels.percentile(p) for p in (0, 1, 33, 70, 100)] == [
        np.percentile(picture, p) for p in (0, 1, 33, 70, 100)
    ]
    for level in (0.0, levels.median(), 3.5):
        assert levels.median_distance(level) == np.median(np.abs(picture - level))


def test_a_strided_view_is_counted_as_it_is_seen() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert Levels(picture[::7, ::7]).median() == np.median(picture[::7, ::7])


def test_levels_without_rows_are_counted_too() -> None:
    series = np.array([3, 9, 9, 200], dtype=np.uint8)
    assert (Levels(series).median(), Levels(series).percentile(100)) == (9.0, 200.0)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 41])
def test_a_short_series_has_the_median_that_numpy_finds(count: int) -> None:
    series = np.random.default_rng(count).normal(size=count)
    assert median(series) == np.median(series)
