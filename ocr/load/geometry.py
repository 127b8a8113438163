"""Turning, squaring and reducing page images."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.load.limits import Limits

Pixels = NDArray[np.uint8]

UPRIGHT = 1
# Scanners and fax machines work between these; cameras write 72 or 96 whatever they saw.
_LOWEST_DPI = 99.0
_HIGHEST_DPI = 4800.0
_SQUARE = 1.02


def turn(image: Pixels, orientation: int) -> Pixels:
    """Undo an EXIF orientation (1-8, anything else is 1): the result is upright; H×W or H×W×3, contiguous."""
    match orientation:
        case 2:
            turned = cv2.flip(image, 1)
        case 3:
            turned = cv2.rotate(image, cv2.ROTATE_180)
        case 4:
            turned = cv2.flip(image, 0)
        case 5:
            turned = cv2.transpose(image)
        case 6:
            turned = cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE)
        case 7:
            turned = cv2.rotate(cv2.transpose(image), cv2.ROTATE_180)
        case 8:
            turned = cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)
        case _:
            turned = image
    return np.ascontiguousarray(turned, dtype=np.uint8)


def swaps_axes(orientation: int) -> bool:
    """Whether undoing this orientation exchanges width and height."""
    return orientation in (5, 6, 7, 8)


def plausible_dpi(x: float, y: float) -> tuple[float, float] | None:
    """Both resolutions where they can be those of a scan, else None."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    if not (_LOWEST_DPI <= max(x, y) <= _HIGHEST_DPI and min(x, y) >= _LOWEST_DPI / 2.2):
        return None
    # Fax has half the lines in height; anything beyond that is a mistake of the writer.
    return (x, y) if max(x, y) <= 2.2 * min(x, y) else None


def reduction(dpi: tuple[float, float] | None, limits: Limits) -> int:
    """Whole factor by which a page image is reduced so that it has at most ``limits.max_dpi``."""
    if dpi is None:
        return 1
    return max(1, math.ceil(min(dpi) / limits.max_dpi - 0.01))


def finish(
    image: Pixels, dpi: tuple[float, float] | None, factor: int, most: int
) -> tuple[Pixels, float | None]:
    """Reduce by ``factor`` (area averaging) and make pixels square; dpi is (x, y) before reduction.

    The coarser axis is stretched, unless that gave more than ``most`` pixels: then the finer one is shrunk.
    """
    if dpi is None:
        return image, None
    x, y = dpi
    height, width = image.shape[:2]
    target = max(x, y) / factor
    if max(x, y) > _SQUARE * min(x, y):
        shrunk = width * target / x * height * target / y > most
        target = min(x, y) / factor if shrunk else target
        size = (max(1, round(width * target / x)), max(1, round(height * target / y)))
        method = cv2.INTER_AREA if factor > 1 or shrunk else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)
    elif factor > 1:
        size = (max(1, width // factor), max(1, height // factor))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return image, target
