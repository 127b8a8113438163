"""What people write into a field and beyond its edge: tails of letters, stems, strokes of a signature."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.layout.boxes import joined
from ocr.layout.rulings import rulings
from templates.model import Box

#: A field's own border (mm); ink is one stroke across so much of it; how far beyond a field tails reach.
_BORDER_MM, _ACROSS_MM, _REACH_MM = 0.6, 0.75, 8.0


def sticking_out(grey: NDArray[np.uint8], dpi: float, fields: Sequence[Box]) -> NDArray[np.bool_]:
    """Which pixels of a filled page (uint8 H×W, straightened) are ink that begins in a field and leaves it.

    The form's lines are never among them.
    """
    lines = rulings(grey, dpi)
    scale = dpi / 25.4
    printed = np.asarray(cv2.dilate(joined(lines), np.ones((3, 3), np.uint8)), np.uint8)
    ink = np.asarray(lines.ink & (1 - printed), np.uint8)
    inside, around = np.zeros_like(ink), np.zeros_like(ink)
    for box in fields:
        _fill(inside, box.grown(-_BORDER_MM), scale)
        _fill(around, box.grown(_REACH_MM), scale)
    # Taking out the border has cut a stroke that crosses it in two.
    across = max(3, round(_ACROSS_MM * scale)) | 1
    _, marks = cv2.connectedComponents(cv2.dilate(ink, np.ones((across, across), np.uint8)))
    begun = np.zeros(int(marks.max()) + 1, np.bool_)
    begun[np.unique(marks[(ink & inside) > 0])] = True
    begun[0] = False
    tails = np.asarray(begun[marks] & (ink > 0) & (inside == 0) & (around > 0), np.uint8)
    # A stroke's pale rim with it, but not the form's lines.
    rim = cv2.dilate(tails, np.ones((3, 3), np.uint8))
    return np.asarray((rim > 0) & (printed == 0), np.bool_)


def _fill(mask: NDArray[np.uint8], box: Box, scale: float) -> None:
    x0, y0, x1, y1 = (max(0, round(v * scale)) for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm))
    mask[y0:y1, x0:x1] = 1
