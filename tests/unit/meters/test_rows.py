"""From the finder's maps to rows with corners."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr.meters.finder import STRIDE, Found, apart, rows

MAP = 64


def _maps() -> NDArray[np.float32]:
    maps = np.zeros((8, MAP, MAP), np.float32)
    maps[0] = -6.0
    return maps


def _draw(
    maps: NDArray[np.float32], centre: tuple[float, float], length: float, height: float, angle: float
) -> NDArray[np.float64]:
    """Write a row of digits into maps; pixels of the picture. Returns its corners."""
    way = np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-way[1], way[0]])
    ys, xs = np.mgrid[0:MAP, 0:MAP]
    points = np.stack([xs + 0.5, ys + 0.5], -1) * STRIDE - np.array(centre)
    on = (np.abs(points @ way) <= length / 2) & (np.abs(points @ down) <= 0.35 * height)
    maps[0][on] = 6.0
    maps[1][on] = 6.0
    maps[3][on] = -6.0
    maps[4][on], maps[5][on] = way
    maps[6][on] = np.log2(height / 16)
    ends = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    return np.array([np.array(centre) + a * length * way + b * height * down for a, b in ends])


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2, np.pi, -2.2])
def test_a_rows_corners_come_back_the_way_it_runs(angle: float) -> None:
    maps = _maps()
    corners = _draw(maps, (128, 120), 120, 24, angle)
    (found,) = rows(maps)
    assert np.abs(found.quad - corners).max() < 5.0
    assert found.score > 0.9
    assert found.reading > 0.9
    assert found.display == "drum"
    assert found.height == pytest.approx(24, rel=0.05)


def test_two_rows_are_two() -> None:
    maps = _maps()
    _draw(maps, (128, 60), 100, 20, 0.0)
    _draw(maps, (128, 160), 100, 20, 0.0)
    assert len(rows(maps)) == 2


def test_nothing_is_found_where_nothing_is() -> None:
    assert rows(_maps()) == []


def test_a_speck_is_no_row() -> None:
    maps = _maps()
    maps[0][30, 30:33] = 8.0
    assert rows(maps) == []


def test_a_long_row_lies_where_its_places_lie() -> None:
    maps = _maps()
    corners = _draw(maps, (128, 128), 160, 24, np.pi / 2)
    on = maps[0] > 0
    maps[4][on], maps[5][on] = 1.0, 0.0
    (found,) = rows(maps)
    assert min(np.abs(found.quad - corners).max(), np.abs(found.quad[[2, 3, 0, 1]] - corners).max()) < 5.0


def test_places_that_do_not_agree_on_a_direction_are_no_row() -> None:
    maps = _maps()
    _draw(maps, (128, 128), 40, 24, 0.0)
    on = maps[0] > 0
    maps[4][on] = np.where(np.arange(on.sum()) % 2, 1.0, -1.0)
    assert rows(maps) == []


def test_of_two_on_one_place_the_surer_stays() -> None:
    quad = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], np.float32)
    sure = Found(quad, 0.9, 1.0, 0.0, 1.0)
    same = Found(quad + 3, 0.7, 1.0, 0.0, 1.0)
    other = Found(quad + 60, 0.6, 1.0, 0.0, 1.0)
    assert apart([same, other, sure]) == [sure, other]
