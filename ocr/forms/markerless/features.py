"""What catches the eye in print: SIFT features (Lowe 2004).

Their words are compared as RootSIFT (Arandjelović & Zisserman 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.levels import Levels
from ocr.forms.settings import Floats, Grey

#: Resolution that features are looked for at: a line of text is a pattern there, not letters.
FEATURE_DPI = 80.0
_MOST = 2200
#: Sharp print and its third copy have to look alike.
_SOFT_PX = 0.6
#: Background is what is wider than this (mm).
_BROAD_MM = 5.0


@dataclass(frozen=True, eq=False)
class Features:
    """n features: ``places`` (n, 2), ``sizes`` (n,), ``angles`` (n,) radians, ``words`` (n, 128) float32 of
    length 1.
    """

    places: Floats
    sizes: Floats
    angles: Floats
    words: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.places)

    def only(self, chosen: NDArray[np.bool_]) -> Features:
        """Those of them that ``chosen`` (n,) names."""
        return Features(self.places[chosen], self.sizes[chosen], self.angles[chosen], self.words[chosen])


@lru_cache(maxsize=1)
def _sift() -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=_MOST, contrastThreshold=0.03, edgeThreshold=12)


def ink_levels(grey: Grey, dpi: float, softness_px: float = _SOFT_PX) -> Grey:
    """How dark print is against its paper, uint8: 0 paper, 255 the darkest; shadows and tints taken out.

    Grey levels, paper's shade and toner differ from scan to scan; this differs little.
    """
    size = max(3, round(_BROAD_MM * dpi / 25.4)) | 1
    paper = cv2.blur(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), (size, size))
    dark = cv2.subtract(paper, grey)
    if softness_px > 0:
        dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), softness_px), dtype=np.uint8)
    some = np.asarray(dark[dark > 24], dtype=np.uint8)
    black = Levels(some).percentile(90) if some.size > 50 else 255.0
    return np.asarray(cv2.convertScaleAbs(dark, alpha=255.0 / max(black, 24.0)), dtype=np.uint8)


def features_of(grey: Grey) -> Features:
    """The strongest features of a picture (uint8, at about ``FEATURE_DPI``), places in its pixels."""
    if min(grey.shape) < 32:
        return _none()
    points, words = _sift().detectAndCompute(ink_levels(grey, FEATURE_DPI), None)
    if words is None or not len(points):
        return _none()
    # nfeatures lets ties in: a page of equal boxes has very many.
    points, words = points[:_MOST], np.asarray(words, dtype=np.float32)[:_MOST]
    root = np.sqrt(words / np.maximum(words.sum(axis=1, keepdims=True), 1e-6))
    return Features(
        np.array([point.pt for point in points], dtype=np.float64).reshape(-1, 2),
        np.array([point.size for point in points], dtype=np.float64),
        np.deg2rad(np.array([point.angle for point in points], dtype=np.float64)),
        np.asarray(root, dtype=np.float32),
    )


def page_features(grey: Grey, dpi: float) -> Features:
    """The features of a page of about ``dpi``, places in its own pixels."""
    factor = dpi / FEATURE_DPI
    size = (max(1, round(grey.shape[1] / factor)), max(1, round(grey.shape[0] / factor)))
    small = (
        grey if factor <= 1.1 else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    )
    found = features_of(small)
    enlarged = np.array([grey.shape[1] / small.shape[1], grey.shape[0] / small.shape[0]])
    places = (found.places + 0.5) * enlarged - 0.5
    return Features(places, found.sizes * float(enlarged.mean()), found.angles, found.words)


def _none() -> Features:
    return Features(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros((0, 128), dtype=np.float32))
