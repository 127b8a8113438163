"""A stand-alone picture of one printed box -> cuts as the form reader makes them.

Nobody knows whether such a picture shows the box's border, a part of it or only the ink, so up to three views
are cut and all of them are classified: the box straightened (four-point homography) where at least three of
its border lines are found from corner to corner; the ink that touches no edge of the picture; and the whole
picture as it is. A wrong view shows something that is hardly a digit, and says so by its confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.cells.lines import FAINTEST, Darkness, find_lines
from ocr.cells.prepare import Grey, paper_level

#: Pictures are worked on with their longer side at most this many pixels, and at least that many.
_LARGEST, _SMALLEST = 144, 56
_CELL = 48
_MARGIN = 0.2
#: How far into the picture a border may lie.
_ZONE = 0.36
#: A border line found must be dark over this share of its side, corner to corner.
_COVERED = 0.8
#: Ink of the inner view is at least this dark, in shares of the darkest, and as large, in pictures.
_INK, _LEAST = 0.35, 0.12
#: The inner view is at least this share of the picture: small ink (a comma) stays small in it.
_CLOSEST = 0.5
#: x = slope * y + offset
_Line = tuple[float, float]


@dataclass(frozen=True)
class Cut:
    """A cut of one cell: grey (H, W), its margin in cells, and where lines may be looked for in it."""

    grey: Grey
    margin: float
    reach: float
    fill: float


def views(image: NDArray[np.uint8]) -> list[Cut]:
    """A picture of one box, grey (H, W) or colour (H, W, 3 or 4, BGR), any size -> its cuts, 1 to 3.

    The whole picture comes first; the inner ink and the straightened box follow where they were found.
    """
    grey = _dark_on_light(_bounded(_grey(image)))
    dark = np.maximum(paper_level(grey.astype(np.float32)) - grey, 0.0).astype(np.float32)
    found = [Cut(grey, 0.0, 0.08, 0.9)]
    inner = _inner(grey, dark)
    if inner is not None:
        found.append(Cut(inner, 0.0, 0.08, 0.9))
    quad = _box(dark)
    if quad is not None:
        found.append(Cut(_straighten(grey, quad), _MARGIN, 0.13, 0.55))
    return found


def _inner(grey: Grey, dark: Darkness) -> Grey | None:
    """The picture around the ink that touches none of its edges, all other ink painted over, or None."""
    height, width = dark.shape
    if min(height, width) < 12:
        return None
    smooth = np.asarray(cv2.GaussianBlur(dark, (3, 3), 0), dtype=np.float32)
    full = float(np.percentile(smooth[2:-2, 2:-2], 97))
    binary = (smooth > max(_INK * full, FAINTEST)).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(binary, connectivity=8)
    x0, y0 = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    keep = (x0 > 1) & (y0 > 1) & (x0 + wide < width - 1) & (y0 + high < height - 1)
    # A box whose border is wholly in the picture touches no edge either: it is large and mostly empty.
    keep &= (stats[:, cv2.CC_STAT_AREA] > 0.25 * wide * high) | (wide * high < 0.45 * width * height)
    keep &= (np.abs(centres - (width / 2, height / 2)) < (0.36 * width, 0.36 * height)).all(axis=1)
    keep[0] = False
    largest = np.where(keep, stats[:, cv2.CC_STAT_AREA], 0).max()
    keep &= stats[:, cv2.CC_STAT_AREA] >= max(3, 0.04 * largest)
    if not keep.any():
        return None
    left, top = int(x0[keep].min()), int(y0[keep].min())
    right, bottom = int((x0 + wide)[keep].max()), int((y0 + high)[keep].max())
    if max(right - left, bottom - top) < _LEAST * max(width, height):
        return None
    lost = ~keep
    lost[0] = False
    painted = grey.copy()
    if lost.any():
        paper = paper_level(grey.astype(np.float32))
        over = cv2.dilate(lost[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        own = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        painted[over & ~own] = paper[over & ~own].astype(np.uint8)
    side = max(1.5 * (right - left), 1.5 * (bottom - top), _CLOSEST * max(width, height))
    x, y = round((left + right - side) / 2), round((top + bottom - side) / 2)
    x, y = max(0, x), max(0, y)
    return painted[y : y + round(side), x : x + round(side)]


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
    sides = [(quad[0], quad[3]), (quad[0], quad[1]), (quad[1], quad[2]), (quad[3], quad[2])]
    covered = sum(_covered(dark, start, end) >= _COVERED for start, end in sides)
    return quad if covered >= 3 else None


def _covered(dark: Darkness, start: NDArray[np.float32], end: NDArray[np.float32]) -> float:
    """The share of the way from one corner to the other that is dark within a pixel or two."""
    steps = 40
    ways = np.linspace(0.04, 0.96, steps)[:, None]
    points = np.rint(start + (end - start) * ways).astype(int)
    height, width = dark.shape
    inside = (points[:, 0] >= 0) & (points[:, 0] < width) & (points[:, 1] >= 0) & (points[:, 1] < height)
    if inside.sum() < 0.5 * steps:
        return 0.0
    near = np.asarray(cv2.dilate(dark, np.ones((3, 3), dtype=np.uint8)))
    values = near[points[inside, 1], points[inside, 0]]
    level = 0.4 * float(np.median(values))
    return float((values > max(level, FAINTEST)).sum()) / float(inside.sum())


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
