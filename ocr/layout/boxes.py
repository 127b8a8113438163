"""Boxes: white regions that a form's lines enclose on all sides."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr.layout.rulings import Mask, Rulings
from templates.model import Box

#: Gaps (mm) in a box's outline that are closed; share of its bounding box that a box fills.
_GAP_MM, _FULL = 0.6, 0.9
#: … where writing that crosses its lines may take some of it.
_FULL_WRITTEN = 0.78
#: A line across is a form's by itself when it is this long (mm); others have to meet lines at both ends, this
#: near (mm). Stems of figures seldom do.
_LONG_MM, _MEETS_MM = 9.0, 0.6
#: Pens are thicker than a form's lines by so many times.
_THICKER = 1.4
#: Inside of the smallest and the largest box (mm).
_LEAST_MM, _MOST_MM = 1.8, (260.0, 75.0)
#: A box with a side under this (mm) may be the inside of a letter; share of a side that is a straight line.
_SMALL_MM, _STRAIGHT = 4.5, 0.93
#: What is left out at a box's rim (mm) when its ink is looked at.
_RIM_MM = 0.5


@dataclass(frozen=True)
class Frame:
    """A box whose edges run in the middle of its lines; ``dark``: share of its inside that is inked."""

    box: Box
    dark: float


def frames(lines: Rulings, *, filled: bool = False) -> list[Frame]:
    """All boxes of a page; ``filled``: what is written in them, stems and bars like lines, is no wall."""
    scale = lines.scale
    grown = max(1, round(_GAP_MM * scale / 2))
    straight = joined(lines) if filled else cv2.max(lines.horizontal, lines.vertical)
    walls = cv2.dilate(straight, np.ones((2 * grown + 1, 2 * grown + 1), np.uint8))
    full = _FULL_WRITTEN if filled else _FULL
    # Outer contours: what is written inside a box makes holes in its white, which do not count.
    contours, levels = cv2.findContours(1 - walls, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    edge = grown + _half_line(lines)
    found = []
    for contour, level in zip(contours, [] if levels is None else levels[0], strict=True):
        x, y, width, height = cv2.boundingRect(contour)
        if level[3] >= 0 or cv2.contourArea(contour) < full * (width - 1) * (height - 1):
            continue
        if min(width, height) + 2 * grown < _LEAST_MM * scale:
            continue
        if width > _MOST_MM[0] * scale or height > _MOST_MM[1] * scale:
            continue
        if x == 0 or y == 0 or x + width == walls.shape[1] or y + height == walls.shape[0]:
            # The paper's rim is no line.
            continue
        # The masks reach a pixel further to the right and down than the print.
        left, top = x - edge - 1, y - edge - 1
        box = Box(
            left / scale, top / scale, (x + width + edge - left) / scale, (y + height + edge - top) / scale
        )
        if min(box.w_mm, box.h_mm) < _SMALL_MM and not _square(lines, (x, y, width, height), grown):
            continue
        found.append(Frame(box, darkness(lines, box)))
    return found


def joined(lines: Rulings) -> Mask:
    """The lines that hang together, uint8 0/1: without the straight strokes of what people have written."""
    reach = max(1, round(_MEETS_MM * lines.scale))
    long = round(_LONG_MM * lines.scale)
    thick = _THICKER * _thickness(lines.horizontal, long)
    across = _kept(lines.horizontal, lines.vertical, reach, long, thick, upright=False)
    upright = _kept(lines.vertical, across, reach, None, thick, upright=True)
    return np.asarray(cv2.max(_kept(across, upright, reach, long, thick, upright=False), upright), np.uint8)


def _thickness(horizontal: Mask, long: int) -> float:
    """Of a form's long lines (pixels); infinite where it has none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(horizontal, connectivity=8)
    lines = [stat for stat in stats[1:] if stat[cv2.CC_STAT_WIDTH] >= long]
    return float(np.median([s[cv2.CC_STAT_AREA] / s[cv2.CC_STAT_WIDTH] for s in lines])) if lines else np.inf


def _kept(mask: Mask, others: Mask, reach: int, long: int | None, thick: float, *, upright: bool) -> Mask:
    """The lines of a mask that are ``long`` (pixels), or thin and meet one of ``others`` at both ends."""
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = np.zeros(count, np.uint8)
    for n in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[n])
        first = (x, y, width, 0) if upright else (x, y, 0, height)
        last = (x, y + height, width, 0) if upright else (x + width, y, 0, height)
        keep[n] = (long is not None and width >= long) or (
            area <= thick * max(width, height)
            and _meets(others, first, reach)
            and _meets(others, last, reach)
        )
    return np.asarray(keep[marks], np.uint8)


def _meets(mask: Mask, end: tuple[int, int, int, int], reach: int) -> bool:
    x, y, width, height = end
    part = mask[max(0, y - reach) : y + height + reach, max(0, x - reach) : x + width + reach]
    return bool(part.any())


def _square(lines: Rulings, inside: tuple[int, int, int, int], grown: int) -> bool:
    """Whether straight lines run along all four sides from corner to corner: an O's inside has none."""
    x, y, width, height = inside
    reach = 2 * grown + 2
    across, upright = slice(x - grown, x + width + grown), slice(y - grown, y + height + grown)
    sides = (
        lines.horizontal[max(0, y - reach) : y, across].any(axis=0),
        lines.horizontal[y + height : y + height + reach, across].any(axis=0),
        lines.vertical[upright, max(0, x - reach) : x].any(axis=1),
        lines.vertical[upright, x + width : x + width + reach].any(axis=1),
    )
    return all(side.size and float(side.mean()) >= _STRAIGHT for side in sides)


def _half_line(lines: Rulings) -> float:
    # The masks are a pixel wider than the print; short lines may be strokes of letters, which are thicker.
    thick = _thickness(lines.horizontal, round(_LONG_MM * lines.scale))
    return max(0.5, ((thick if np.isfinite(thick) else lines.thickness_mm * lines.scale) - 1) / 2)


def darkness(lines: Rulings, box: Box) -> float:
    """Share of a box's inside that is inked, its rim left out."""
    inner = box.grown(-_RIM_MM - lines.thickness_mm / 2)
    x0, y0, x1, y1 = (
        max(0, round(v * lines.scale)) for v in (inner.x_mm, inner.y_mm, inner.right_mm, inner.bottom_mm)
    )
    part = lines.ink[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 0.0
