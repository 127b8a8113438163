"""Is there anything on this page at all?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longest side in pixels to look at: about 120 dpi of an A4 page, where a pen stroke is two pixels wide.
_LOOK_PX = 1400
#: What the longest side is taken to be (mm) when judging sizes; an A5 page alone is a little stricter.
_PAGE_MM = 297.0
#: Contrast of a mark, as a share of the paper's level: sharp ones (pencil), and soft ones (the other side's
#: ink).
_SHARP, _SOFT = 0.10, 0.24
#: Ink (mm²) that makes a page not blank. A full stop is 0.2, a short faint word 3.
_INK_MM2 = 0.8


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a page (uint8 H×W) has no mark that a person made or printed.

    Dust, punch holes, black scanner edges and bleed-through are no marks. When unsure the answer is False.
    """
    if min(grey.shape) < 16:
        return False
    small = _reduced(grey)
    scale = max(small.shape) / _PAGE_MM
    paper = float(np.percentile(small, 75))
    if paper < 90.0:
        # Too dark to tell: a person should look at it.
        return False
    usable = _paper_mask(small, paper, scale)
    if usable.mean() < 0.3:
        return False
    return _ink_area(small, usable, scale) < _INK_MM2


def _reduced(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    longest = max(grey.shape)
    if longest <= _LOOK_PX:
        return grey
    size = (
        max(1, round(grey.shape[1] * _LOOK_PX / longest)),
        max(1, round(grey.shape[0] * _LOOK_PX / longest)),
    )
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _paper_mask(small: NDArray[np.uint8], paper: float, scale: float) -> NDArray[np.bool_]:
    """Paper and what is on it, without dark edges of the scanner and punch holes, grown a little."""
    dark = (small < 0.72 * paper).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    height, width = small.shape
    ignored = np.zeros(count, dtype=np.bool_)
    for index in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[index])
        at_edge = x <= 1 or y <= 1 or x + w >= width - 1 or y + h >= height - 1
        # Seen through a hole: a filled disc of 4 to 8.5 mm.
        disc = (
            0.75 < w / h < 1.33 and 3.5 * scale < (w + h) / 2 < 9.0 * scale and 0.68 < area / (w * h) < 0.92
        )
        ignored[index] = at_edge or disc
    away = ignored[labels].astype(np.uint8)
    size = max(3, round(1.6 * scale)) | 1
    away = cv2.dilate(away, np.ones((size, size), np.uint8))
    # The paper's own edge casts a thin shadow.
    rim = max(1, round(1.5 * scale))
    away[:rim] = away[-rim:] = 1
    away[:, :rim] = away[:, -rim:] = 1
    return np.asarray(away == 0)


def _ink_area(small: NDArray[np.uint8], usable: NDArray[np.bool_], scale: float) -> float:
    """Area in mm² of marks: sharp ones even when faint, soft ones only when dark."""
    size = max(5, round(4.0 * scale)) | 1
    paper = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), (size, size))
    dark = np.maximum(paper.astype(np.float32) - small, 0.0) / np.maximum(paper, 1).astype(np.float32)
    noise = 1.4826 * float(np.median(np.abs(dark[usable] - np.median(dark[usable]))))
    smooth = cv2.GaussianBlur(dark, (0, 0), 0.8)
    # Sharpness: what is lost when a mark is softened as the other side's ink is by the paper.
    crisp = smooth - cv2.GaussianBlur(dark, (0, 0), 0.45 * scale)
    mark = ((crisp > max(0.45 * _SHARP, 3.0 * noise)) | (smooth > max(_SOFT, 4.0 * noise))) & usable
    count, _, stats, _ = cv2.connectedComponentsWithStats(mark.astype(np.uint8), connectivity=8)
    area = 0.0
    for index in range(1, count):
        extent = max(stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_HEIGHT]) / scale
        if extent >= 1.3:
            area += float(stats[index, cv2.CC_STAT_AREA]) / scale**2
    return area
