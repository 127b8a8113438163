"""A scan of an empty form, straightened: its printed lines run along the picture's rows and columns."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

#: Dots an inch of a straightened form; what the form reader works at.
DPI = 200
#: A feeder turns paper by no more than this (degrees); beyond it somebody has to lay it anew.
MOST_DEGREES = 6.0
_LOOK_PX = 900


def straighten(grey: Grey, width_mm: float, height_mm: float) -> tuple[Grey, float]:
    """The page turned by its skew and scaled to ``width_mm`` × ``height_mm`` at ``DPI``, and that skew.

    ``grey``: uint8 H×W, the whole sheet. The skew is in degrees, counted clockwise. What comes in from
    outside is white.
    """
    size = (round(width_mm / 25.4 * DPI), round(height_mm / 25.4 * DPI))
    angle = skew(grey)
    scaled = cv2.resize(
        grey, size, interpolation=cv2.INTER_AREA if size[0] < grey.shape[1] else cv2.INTER_LINEAR
    )
    if abs(angle) < 0.03:
        return np.asarray(scaled, np.uint8), 0.0
    matrix = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), angle, 1.0)
    turned_by = cv2.warpAffine(
        scaled, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    return np.asarray(turned_by, np.uint8), angle


def skew(grey: Grey) -> float:
    """By how many degrees the page's print is turned clockwise; 0 where it has no rows to tell.

    Where print lies along the rows the sums over rows differ most (Postl 1986).
    """
    factor = max(1.0, max(grey.shape) / _LOOK_PX)
    small = cv2.resize(grey, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    ink = np.clip(paper.astype(np.float32) - small - 20, 0, 120)
    # The scanner's dark edge would outweigh the print.
    rim = max(4, round(0.015 * max(ink.shape)))
    ink[:rim] = ink[-rim:] = 0
    ink[:, :rim] = ink[:, -rim:] = 0
    if float(ink.sum()) < 2000:
        return 0.0
    best = _sharpest(ink, np.arange(-MOST_DEGREES, MOST_DEGREES + 0.01, 0.5))
    best = _sharpest(ink, np.arange(best - 0.5, best + 0.51, 0.1))
    best = _sharpest(ink, np.arange(best - 0.1, best + 0.11, 0.02))
    # Among angles as good as none, none.
    return 0.0 if _sharpness(ink, best) < 1.02 * _sharpness(ink, 0.0) else best


def turned(grey: Grey, quarters: int) -> Grey:
    """The page turned clockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(grey, -quarters % 4))


def _sharpest(ink: NDArray[np.float32], angles: NDArray[np.float64]) -> float:
    return float(max(angles, key=lambda angle: _sharpness(ink, float(angle))))


def _sharpness(ink: NDArray[np.float32], angle: float) -> float:
    height, width = ink.shape
    # A shear moves columns as a small turn does, and rows alone are summed.
    matrix = np.array([[1.0, 0.0, 0.0], [-np.tan(np.radians(angle)), 1.0, 0.0]])
    matrix[1, 2] = -matrix[1, 0] * width / 2
    sheared = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    rows = cast("NDArray[np.float32]", sheared).sum(axis=1)
    return float(np.square(np.diff(rows)).sum())
