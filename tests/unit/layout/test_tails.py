"""What is written beyond a field's edge is told from the form's lines and from other print."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.layout import DPI, sticking_out
from templates.model import Box

SCALE = DPI / 25.4


def px(mm: float) -> int:
    return round(mm * SCALE)


def test_a_tail_goes_and_lines_and_print_stay() -> None:
    page = np.full((px(60), px(100)), 250, np.uint8)
    cv2.rectangle(page, (px(10), px(10)), (px(80), px(20)), 60, 2)
    empty = page.copy()
    # A letter whose tail crosses the lower line, and a word printed further below.
    cv2.line(page, (px(30), px(13)), (px(27), px(24)), 60, 4)
    cv2.putText(page, "mm", (px(50), px(26)), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 60, 2)
    tails = sticking_out(page, DPI, [Box(10, 10, 70, 10)])
    assert tails[px(23), px(27.3)]
    assert not tails[:, px(45) :].any()
    # Nothing that the empty form prints.
    assert not (tails & (empty < 128)).any()
    assert not sticking_out(empty, DPI, [Box(10, 10, 70, 10)]).any()
