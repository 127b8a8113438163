"""Do the printed lines of a row stand elsewhere than the row is taken to be?

A row whose lines were not all found in place is either one that a black-and-white scan has lost lines of, or
one that is printed, or folded, somewhere else. Its lines tell which: laid over the scan part by part, they
must fit nowhere clearly better than where the row is taken to be.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.settings import Floats, Grey
from templates.model import Box, Field

#: How far away lines are looked for, and what still counts as in place (mm).
_REACH_MM, _IN_PLACE_MM = 9.0, 0.6
#: A line is darker than the paper within this distance to both sides (mm).
_RIDGE_MM = 0.7
#: Ridges count up to this share of black, so that ink weighs no more than print.
_CAP = 0.3
#: Lines elsewhere count when they fit this much better, and explain this share of what they could at all.
_BETTER, _LEAST = 1.35, 0.6
_PART = 3
#: How far off tops or feet are looked for (mm), and what share of a level line must be seen there.
_CREASE_MM, _LEVEL = 3.5, 0.75

Ridges = NDArray[np.float32]


def stands_elsewhere(slip: Grey, field: Field, shifts: Floats, *, dpi: float, black: float) -> bool:
    """Whether some three neighbouring cells of a row are seen away from ``shifts`` (cells, 2) mm.

    ``slip``: rectified, uint8, at ``dpi``; ``black``: grey levels between paper and print.
    """
    scale = dpi / 25.4
    reach = round(_REACH_MM * scale)
    framed = np.pad(slip, reach, constant_values=255)
    near = round(_IN_PLACE_MM * scale)
    for cells, moved in _parts(field, shifts):
        box = Box.around(cells)
        x, y = round((box.x_mm + moved[0]) * scale), round((box.y_mm + moved[1]) * scale)
        width, height = round(box.w_mm * scale) + 1, round(box.h_mm * scale) + 1
        part = framed[y : y + height + 2 * reach, x : x + width + 2 * reach]
        if part.shape != (height + 2 * reach, width + 2 * reach):
            continue
        fit = _fit(part, cells, box, scale, black)
        inside = fit[reach - near : reach + near + 1, reach - near : reach + near + 1]
        here = float(inside.max())
        away = fit.copy()
        away[reach - 2 * near : reach + 2 * near + 1, reach - 2 * near : reach + 2 * near + 1] = 0.0
        if float(away.max()) > max(_BETTER * here, _LEAST) or _creased(part, cells, reach, scale, black):
            return True
    return False


def _parts(field: Field, shifts: Floats) -> Iterator[tuple[tuple[Box, ...], Floats]]:
    """Runs of neighbouring cells with the shift they are cut with."""
    count = len(field.cells)
    for first in range(max(1, count - _PART + 1)):
        chosen = slice(first, first + _PART)
        yield field.cells[chosen], shifts[chosen].mean(axis=0)


def _fit(part: Grey, cells: tuple[Box, ...], box: Box, scale: float, black: float) -> Ridges:
    """Share (0 to 1) of the lines that is seen, for every displacement of the cells within ``part``."""
    size = 2 * round(_RIDGE_MM * scale) + 1
    width, height = round(box.w_mm * scale) + 1, round(box.h_mm * scale) + 1
    uprights, levels = np.zeros((2, height, width), dtype=np.float32)
    for cell in cells:
        x0, x1 = round((cell.x_mm - box.x_mm) * scale), round((cell.right_mm - box.x_mm) * scale)
        y0, y1 = round((cell.y_mm - box.y_mm) * scale), round((cell.bottom_mm - box.y_mm) * scale)
        uprights[y0 : y1 + 1, [x0, min(x1, width - 1)]] = 1.0
        levels[[y0, min(y1, height - 1)], x0 : x1 + 1] = 1.0
    across = _ridges(part, (1, size), black)
    down = _ridges(part, (size, 1), black)
    seen = cv2.matchTemplate(across, uprights, cv2.TM_CCORR) / uprights.sum()
    seen = seen + cv2.matchTemplate(down, levels, cv2.TM_CCORR) / levels.sum()
    return np.asarray(seen / 2.0, dtype=np.float32)


def _creased(part: Grey, cells: tuple[Box, ...], reach: int, scale: float, black: float) -> bool:
    """Whether the cells' tops or their feet by themselves are seen higher or lower than they belong."""
    near, far = round(_IN_PLACE_MM * scale), round(_CREASE_MM * scale)
    height = round(cells[0].h_mm * scale)
    down = _ridges(part, (2 * round(_RIDGE_MM * scale) + 1, 1), black)
    inner = down[:, reach : down.shape[1] - reach].mean(axis=1)
    for middle in (reach, reach + height):
        here = float(inner[middle - near : middle + near + 1].max())
        around = inner[middle - far : middle + far + 1].copy()
        around[far - 2 * near : far + 2 * near + 1] = 0.0
        if float(around.max()) > max(_BETTER * here, _LEVEL):
            return True
    return False


def _ridges(part: Grey, kernel: tuple[int, int], black: float) -> Ridges:
    """How much darker than both sides, 0 to 1 at ``_CAP`` of black; a little wider than it is."""
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones(kernel, np.uint8))
    dark = np.minimum((closed.astype(np.float32) - part) / (_CAP * black), 1.0)
    return np.asarray(cv2.dilate(dark, np.ones((3, 3), np.uint8)), dtype=np.float32)
