"""Corner markers and QR codes as rectangles, in millimetres: vector, sharp at any resolution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import segno

from templates.model import MARKER_DICTIONARY, Box

#: Modules along a marker's side: six of code and a black frame of one.
MARKER_MODULES = 8


@cache
def marker_rows(marker_id: int) -> tuple[tuple[bool, ...], ...]:
    """An 8×8 marker, row by row; ``True`` is black."""
    import cv2

    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARKER_DICTIONARY))
    picture = cv2.aruco.generateImageMarker(dictionary, marker_id, MARKER_MODULES)
    return tuple(tuple(bool(value == 0) for value in row) for row in picture)


def code_rows(content: str) -> tuple[tuple[bool, ...], ...]:
    """A QR code without its quiet zone; level Q: a quarter of it may be torn or stained."""
    code = segno.make(content, error="q", boost_error=True, micro=False)
    return tuple(tuple(bool(value) for value in row) for row in code.matrix)


def rectangles(rows: Sequence[Sequence[bool]], box: Box) -> list[Box]:
    """Black modules as rectangles within ``box``, one for each horizontal run."""
    height = box.h_mm / len(rows)
    width = box.w_mm / len(rows[0])
    found = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            found.append(Box(box.x_mm + x * width, box.y_mm + y * height, (end - x) * width, height))
            x = end
    return found
