"""The printed lines of a form: long, thin, along the rows or the columns."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from templates.model import Box

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]

#: Shortest line (mm) across, and upright: what a small tick box and a low comb have; letters enclose nothing.
_ACROSS_MM, _UPRIGHT_MM = 2.6, 2.6
#: A line is no thicker (mm) than this: what is thicker is a bar, a photograph or a seal.
_THICK_MM = 1.3
#: White (mm) within a line that is closed: dots and dashes, and a scan's dropouts.
_DASH_MM = 0.9


@dataclass(frozen=True, eq=False)
class Rulings:
    """A page's lines. ``ink``: all that is dark; ``horizontal``, ``vertical``: masks of lines (uint8 0/1).

    ``across``, ``upright``: the lines as boxes (mm); ``scale``: pixels a millimetre.
    """

    ink: Mask
    horizontal: Mask
    vertical: Mask
    across: tuple[Box, ...]
    upright: tuple[Box, ...]
    scale: float

    @property
    def width_mm(self) -> float:
        """Of the page."""
        return float(self.ink.shape[1]) / self.scale

    @property
    def thickness_mm(self) -> float:
        """The usual thickness of a line; 0.25 where there is none."""
        thick = [min(line.w_mm, line.h_mm) for line in (*self.across, *self.upright)]
        return float(np.median(thick)) if thick else 0.25

    def meets_upright(self, line: Box, reach_mm: float = 0.7) -> bool:
        """Whether an upright line of some height stands at both ends of ``line``: it bounds a box."""
        ends = 0
        for x in (line.x_mm, line.right_mm):
            ends += any(
                abs(up.x_mm + up.w_mm / 2 - x) < reach_mm + 0.4
                and up.y_mm - reach_mm <= line.y_mm <= up.bottom_mm + reach_mm
                and up.h_mm > 3.5
                for up in self.upright
            )
        return ends == 2

    def ruled(self, box: Box, share: float = 0.7) -> bool:
        """Whether lines run along a box's upper and lower edge."""
        x0, x1 = round(box.x_mm * self.scale), round(box.right_mm * self.scale)
        bands = [
            self.horizontal[max(0, round((y - 0.5) * self.scale)) : round((y + 0.5) * self.scale), x0:x1]
            for y in (box.y_mm, box.bottom_mm)
        ]
        return all(band.size and float(band.any(axis=0).mean()) >= share for band in bands)

    def dark_around(self, line: Box) -> float:
        """Share of what lies right above and below a horizontal line that is inked."""
        x0, x1 = (round(v * self.scale) for v in (line.x_mm, line.right_mm))
        bands = ((line.y_mm - 0.9, line.y_mm - 0.3), (line.bottom_mm + 0.3, line.bottom_mm + 0.9))
        parts = [
            self.ink[max(0, round(top * self.scale)) : max(0, round(end * self.scale)), x0:x1]
            for top, end in bands
        ]
        return max((float(part.mean()) for part in parts if part.size), default=0.0)

    def white_above(self, line: Box) -> float:
        """Millimetres without ink above a horizontal line, over nine tenths of its length."""
        x0, x1 = (round(v * self.scale) for v in (line.x_mm, line.right_mm))
        bottom = round((line.y_mm - 0.35) * self.scale)
        top = max(0, bottom - round(12 * self.scale))
        strip = self.ink[top : max(top, bottom), max(0, x0) : max(1, x1)]
        if strip.size == 0:
            return 0.0
        dark = strip.mean(axis=1)[::-1] > 0.02
        rows = int(np.argmax(dark)) if dark.any() else len(dark)
        return float(rows / self.scale)


def rulings(grey: Grey, dpi: float) -> Rulings:
    """Find the lines of a straightened page."""
    scale = dpi / 25.4
    ink = _ink(grey, scale)
    horizontal = _lines(ink, scale, _ACROSS_MM, upright=False)
    vertical = _lines(ink, scale, _UPRIGHT_MM, upright=True)
    return Rulings(ink, horizontal, vertical, _boxes(horizontal, scale), _boxes(vertical, scale), scale)


def _ink(grey: Grey, scale: float) -> Mask:
    """Dark against the paper around, also pale lines; 1 where it is."""
    block = round(4 * scale) | 1
    mean = cv2.blur(grey, (block, block)).astype(np.int16)
    return np.asarray(grey.astype(np.int16) < mean - 22, np.uint8)


def _lines(ink: Mask, scale: float, least_mm: float, *, upright: bool) -> Mask:
    """What is long in one direction and thin in the other."""
    dash, least, thick = (max(1, round(mm * scale)) for mm in (_DASH_MM, least_mm, _THICK_MM))

    def along(n: int) -> NDArray[np.uint8]:
        return np.ones((n, 1) if upright else (1, n), np.uint8)

    def over(n: int) -> NDArray[np.uint8]:
        return np.ones((1, n) if upright else (n, 1), np.uint8)

    # A line that leans by a pixel over its length is still one.
    wide = cv2.dilate(ink, over(2))
    joined = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, along(dash))
    long = cv2.morphologyEx(joined, cv2.MORPH_OPEN, along(least))
    blocks = cv2.morphologyEx(long, cv2.MORPH_OPEN, over(thick))
    return np.asarray(cv2.subtract(long, cv2.dilate(blocks, over(3))), np.uint8)


def _boxes(mask: Mask, scale: float) -> tuple[Box, ...]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for n in range(1, count):
        x, y, width, height, area = (float(v) for v in stats[n])
        thickness = area / max(width, height)
        if min(width, height) <= 2.2 * thickness + 4:
            boxes.append(Box(x / scale, y / scale, width / scale, height / scale))
    return tuple(boxes)
