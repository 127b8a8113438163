"""Boxes cut out of a slip have their size wherever they lie, and nothing to do with the slip any more."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.forms.cutting import cut
from templates.model import Box

SLIP = np.arange(254 * 200, dtype=np.uint32).reshape(254, 200).astype(np.uint8)
DPI = 25.4


@pytest.mark.parametrize("x", [-4.0, 0.0, 90.0, 192.0])
@pytest.mark.parametrize("y", [-3.0, 0.0, 120.0, 250.0])
def test_a_box_has_its_size_and_what_lies_outside_is_white(x: float, y: float) -> None:
    framed = np.pad(SLIP, 20, constant_values=255)
    found = cut(SLIP, Box(x, y, 10.0, 8.0), DPI)
    top, left = round(y) + 20, round(x) + 20
    np.testing.assert_array_equal(found, framed[top : top + 8, left : left + 10])


def test_what_is_done_to_a_cut_is_not_done_to_the_slip() -> None:
    slip = SLIP.copy()
    cut(slip, Box(10.0, 10.0, 5.0, 5.0), DPI)[:] = 0
    np.testing.assert_array_equal(slip, SLIP)
