"""Printed box lines: find the long straight ones near a cell's border and take them out of the ink.

Works on *darkness*: float32 (N, H, W), how much darker a pixel is than its paper, in grey levels; N cuts of
one size at a time; x right, y down. A line is a run of dark pixels along one side, much longer than strokes
near a border are; tilts up to about 8 degrees are followed. Ink that crosses a line is kept: under the line's
pixels only what is wide across the line survives (a grey opening, Serra 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Darkness = NDArray[np.float32]

#: A line must fill this share of its side of the cell …
FILL = 0.8
#: … and may be this thick, in cells.
_THICK = 0.11
#: A line is followed in this many bands; its darkness (grey levels) and tilt are bounded.
_BANDS = 6
FAINTEST = 6.0
_STEEPEST = 0.16
#: A line's half thickness is measured up to so many pixels.
_WIDEST = 6
_NEAR = np.array([-1, 0, 1])
_WINDOW = np.ones((1, 5), dtype=np.uint8)
_AROUND = np.arange(-2, 3)
_NEIGHBOURS = np.arange(2 * _WIDEST + 1)
_FIRST, _SECOND = np.triu_indices(_BANDS, 1)


@dataclass(frozen=True)
class Frame:
    """Where the cell lies in its cut, in pixels: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        """The shorter side of the cell."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(frozen=True)
class Lines:
    """An upright line x = slope * y + offset of ``width`` pixels for each cut where ``found``; all (N,)."""

    found: NDArray[np.bool_]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]
    width: NDArray[np.intp]

    def part(self, start: int, end: int) -> Lines:
        """The lines of the cuts from ``start`` to before ``end``."""
        mine = slice(start, end)
        return Lines(self.found[mine], self.slope[mine], self.offset[mine], self.width[mine])


def suppress(darkness: Darkness, frame: Frame, reach: float = 0.16, fill: float = FILL) -> Darkness:
    """The darkness (N, H, W) without box lines within ``reach`` (in cells) of the frame's borders.

    ``fill`` is the share of a side that must be dark for a line. Returns a new array of the same shape.
    """
    result = darkness.copy()
    _across(result, (frame.left, frame.right, frame.top, frame.bottom), reach, fill)
    turned = np.ascontiguousarray(result.transpose(0, 2, 1))
    _across(turned, (frame.top, frame.bottom, frame.left, frame.right), reach, fill)
    return np.ascontiguousarray(turned.transpose(0, 2, 1))


def _across(darkness: Darkness, sides: tuple[float, float, float, float], reach: float, fill: float) -> None:
    """Take out the upright lines near the first two of ``sides`` (x), in the rows of the others; in place."""
    low, high, start, end = sides
    count, height, width = darkness.shape
    cell, along = high - low, end - start
    thick = max(3, round(_THICK * min(cell, along)) | 1)
    first, last = max(0, round(start + 0.06 * along)), min(height, round(end - 0.06 * along))
    if last - first < 8:
        return
    before = darkness.copy()
    zones = []
    for border in (low, high):
        left = max(0, round(border - reach * cell))
        right = min(width, round(border + reach * cell) + 1)
        if right - left >= 3:
            zones.append((left, right))
    for together in _as_wide(zones):
        stacked = np.concatenate([before[:, :, left:right] for left, right in together])
        lines = find_lines(stacked, first, last, fill)
        for k, (left, right) in enumerate(together):
            mine = lines.part(k * count, (k + 1) * count)
            if mine.found.any():
                _take_out(darkness, before, mine, (left, right, thick))


def _as_wide(zones: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Zones of one width together: looked through at once they take hardly longer than one."""
    if len(zones) == 2 and zones[0][1] - zones[0][0] == zones[1][1] - zones[1][0]:
        return [zones]
    return [[zone] for zone in zones]


