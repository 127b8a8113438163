"""Finds printed corner markers: AprilTag 36h11 (Olson 2011; Wang & Olson 2016) through OpenCV's ArUco
detector.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from ocr.forms.geometry import refine_quads
from ocr.forms.settings import Floats, Grey
from ocr.reduce import reduced
from templates.model import MARKER_DICTIONARY


@dataclass(frozen=True, eq=False)
class Sighting:
    """A marker seen: ``quad`` (4, 2) float64, its black square's corners tl, tr, br, bl in page pixels."""

    id: int
    quad: Floats

    @cached_property
    def centre(self) -> Floats:
        """Mean of the corners, (2,)."""
        mean: Floats = self.quad.mean(axis=0)
        return mean

    @cached_property
    def size(self) -> float:
        """Mean side length in pixels."""
        sides = self.quad - self.quad[_NEXT]
        return float(np.hypot(sides[:, 0], sides[:, 1]).mean())


#: Each corner's neighbour in a quad.
_NEXT = np.array([1, 2, 3, 0])
#: Outline (pixels) of the least marker that the first look asks for: 6 mm at 100 dpi, turned by 45 degrees,
#: has 67. Letters have less, and finding out that they are no markers takes most of a look's time.
_QUICK_OUTLINE = 48
#: Share of the longer side that a marker's outline has: it is at least 6 mm, a page at most 430 mm.
_LEAST_OUTLINE = 0.02
#: How much of a page's shorter side is looked at from each of its corners, and in steps of how many pixels.
_CORNER, _CORNER_STEP = 0.28, 16


@lru_cache(maxsize=16)
def _detector(bits_wrong: float, windows: tuple[int, int], least: float) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.adaptiveThreshWinSizeMin, parameters.adaptiveThreshWinSizeMax = windows
    parameters.adaptiveThreshWinSizeStep = 14
    parameters.errorCorrectionRate = bits_wrong
    parameters.minMarkerPerimeterRate = least
    parameters.maxMarkerPerimeterRate = 2.0
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARKER_DICTIONARY))
    return cv2.aruco.ArucoDetector(dictionary, parameters)


def detect(
    grey: Grey,
    wanted: frozenset[int],
    *,
    bits_wrong: float = 0.25,
    windows: tuple[int, int] = (23, 23),
    outline: int = 0,
) -> list[Sighting]:
    """Markers with a wanted id in this picture; corners to about half a pixel.

    ``bits_wrong``: share of the dictionary's five correctable bits that may be wrong. ``outline``: pixels
    around the least marker that is looked for.
    """
    if min(grey.shape) < 16:
        return []
    least = max(_LEAST_OUTLINE, round(outline / max(grey.shape), 3))
    quads, ids, _ = _detector(bits_wrong, windows, least).detectMarkers(grey)
    if ids is None:
        return []
    return [
        Sighting(int(i), np.asarray(quad, dtype=np.float64).reshape(4, 2))
        for i, quad in zip(ids.ravel(), quads, strict=True)
        if int(i) in wanted
    ]


def in_corners(grey: Grey, factor: int, wanted: frozenset[int]) -> list[Sighting]:
    """What the first of ``passes`` sees near the page's four corners, in page pixels, in a fifth of its time.

    A slip that fills its page has its markers there.
    """
    height, width = (side // factor for side in grey.shape)
    side = round(_CORNER * min(height, width) / _CORNER_STEP) * _CORNER_STEP
    if side < 4 * _CORNER_STEP:
        return []
    seen = []
    for y, x in ((0, 0), (0, width - side), (height - side, 0), (height - side, width - side)):
        part = grey[y * factor : (y + side) * factor, x * factor : (x + side) * factor]
        for found in detect(reduced(part, factor), wanted, outline=_QUICK_OUTLINE):
            seen.append(Sighting(found.id, _enlarged(found.quad + np.array([x, y]), factor)))
    return merge([], _sharpened(grey, seen))


def passes(grey: Grey, factor: int, wanted: frozenset[int]) -> Iterator[list[Sighting]]:
    """Sightings in page pixels, a list for each way of looking, the quickest first; later ones cost more.

    ``factor``: how much to make the page smaller at first. The caller stops when it has found enough.
    """
    small = reduced(grey, factor)
    # The later looks, which follow where no slip is seen or print is left beside it, ask for any size.
    yield _found(grey, small, factor, wanted, windows=(23, 23), bits_wrong=0.25, outline=_QUICK_OUTLINE)
    yield _found(grey, small, factor, wanted, windows=(9, 37))
    finer = max(1, factor // 2)
    larger = reduced(grey, finer)
    blurred = np.asarray(cv2.GaussianBlur(larger, (0, 0), 1.2), dtype=np.uint8)
    yield _found(grey, blurred, finer, wanted, windows=(9, 37))
    yield _found(grey, larger, finer, wanted, windows=(15, 43))
    even = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(blurred)
    yield _found(grey, np.asarray(even, dtype=np.uint8), finer, wanted, windows=(9, 37))
    if finer > 2:
        yield _found(grey, grey, 1, wanted, windows=(23, 51))


def look_near(grey: Grey, around: Floats, wanted: frozenset[int], side: float) -> list[Sighting]:
    """Sightings near one place of the page at full resolution: for a marker that must be there.

    ``around``: (2,) page pixels; ``side``: the marker's expected side in pixels.
    """
    reach = 2.2 * side
    x0, y0 = np.maximum(np.floor(around - reach), 0).astype(int)
    x1, y1 = np.maximum(np.ceil(around + reach), 0).astype(int)
    part = grey[y0:y1, x0:x1]
    if min(part.shape, default=0) < 16:
        return []
    factor = max(1, round(side / 60.0))
    small = reduced(np.ascontiguousarray(part), factor)
    for sigma in (0.0, 1.2):
        picture = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), dtype=np.uint8) if sigma else small
        found = detect(picture, wanted, bits_wrong=0.6, windows=(15, 43))
        if found:
            corner = np.array([x0, y0])
            return _sharpened(grey, [Sighting(s.id, _enlarged(s.quad, factor) + corner) for s in found])
    return []


def merge(known: list[Sighting], more: list[Sighting]) -> list[Sighting]:
    """Both lists without markers seen twice."""
    result = list(known)
    for sighting in more:
        if not any(
            other.id == sighting.id
            and np.linalg.norm(other.centre - sighting.centre) < 0.5 * (other.size + sighting.size)
            for other in result
        ):
            result.append(sighting)
    return result


def _enlarged(quad: Floats, factor: int) -> Floats:
    """Places in a picture made ``factor`` times smaller → in the picture itself."""
    return (quad + 0.5) * factor - 0.5


def _found(
    page: Grey,
    small: Grey,
    factor: int,
    wanted: frozenset[int],
    *,
    windows: tuple[int, int],
    bits_wrong: float = 0.6,
    outline: int = 0,
) -> list[Sighting]:
    seen = detect(small, wanted, bits_wrong=bits_wrong, windows=windows, outline=outline)
    return merge([], _sharpened(page, [Sighting(s.id, _enlarged(s.quad, factor)) for s in seen]))


def _sharpened(page: Grey, seen: list[Sighting]) -> list[Sighting]:
    """Refined in page pixels; the black border of a marker is an eighth of its side."""
    if not seen:
        return []
    quads, sides = np.stack([s.quad for s in seen]), np.array([s.size for s in seen])
    quads = refine_quads(page, refine_quads(page, quads, sides * 0.11), sides * 0.09)
    return [Sighting(s.id, quad) for s, quad in zip(seen, quads, strict=True)]
