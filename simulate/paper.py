"""Ink on printed paper, slips lying on a sheet: everything before the scanner. Grey uint8, 255 white."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.fill import Filled, Mark
from simulate.strokes import draw_at, lay
from templates.model import Template

Grey = NDArray[np.uint8]
A4 = (210.0, 297.0)


@dataclass(frozen=True)
class Placed:
    """A slip's picture on a sheet: its top left in sheet millimetres, turned clockwise about its middle."""

    picture: Grey
    x_mm: float
    y_mm: float
    turn_deg: float = 0.0


@lru_cache(maxsize=4)
def _blank(template: Template, dpi: int) -> Grey:
    from templates.printing import picture

    grey = np.asarray(picture(template, dpi).convert("L"), dtype=np.uint8)
    grey.flags.writeable = False
    return grey


def blank(template: Template, dpi: int) -> Grey:
    """The printed, empty form at ``dpi``, H×W, read-only; rendered once."""
    return _blank(template, dpi)


def personal(template: Template, account: str, dpi: int) -> Grey:
    """The personal slip of ``account`` as it is printed, H×W."""
    from templates.printing import picture

    return np.asarray(picture(template, dpi, account).convert("L"), dtype=np.uint8)


def written(filled: Filled, printed: Grey, dpi: float, rng: np.random.Generator) -> Grey:
    """``filled``'s ink on ``printed`` (its form at ``dpi``; not changed), H×W."""
    paper = printed.copy()
    for mark in filled.marks:
        ink(paper, mark, dpi, rng)
    return paper


def ink(paper: Grey, mark: Mark, dpi: float, rng: np.random.Generator) -> None:
    """One mark laid on ``paper``, in place."""
    scale = dpi / 25.4
    drawn, (x, y) = draw_at(mark.strokes, mark.em_mm * scale, mark.pen, rng)
    lay(paper, drawn, round(mark.x_mm * scale) + x, round(mark.y_mm * scale) + y, mark.pen.shade)


def sheet(slips: Sequence[Placed], dpi: float, size_mm: tuple[float, float] = A4, shade: int = 255) -> Grey:
    """A sheet of ``size_mm`` (width, height) with slips on it, later ones on top; what hangs over is cut."""
    scale = dpi / 25.4
    width, height = round(size_mm[0] * scale), round(size_mm[1] * scale)
    canvas = np.full((height, width), shade, np.uint8)
    for slip in slips:
        _place(canvas, slip, scale)
    return canvas


def _place(canvas: Grey, slip: Placed, scale: float) -> None:
    h, w = slip.picture.shape
    if not slip.turn_deg:
        left, top = round(slip.x_mm * scale), round(slip.y_mm * scale)
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + w, canvas.shape[1]), min(top + h, canvas.shape[0])
        if x0 < x1 and y0 < y1:
            canvas[y0:y1, x0:x1] = slip.picture[y0 - top : y1 - top, x0 - left : x1 - left]
        return
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), -slip.turn_deg, 1.0)
    matrix = np.asarray(matrix, dtype=np.float64)
    matrix[:, 2] = matrix[:, 2] + np.array([slip.x_mm, slip.y_mm]) * scale
    size = (canvas.shape[1], canvas.shape[0])
    # The paper's edge catches a little shadow, so a slip on a white sheet still shows its outline.
    warped = cv2.warpAffine(slip.picture, matrix, size, flags=cv2.INTER_CUBIC, borderValue=255.0)
    mask = cv2.warpAffine(np.full((h, w), 255, np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    np.copyto(canvas, np.asarray(warped, dtype=np.uint8), where=mask > 0)
