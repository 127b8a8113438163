"""Is something written in a box? For signatures and free lines, where presence is what counts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.components import components
from ocr.forms.levels import Levels
from ocr.forms.settings import Grey

#: Ink area (mm²) at which "written" is as likely as not; a dot is 0.2, a short word in fine pencil 4.
_HALF_MM2 = 1.2
#: Steepness: how many times more or less ink makes the answer *e* times surer.
_SLOPE = 0.32
#: A mark must be this dark beside the print's black (share of black minus paper) to be ink, not the other
#: side's.
_SHARE_OF_BLACK = 0.14
_MIN_CONTRAST = 10.0
#: What is no longer than this (mm) is dust.
_DUST_MM = 0.9
_MANY_PIXELS = 40_000


@dataclass(frozen=True)
class Presence:
    """``present`` with its ``confidence`` (0.5 to 1); ``ink_mm2``: area of what is taken for handwriting."""

    present: bool
    confidence: float
    ink_mm2: float


def darkness(part: Grey, dpi: float) -> Grey:
    """How much darker each pixel is than the paper around it, in grey levels; shadows and folds even out."""
    size = max(3, round(3.0 * dpi / 25.4)) | 1
    paper = cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    return np.asarray(cv2.subtract(cv2.blur(paper, (size, size)), part), dtype=np.uint8)


def black_of(slip: Grey) -> float:
    """Grey levels between the paper and the print's black in a rectified slip."""
    levels = Levels(slip[::7, ::7])
    return max(30.0, levels.percentile(70) - levels.percentile(1))


def ink_mask(part: Grey, dpi: float, black: float) -> NDArray[np.bool_]:
    """Pixels that are ink: clearly darker than the paper beside them and than the noise."""
    dark, least = ink_levels(part, dpi, black)
    return darker(dark, least)


def darker(dark: Grey, least: float) -> NDArray[np.bool_]:
    """Where ``dark`` (whole grey levels) is more than ``least``: compared as bytes, eight times as quick."""
    return np.asarray(dark > np.uint8(min(int(least), 255)), dtype=np.bool_)


def ink_levels(part: Grey, dpi: float, black: float) -> tuple[Grey, float]:
    """How much darker each pixel is than the paper beside it, and from which darkness on it is ink."""
    smooth = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.7), dtype=np.uint8)
    dark = darkness(smooth, dpi)
    # A ninth of a large part's pixels tell its noise as well as all of them.
    levels = Levels(dark[::3, ::3] if dark.size > _MANY_PIXELS else dark)
    middle = levels.median()
    noise = 1.4826 * levels.median_distance(middle)
    return dark, max(_MIN_CONTRAST, _SHARE_OF_BLACK * black, 4.5 * noise + middle)


def presence(part: Grey, dpi: float, black: float) -> Presence:
    """Whether a box (uint8, cut inside its printed border, rectified at ``dpi``) has handwriting in it.

    Ruled lines (as long as the box) and specks are left out.
    """
    if min(part.shape) < 8:
        return Presence(False, 0.5, 0.0)
    scale = dpi / 25.4
    area = area_of_strokes(_without_rules(ink_mask(part, dpi, black), scale), scale)
    chance = 1.0 / (1.0 + float(np.exp(-(np.log(area + 0.02) - np.log(_HALF_MM2)) / _SLOPE)))
    # No rule of thumb is surer than this.
    chance = min(max(chance, 0.0005), 0.9995)
    return Presence(chance >= 0.5, max(chance, 1.0 - chance), area)


def area_of_strokes(mask: NDArray[np.bool_], scale: float) -> float:
    """Area (mm²) of what is longer than dust; ``scale`` pixels a millimetre."""
    bounds = components(mask).bounds[1:]
    extents = bounds[:, 2:4].max(axis=1, initial=0) / scale
    sizes = bounds[:, 4] / scale**2
    return float(sum(sizes[(extents >= _DUST_MM) & (sizes >= 0.12)].tolist()))


def _without_rules(mask: NDArray[np.bool_], scale: float) -> NDArray[np.bool_]:
    """Take out ruled lines: thin and nearly as long as the box."""
    cleaned = mask.copy()
    reach = max(1, round(0.35 * scale))
    for turned in (False, True):
        view = cleaned.T if turned else cleaned
        inked = cv2.reduce(cleaned.view(np.uint8), 0 if turned else 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
        for row in np.flatnonzero(inked.ravel() / view.shape[1] > 0.75):
            view[max(0, row - reach) : row + reach + 1] = False
    return cleaned
