"""Printed box lines: find the long straight ones near a cell's border and take them out of the ink.

Works on *darkness*: float32 (H, W), how much darker a pixel is than its paper, in grey levels; x right, y
down. A line is a run of dark pixels along one side, much longer than pen strokes near a border are; tilts
up to about 8 degrees are followed. Ink that crosses a line is kept: under the line's pixels only what is wide
across the line survives (a grey opening, Serra 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

Darkness = NDArray[np.float32]

#: A line must fill this share of its side of the cell …
FILL = 0.62
#: … and may be this thick, in cells.
_THICK = 0.11
#: A line is followed in this many bands; its darkness (grey levels) and tilt are bounded.
_BANDS = 6
_FAINTEST = 6.0
_STEEPEST = 0.16
_NEAR = np.array([-1, 0, 1])
_WINDOW = np.ones((1, 5), dtype=np.uint8)


@dataclass(frozen=True)
class Frame:
    """Where the cell lies in its crop, in pixels: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        """The shorter side of the cell."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(frozen=True)
class Line:
    """An upright line x = slope * y + offset of ``width`` pixels."""

    slope: float
    offset: float
    width: int


def suppress(darkness: Darkness, frame: Frame, reach: float = 0.16, fill: float = FILL) -> Darkness:
    """The darkness without box lines lying within ``reach`` (in cells) of the frame's borders.

    ``fill`` is the share of a side that must be dark for a line. Returns an array of the same shape; without
    lines it equals the input.
    """
    upright = (frame.left, frame.right, frame.top, frame.bottom)
    level = (frame.top, frame.bottom, frame.left, frame.right)
    result = _across(darkness, upright, reach, fill)
    turned = np.ascontiguousarray(result.T)
    turned = _across(turned, level, reach, fill)
    return np.ascontiguousarray(turned.T)


def _across(
    darkness: Darkness, sides: tuple[float, float, float, float], reach: float, fill: float
) -> Darkness:
    """Take out the upright lines near the first two of ``sides`` (x), in the rows of the others."""
    low, high, start, end = sides
    height, width = darkness.shape
    cell = high - low
    along = end - start
    thick = max(3, round(_THICK * min(cell, along)) | 1)
    first, last = max(0, round(start + 0.06 * along)), min(height, round(end - 0.06 * along))
    if last - first < 8:
        return darkness
    result = darkness
    for border in (low, high):
        left = max(0, round(border - reach * cell))
        right = min(width, round(border + reach * cell) + 1)
        if right - left < 3:
            continue
        line = find_line(darkness[:, left:right], first, last, fill)
        if line is None:
            continue
        mask = _pixels(line, (height, right - left), thick)
        if result is darkness:
            result = darkness.copy()
        wide_left, wide_right = max(0, left - thick - 3), min(width, right + thick + 3)
        kernel = np.ones((1, min(line.width, thick) + 3), dtype=np.uint8)
        opened = cv2.morphologyEx(darkness[:, wide_left:wide_right], cv2.MORPH_OPEN, kernel)
        inner = opened[:, left - wide_left : left - wide_left + right - left]
        zone = result[:, left:right]
        zone[mask] = np.minimum(zone, inner)[mask]
    return result


def find_line(zone: Darkness, first: int, last: int, fill: float) -> Line | None:
    """The upright line in a zone beside a border, or None when there is none.

    It is looked for in bands of the rows ``first`` … ``last``: the column near which all bands but one are
    darkest (a pen stroke beside the border is dark in some bands only), then each band's darkest column near
    it and a straight line through them. It counts when the share ``fill`` of the rows is dark close to it.
    """
    profile = cv2.resize(zone[first:last], (zone.shape[1], _BANDS), interpolation=cv2.INTER_AREA)
    lowest = np.partition(cv2.dilate(profile, _WINDOW), 1, axis=0)[1]
    column = int(np.argmax(lowest + 0.02 * profile.sum(axis=0)))
    if lowest[column] < _FAINTEST:
        return None
    left = max(0, column - 2)
    near = profile[:, left : column + 3]
    strength = near.max(axis=1).tolist()
    level = sorted(strength)[_BANDS // 2]
    step = (last - first) / _BANDS
    peaks = (near.argmax(axis=1) + left).tolist()
    slope, offset = _straight([(first + (i + 0.5) * step - 0.5, float(x)) for i, x in enumerate(peaks)])
    if abs(slope) > _STEEPEST:
        return None
    rows = np.arange(first, last)
    centre = np.rint(slope * rows + offset).astype(np.intp)
    columns = np.clip(centre[:, None] + _NEAR, 0, zone.shape[1] - 1)
    dark = zone[rows[:, None], columns].max(axis=1)
    if int(np.count_nonzero(dark > 0.45 * level)) < fill * len(rows):
        return None
    widths = sorted(
        _run(row, x, 0.45 * high) for row, x, high in zip(profile.tolist(), peaks, strength, strict=True)
    )
    return Line(slope, offset, widths[1])


def _run(row: list[float], at: int, above: float) -> int:
    """How many neighbouring columns around ``at`` are darker than ``above``."""
    left = right = at
    while left > 0 and row[left - 1] > above:
        left -= 1
    while right + 1 < len(row) and row[right + 1] > above:
        right += 1
    return right - left + 1


def _pixels(line: Line, shape: tuple[int, int], thick: int) -> NDArray[np.bool_]:
    centre = line.slope * np.arange(shape[0]) + line.offset
    distance = np.abs(np.arange(shape[1])[None, :] - centre[:, None])
    return np.asarray(distance <= min(line.width, thick) / 2.0 + 0.75)


def _straight(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Theil-Sen line x = slope * y + offset: one or two bands on a pen stroke do not turn it."""
    slopes = sorted((q[1] - p[1]) / (q[0] - p[0]) for p, q in combinations(points, 2))
    slope = slopes[len(slopes) // 2] if slopes else 0.0
    offsets = sorted(x - slope * y for y, x in points)
    return slope, offsets[len(offsets) // 2]
