"""A stand-alone picture of one printed box -> a cut as the form reader makes it.

The box's four border lines are looked for in the outer parts of the picture; where at least three are found
and meet in corners, the box is straightened (four-point homography), otherwise the whole picture is the cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.cells.lines import Darkness, find_lines
from ocr.cells.prepare import Grey, paper_level

#: Pictures are worked on with their longer side at most this many pixels, and at least that many.
_LARGEST, _SMALLEST = 144, 56
_CELL = 48
_MARGIN = 0.2
#: How far into the picture a border may lie.
_ZONE = 0.36
#: x = slope * y + offset
_Line = tuple[float, float]


@dataclass(frozen=True)
class Cut:
    """A cut of one cell: grey (H, W), its margin in cells, and where lines may be looked for in it."""

    grey: Grey
    margin: float
    reach: float
    fill: float


def cut_picture(image: NDArray[np.uint8]) -> Cut:
    """A picture of one box, grey (H, W) or colour (H, W, 3 or 4, BGR), any size -> its cut."""
    grey = _dark_on_light(_bounded(_grey(image)))
    dark = np.maximum(paper_level(grey.astype(np.float32)) - grey, 0.0).astype(np.float32)
    quad = _box(dark)
    if quad is None:
        return Cut(grey, 0.0, 0.08, 0.9)
    return Cut(_straighten(grey, quad), _MARGIN, 0.13, 0.55)


def _grey(image: NDArray[np.uint8]) -> Grey:
    if image.ndim == 3 and image.shape[2] == 4:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), dtype=np.uint8)
    if image.ndim == 3 and image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return image.reshape(image.shape[:2])


def _dark_on_light(grey: Grey) -> Grey:
    """Turn a negative (light ink, most of the picture dark) into dark ink on light paper."""
    low, middle, high = np.percentile(grey, (2, 50, 98))
    negative = middle < 100 and high - low > 50 and middle - low < 0.3 * (high - low)
    return np.asarray(255 - grey, dtype=np.uint8) if negative else grey


def _bounded(grey: Grey) -> Grey:
    height, width = grey.shape
    longer = max(height, width)
    factor = min(1.0, _LARGEST / longer) if longer > _SMALLEST else _SMALLEST / longer
    if factor == 1.0:
        return grey
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=way), dtype=np.uint8)


def _box(dark: Darkness) -> NDArray[np.float32] | None:
    """Corners tl tr br bl of the box, float32 (4, 2) in pixels, or None."""
    height, width = dark.shape
    if min(height, width) < 16 or max(height, width) > 3 * min(height, width):
        return None
    turned = np.ascontiguousarray(dark.T)
    left, right = _side(dark, False), _side(dark, True)
    top, bottom = _side(turned, False), _side(turned, True)
    found = sum(line is not None for line in (left, top, right, bottom))
    if found < 3:
        return None
    left, right = left or (0.0, -1.0), right or (0.0, float(width))
    top, bottom = top or (0.0, -1.0), bottom or (0.0, float(height))
    corners = [_meet(left, top), _meet(right, top), _meet(right, bottom), _meet(left, bottom)]
    quad = np.array(corners, dtype=np.float32)
    if sum(_inked(dark, corner) for corner in corners) < found - 2:
        return None
    return quad


def _side(dark: Darkness, far: bool) -> _Line | None:
    """The upright border x = slope * y + offset in the left (or ``far``: right) part, in picture pixels.

    Where several lines are seen (the neighbour's box), the innermost full one is this box's border.
    """
    height, width = dark.shape
    zone_width = round(_ZONE * width)
    start = width - zone_width if far else 0
    zone = dark[:, start : start + zone_width]
    lines = find_lines(zone[None], round(0.18 * height), round(0.82 * height), 0.85)
    return (float(lines.slope[0]), float(lines.offset[0]) + start) if lines.found[0] else None


def _meet(upright: _Line, level: _Line) -> tuple[float, float]:
    """Where x = a*y + b and y = c*x + d cross."""
    (a, b), (c, d) = upright, level
    y = (c * b + d) / (1.0 - a * c)
    return a * y + b, y


def _inked(dark: Darkness, corner: tuple[float, float]) -> bool:
    height, width = dark.shape
    x, y = round(corner[0]), round(corner[1])
    if not (-2 <= x < width + 2 and -2 <= y < height + 2):
        return False
    part = dark[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
    return part.size > 0 and float(part.max()) > 0.5 * float(np.percentile(dark, 97))


def _straighten(grey: Grey, quad: NDArray[np.float32]) -> Grey:
    wide = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3]))
    high = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1]))
    cell_w, cell_h = _CELL * min(1.0, wide / high), _CELL * min(1.0, high / wide)
    pad_x, pad_y = _MARGIN * cell_w, _MARGIN * cell_h
    target = np.array(
        [[pad_x, pad_y], [pad_x + cell_w, pad_y], [pad_x + cell_w, pad_y + cell_h], [pad_x, pad_y + cell_h]],
        dtype=np.float32,
    )
    matrix = cv2.getPerspectiveTransform(quad, target)
    size = (round(cell_w + 2 * pad_x), round(cell_h + 2 * pad_y))
    paper = float(np.percentile(grey, 80))
    flat = cv2.warpPerspective(
        grey, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )
    return np.asarray(flat, dtype=np.uint8)
