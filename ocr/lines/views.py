"""The same strip a little larger: a network is right more often about both than about one."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.lines.prepare import STEP, Strip

#: Sizes that a strip is seen in besides its own.
_SIZES = (1.1,)
_NARROWEST = 6 * STEP


def views(strip: Strip) -> list[Strip]:
    """A prepared strip (2, H, W) and another of the same height with its writing larger."""
    return [strip, *(_scaled(strip, size) for size in _SIZES)]


def _scaled(strip: Strip, size: float) -> Strip:
    _, height, width = strip.shape
    wide = max(_NARROWEST, -(-round(width * size) // STEP) * STEP)
    matrix = np.array([[size, 0.0, (wide - width * size) / 2], [0.0, size, (height - height * size) / 2]])
    both = cv2.warpAffine(strip.transpose(1, 2, 0), matrix, (wide, height), flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(both.transpose(2, 0, 1), dtype=np.uint8)
