"""Is there anything on this page at all?"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longest side in pixels to look at: about 120 dpi of an A4 page, where a pen stroke is two pixels wide.
_LOOK_PX = 1400
#: What the longest side is taken to be (mm) when judging sizes; an A5 page alone is a little stricter.
_PAGE_MM = 297.0
#: Contrast of a mark, as a share of the paper's level: sharp ones (pencil; after taking away what is soft),
#: and soft ones (the other side's ink).
_SHARP, _SOFT = 0.036, 0.24
#: … and at least so many standard deviations of the noise.
_NOISE = 5.0
#: A line across the page is a fold's crease when it is not wider than this (mm) on average.
_CREASE_MM = 1.6
#: Below this level contrast is not raised any more: a black lid has noise, no writing.
_DARKEST = 90
#: Ink (mm²) that makes a page not blank. A full stop is 0.2, a short faint word 6.
_INK_MM2 = 2.0
#: Broad dark places (mm²) that make a page not blank, and what is broader than they (mm).
_STAIN_MM2, _BROAD_MM = 12.0, 25.0
#: One or two hairs on the glass: thin (mm) and of no more ink (mm²) than this in all.
_HAIRS, _HAIR_MM, _HAIR_MM2 = 2, 0.55, 9.0


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a page (uint8 H×W) has no mark that a person made or printed.

    Dust, punch holes, black scanner edges and bleed-through are no marks. When unsure the answer is False.
    """
    return marks_mm2(grey, enough=0.0) == 0.0


def marks_mm2(
    grey: NDArray[np.uint8],
    outside: Sequence[NDArray[np.float64]] = (),
    enough: float = float("inf"),
) -> float:
    """Area (mm², of an A4 page) of the marks on a page; 0 for a blank one, infinite when it is too dark to
    tell.

    ``outside``: quadrilaterals (4, 2) in pixels that are left out, for what lies beside slips already found.
    ``enough``: once there is more than this, the rest need not be known.
    """
    if min(grey.shape) < 16:
        return float("inf")
    small = _reduced(grey)
    scale = max(small.shape) / _PAGE_MM
    paper = float(np.percentile(small, 75))
    if paper < _DARKEST:
        # A person should look at it.
        return float("inf")
    usable = _paper_mask(small, paper, scale)
    if outside:
        known = np.zeros(small.shape, dtype=np.uint8)
        factor = max(small.shape) / max(grey.shape)
        for quad in outside:
            cv2.fillConvexPoly(known, np.round(quad * factor).astype(np.int32), 1)
        usable &= known == 0
    elif usable.mean() < 0.3:
        return float("inf")
    if not usable.any():
        return 0.0
    stains = _stain_area(small, usable, scale)
    stains = stains if stains >= _STAIN_MM2 else 0.0
    if stains > enough:
        # A page of print is seen from afar; strokes take thirty times as long.
        return stains
    ink = _ink_area(small, usable, scale)
    return stains + (ink if ink >= _INK_MM2 else 0.0)


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
    """Where marks count: not on the rim of the paper and of shadows, on a black lid, nor in punch holes.

    The insides of shadows count: there may be writing in them.
    """
    blurred = cv2.blur(small, (3, 3))
    kernel = np.ones((max(3, round(1.6 * scale)) | 1,) * 2, np.uint8)
    beyond = _ignored((blurred < 0.93 * paper).astype(np.uint8), scale, edges=True)
    holes = _ignored((blurred < 0.72 * paper).astype(np.uint8), scale, edges=False)
    black = np.asarray(beyond & (blurred < 0.5 * paper), dtype=np.uint8)
    parts = (
        cv2.dilate(holes, kernel),
        cv2.morphologyEx(beyond, cv2.MORPH_GRADIENT, kernel),
        cv2.dilate(black, kernel),
    )
    away = np.maximum.reduce([np.asarray(part, dtype=np.uint8) for part in parts])
    rim = max(1, round(1.5 * scale))
    away[:rim] = away[-rim:] = 1
    away[:, :rim] = away[:, -rim:] = 1
    return np.asarray(away == 0)


def _ignored(dark: NDArray[np.uint8], scale: float, *, edges: bool) -> NDArray[np.uint8]:
    """Of dark areas (0 or 1), those at the picture's edge (``edges``), or else the discs seen through
    holes.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    height, width = dark.shape
    ignored = np.zeros(count, dtype=np.uint8)
    for index in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[index])
        if edges:
            ignored[index] = x <= 1 or y <= 1 or x + w >= width - 1 or y + h >= height - 1
        else:
            # A filled disc of 4 to 8.5 mm.
            round_enough = 0.75 < w / h < 1.33 and 0.68 < area / (w * h) < 0.92
            ignored[index] = round_enough and 3.5 * scale < (w + h) / 2 < 9.0 * scale
    return np.asarray(ignored[labels], dtype=np.uint8)


def _ink_area(small: NDArray[np.uint8], usable: NDArray[np.bool_], scale: float) -> float:
    """Area in mm² of marks: sharp ones even when faint, soft ones only when dark."""
    window = max(5, round(4.0 * scale)) | 1
    kernel = np.ones((window, window), np.uint8)
    paper = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), (window, window))
    dark = np.maximum(paper.astype(np.float32) - small, 0.0) / np.maximum(paper, _DARKEST).astype(np.float32)
    smooth = cv2.GaussianBlur(dark, (0, 0), 0.9)
    # Sharpness: what is lost when a mark is softened as the other side's ink is by the paper.
    crisp = smooth - cv2.GaussianBlur(dark, (0, 0), 0.5 * scale)
    mark = (crisp > max(_SHARP, _NOISE * _spread(crisp[usable]))) & usable
    mark |= (smooth > max(_SOFT, _NOISE * _spread(smooth[usable]))) & usable
    count, _, stats, _ = cv2.connectedComponentsWithStats(mark.astype(np.uint8), connectivity=8)
    area = 0.0
    hairs, other = 0, False
    for index in range(1, count):
        width, height = int(stats[index, cv2.CC_STAT_WIDTH]), int(stats[index, cv2.CC_STAT_HEIGHT])
        size = float(stats[index, cv2.CC_STAT_AREA]) / scale**2
        extent = max(width, height) / scale
        across = width > 0.4 * small.shape[1] or height > 0.4 * small.shape[0]
        crease = across and size / extent < _CREASE_MM
        # Dust is round; a dark speck looks larger by its soft rim.
        speck = extent < 1.3 or (extent < 2.3 and size * scale**2 > 0.55 * width * height)
        if crease or speck:
            continue
        area += size
        hair = extent > 2.5 and size / extent < _HAIR_MM
        hairs += hair
        other |= not hair
    return 0.0 if hairs <= _HAIRS and not other and area < _HAIR_MM2 else area


def _stain_area(small: NDArray[np.uint8], usable: NDArray[np.bool_], scale: float) -> float:
    """Area in mm² of broad dark places: a form out of focus has no strokes, but it has these."""
    step = max(1, round(scale))
    size = (small.shape[1] // step, small.shape[0] // step)
    if min(size) < 8:
        return 0.0
    coarse = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(usable.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    window = max(3, round(_BROAD_MM * scale / step)) | 1
    paper = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    dark = 1.0 - coarse.astype(np.float64) / np.maximum(paper, 1)
    return float((seen & (dark > _SOFT)).sum()) * (step / scale) ** 2


def _spread(values: NDArray[np.float32]) -> float:
    """Standard deviation of the noise, not of the marks."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