def find_lines(zones: Darkness, first: int, last: int, fill: float) -> Lines:
    """The upright line in each zone (N, H, Z) beside a border.

    It is looked for in bands of the rows ``first`` … ``last``: the column near which the faintest band is
    darkest (a pen stroke beside the border is dark in some bands only), then each band's darkest column near
    it and a straight line through them (Theil-Sen, so that a band on a pen stroke does not turn it). It
    counts when the share ``fill`` of the rows is dark close to it.
    """
    count, _, across = zones.shape
    rows = np.arange(first, last)
    profile = np.matmul(_means(last - first), zones[:, first:last])
    widest = cv2.dilate(profile.reshape(-1, across), _WINDOW).reshape(profile.shape)
    lowest = widest.min(axis=1)
    column = np.argmax(lowest + 0.02 * profile.sum(axis=1), axis=1)
    every = np.arange(count)
    found = lowest[every, column] >= FAINTEST

    places = column[:, None] + _AROUND
    inside = (places >= 0) & (places < across)
    near = profile[every[:, None], :, np.clip(places, 0, across - 1)].transpose(0, 2, 1)
    near = np.where(inside[:, None, :], near, -1.0)
    strength = near.max(axis=2)
    level = np.sort(strength, axis=1)[:, _BANDS // 2]
    peaks = near.argmax(axis=2) + (column - 2)[:, None]

    middle = first + (np.arange(_BANDS) + 0.5) * (last - first) / _BANDS - 0.5
    slopes = (peaks[:, _SECOND] - peaks[:, _FIRST]) / (middle[_SECOND] - middle[_FIRST])
    slope = np.sort(slopes, axis=1)[:, slopes.shape[1] // 2]
    offset = np.sort(peaks - slope[:, None] * middle, axis=1)[:, _BANDS // 2]
    found &= np.abs(slope) <= _STEEPEST

    centre = np.rint(slope[:, None] * rows + offset[:, None]).astype(np.intp)
    columns = np.clip(centre[:, :, None] + _NEAR, 0, across - 1)
    dark = zones[every[:, None, None], rows[None, :, None], columns].max(axis=2)
    found &= (dark > 0.45 * level[:, None]).sum(axis=1) >= fill * len(rows)
    return Lines(found, slope, offset, _widths(profile, peaks, 0.45 * strength))


def _widths(profile: Darkness, peaks: NDArray[np.intp], above: Darkness) -> NDArray[np.intp]:
    """How many columns around each band's peak are dark, the second least of the bands."""
    dark = np.pad(profile > above[:, :, None], ((0, 0), (0, 0), (_WIDEST, _WIDEST)))
    near = np.take_along_axis(dark, peaks[:, :, None] + _NEIGHBOURS, axis=2)
    after = np.logical_and.accumulate(near[:, :, _WIDEST + 1 :], axis=2).sum(axis=2)
    before = np.logical_and.accumulate(near[:, :, _WIDEST - 1 :: -1], axis=2).sum(axis=2)
    return np.asarray(np.sort(1 + before + after, axis=1)[:, 1], dtype=np.intp)


@lru_cache(maxsize=64)
def _means(rows: int) -> Darkness:
    """(bands, rows): the mean of each band's rows, bands of equal height."""
    edges = np.linspace(0.0, rows, _BANDS + 1)
    low = np.maximum(edges[:-1, None], np.arange(rows)[None, :])
    high = np.minimum(edges[1:, None], np.arange(rows)[None, :] + 1.0)
    share = np.maximum(high - low, 0.0)
    return np.asarray(share / share.sum(axis=1, keepdims=True), dtype=np.float32)


def _take_out(darkness: Darkness, before: Darkness, lines: Lines, zone: tuple[int, int, int]) -> None:
    """Opened ink under the lines' pixels; ``zone`` is left, right (x) and the greatest thickness."""
    left, right, thick = zone
    height, width = darkness.shape[1:]
    wide_left, wide_right = max(0, left - thick - 3), min(width, right + thick + 3)
    rows, columns = np.arange(height), np.arange(right - left, dtype=np.float32)
    widths = np.minimum(lines.width, thick)
    for size in np.unique(widths[lines.found]).tolist():
        those = lines.found & (widths == size)
        # All of them, as is usual, are changed where they lie.
        every = bool(those.all())
        taken = slice(None) if every else np.flatnonzero(those)
        stack = np.ascontiguousarray(before[taken, :, wide_left:wide_right])
        kernel = np.ones((1, size + 3), dtype=np.uint8)
        opened = cv2.morphologyEx(stack.reshape(-1, stack.shape[2]), cv2.MORPH_OPEN, kernel)
        inner = opened.reshape(stack.shape)[:, :, left - wide_left : left - wide_left + right - left]
        centre = (lines.slope[taken, None] * rows + lines.offset[taken, None]).astype(np.float32)
        under = np.abs(columns - centre[:, :, None]) <= size / 2.0 + 0.7501
        now = darkness[taken, :, left:right]
        # Everywhere and then chosen: many times as quick as here and there.
        np.minimum(now, np.where(under, inner, now), out=now)
        if not every:
            darkness[taken, :, left:right] = now
