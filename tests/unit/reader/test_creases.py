"""Steps in a row of printed lines, as paper missing in a fold makes them."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.forms.creases import crease
from ocr.forms.landmarks import expected_lines
from ocr.forms.settings import Floats
from tests.unit.reader.slips import dropbox

LINES = expected_lines(dropbox())
ROW = (LINES.field == 0) & ~LINES.guard


def offsets(step: float) -> Floats:
    """Every upright line of the row's right half lies ``step`` mm off."""
    half = LINES.middle[ROW, 0].mean()
    return np.where((LINES.kind == 0) & (LINES.middle[:, 0] > half), step, 0.0)


@pytest.mark.parametrize("step", [0.0, 0.7, -1.2])
def test_a_step_between_upright_lines_is_measured(step: float) -> None:
    assert crease(LINES, ROW, offsets(step)) == pytest.approx(abs(step))


def test_what_is_known_already_is_asked_for_no_more() -> None:
    assert crease(LINES, ROW, offsets(0.7), 0.5) == pytest.approx(0.7)
    assert crease(LINES, ROW, offsets(0.7), 0.9) == 0.9


def test_cells_that_have_lost_height_are_a_crease_too() -> None:
    rest = np.where(LINES.kind == 2, -0.8, 0.0)
    assert crease(LINES, ROW, rest) == pytest.approx(0.8)


def test_lines_that_do_not_agree_make_no_step() -> None:
    rest = offsets(0.7) + np.where(np.arange(len(LINES.axis)) % 2 == 0, 1.0, -1.0)
    assert crease(LINES, ROW & (LINES.kind == 0), rest) == 0.0
