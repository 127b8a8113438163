"""A second witness for a row's place: the print around it, where a black-and-white scan has lost its lines.

The form is printed in memory and laid over the scan; the row's label, hint and what is left of its outline
must fit best where the row is taken to be (normalised cross-correlation, Lewis 1995). What is written in the
cells is left out.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ocr.forms.settings import Floats, Grey
from templates.model import Box, Field, Template

_ABOVE_MM, _AROUND_MM = 6.0, 2.0
_SEARCH_MM = 2.5
_ALIKE = 0.45


def confirms(
    slip: Grey, template: Template, field: Field, shift: Floats, *, dpi: float, limit_mm: float
) -> bool:
    """Whether the print around ``field`` lies within ``limit_mm`` of where ``shift`` (2,) mm says.

    ``slip``: rectified, uint8, at ``dpi``.
    """
    scale = dpi / 25.4
    expected = _printed(template, dpi)
    box = field.box
    area = Box(
        box.x_mm - _AROUND_MM,
        box.y_mm - _ABOVE_MM,
        box.w_mm + 2 * _AROUND_MM,
        box.h_mm + _ABOVE_MM + _AROUND_MM,
    )
    x0, y0 = max(0, round(area.x_mm * scale)), max(0, round(area.y_mm * scale))
    x1 = min(slip.shape[1], round(area.right_mm * scale))
    y1 = min(slip.shape[0], round(area.bottom_mm * scale))
    reach = round(_SEARCH_MM * scale)
    framed = np.pad(_without_writing(slip, field, shift, scale), reach, mode="edge")
    patch = _without_writing(expected, field, np.zeros(2), scale)[y0:y1, x0:x1]
    around = framed[y0 : y1 + 2 * reach, x0 : x1 + 2 * reach]
    scores = cv2.matchTemplate(_soft(around), _soft(patch), cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
    found = (np.array([column, row], dtype=np.float64) - reach) / scale
    return bool(scores[row, column] >= _ALIKE and np.abs(found - shift).max() <= limit_mm)


def _soft(part: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(part, (0, 0), 1.0), dtype=np.uint8)


def _without_writing(slip: Grey, field: Field, shift: Floats, scale: float) -> Grey:
    """The cells' insides white, so that only print is compared."""
    cleaned = slip.copy()
    for cell in field.cells:
        inner = cell.grown(-0.8)
        x, y = (inner.x_mm + shift[0]) * scale, (inner.y_mm + shift[1]) * scale
        rows = slice(max(0, round(y)), max(0, round(y + inner.h_mm * scale)))
        cleaned[rows, max(0, round(x)) : max(0, round(x + inner.w_mm * scale))] = 255
    return cleaned


@lru_cache(maxsize=8)
def _printed(template: Template, dpi: float) -> Grey:
    from templates.printing import picture

    return np.asarray(picture(template, dpi).convert("L"), dtype=np.uint8)
