"""A strip is seen twice: as it is, and a little larger."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.lines.prepare import HEIGHT, STEP, prepare
from ocr.lines.views import views
from tests.unit.lines.lines import line


@pytest.mark.parametrize("text", ["", "1", "305", "0123456789"])
def test_the_other_view_shows_the_same_writing_larger(text: str) -> None:
    strip = prepare(line(text, 2, box="none"))
    first, larger = views(strip)
    assert np.array_equal(first, strip)
    assert larger.dtype == np.uint8
    assert larger.shape[:2] == (2, HEIGHT)
    assert larger.shape[2] % STEP == 0
    assert larger.shape[2] >= strip.shape[2]
    if text:
        rows, taller = (np.flatnonzero((each[0] > 100).any(axis=1)) for each in (strip, larger))
        assert 1 <= (taller[-1] - taller[0]) - (rows[-1] - rows[0]) <= 4
        assert (taller[-1] + taller[0]) / 2 == pytest.approx((rows[-1] + rows[0]) / 2, abs=1.5)
