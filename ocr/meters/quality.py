"""Why a photo was not read, or not surely: measured on the whole photo, and on the digits once found.

Everything on the digits is measured on the strip that the network reads (``ocr.meters.strip``), where they
are ``DIGIT`` pixels high: blur then means the same on every photo. The limits were set on real photos under
known amounts of blur, darkness and glare: docs/photos.md has the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.reasons import Reason
from ocr.meters.results import DisplayReading, Quad
from ocr.meters.strip import DIGIT, HEIGHT, SIDE, cut

Picture = NDArray[np.uint8]

#: A reading at least this sure needs no explanation: a person reads worse photos than this without doubt.
SURE = 0.95
#: Grey level that the lightest twentieth of a photo, or of the digits, stays under when it is too dark.
DARK_PHOTO, DARK_DIGITS = 45.0, 25.0
#: Steepest grey step from pixel to pixel as a share of the whole range: under it the picture is blurred.
BLURRED_PHOTO, BLURRED_DIGITS = 0.055, 0.12
#: Digits lower than this, in pixels of the photo, are too small.
LOWEST_DIGITS = 12.0
#: Share of the digits' area that is burnt out white, in one piece, for it to be glare.
GLARE_SHARE = 0.05
#: Grey levels between the digits and what is around them: under it nothing is lit on a screen.
OFF_CONTRAST = 18.0
#: A photo with this little in it, however light, shows nothing at all.
_EMPTY_CONTRAST = 12.0
_LONG_SIDE = 640
_BURNT = 250
#: How near to the picture's edge the digits' corners come when some may be outside, in heights of a digit.
_EDGE = 0.12


@dataclass(frozen=True)
class PhotoQuality:
    """A whole photo: ``light`` and ``contrast`` in grey levels, ``sharpness`` 0 to 1, and what is wrong."""

    light: float
    contrast: float
    sharpness: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class DigitQuality:
    """The digits of a display.

    ``height``: pixels of the photo; ``light``, ``contrast``: grey levels; ``sharpness``: steepest step as a
    share of the contrast, along the blurrier direction; ``glare``: share of their area that is burnt out in
    one piece.
    """

    height: float
    light: float
    contrast: float
    sharpness: float
    glare: float


def of_photo(image: Picture) -> PhotoQuality:
    """Measure a photo (H, W, 3) in which no display was found."""
    factor = _LONG_SIDE / max(image.shape[:2])
    small = image
    if factor < 1.0:
        size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    low, high = (float(value) for value in np.percentile(grey, [2, 95]))
    sharpness = _steepest(grey, max(high - low, 1.0), 99.8)
    reasons: list[Reason] = []
    if high < DARK_PHOTO:
        reasons.append(Reason.TOO_DARK)
    elif high - low < _EMPTY_CONTRAST:
        reasons.append(Reason.NOT_A_METER)
    elif sharpness < BLURRED_PHOTO:
        reasons.append(Reason.BLURRED)
    return PhotoQuality(high, high - low, sharpness, tuple(reasons))


def of_digits(image: Picture, quad: Quad) -> DigitQuality:
    """Measure the digits whose corners in ``image`` (H, W, 3) are ``quad``."""
    strip = cut(image, np.asarray(quad, np.float32))
    grey = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)
    top = (HEIGHT - DIGIT) // 2
    part = grey[top - 2 : top + DIGIT + 2, SIDE:-SIDE]
    low, high = (float(value) for value in np.percentile(part, [5, 95]))
    contrast = high - low
    burnt = (strip.min(axis=2) >= _BURNT)[top : top + DIGIT, SIDE:-SIDE]
    return DigitQuality(
        height_of(quad), high, contrast, _steepest(part, max(contrast, 1.0), 97.0), _largest(burnt)
    )


def explained(display: DisplayReading, image: Picture, digits: int | None = None) -> DisplayReading:
    """``display`` with the reasons why it may be unsure; ``digits``: how many its meter has, where known.

    A sure reading gets none, but that of a display that leaves the picture, of which digits may be missing.
    """
    reasons = list(display.reasons)
    if _leaves(display.quad, image) and (digits is None or len(display.value) < digits):
        reasons.append(Reason.CUT_OFF)
    if display.confidence < SURE:
        found = against(of_digits(image, display.quad), display)
        reasons += found or ((Reason.READING_UNCLEAR,) if not reasons else ())
    return replace(display, reasons=tuple(dict.fromkeys(reasons)))


def against(measured: DigitQuality, display: DisplayReading) -> tuple[Reason, ...]:
    """What speaks against the digits of a display, the cause of the others first."""
    if measured.height < LOWEST_DIGITS:
        return (Reason.DISPLAY_TOO_SMALL,)
    if measured.light < DARK_DIGITS:
        return (Reason.TOO_DARK,)
    if display.display == "lcd" and measured.contrast < OFF_CONTRAST:
        return (Reason.DISPLAY_OFF,)
    reasons: list[Reason] = []
    if measured.glare > GLARE_SHARE:
        reasons.append(Reason.GLARE)
    if measured.sharpness < BLURRED_DIGITS:
        reasons.append(Reason.BLURRED)
    return tuple(reasons)


def height_of(quad: Quad) -> float:
    """Of the digits, in pixels: the mean of the quad's left and right side."""
    corners = np.asarray(quad, np.float64)
    left, right = np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1])
    return float(left + right) / 2


def _leaves(quad: Quad, image: Picture) -> bool:
    """Whether the row's ends touch the picture's edge."""
    high, wide = image.shape[:2]
    margin = _EDGE * height_of(quad)
    return any(x < margin or y < margin or x > wide - 1 - margin or y > high - 1 - margin for x, y in quad)


def _steepest(grey: NDArray[np.generic], contrast: float, percentile: float) -> float:
    """The steep steps along the direction in which there are fewer of them: blur by motion has one."""
    values = np.asarray(grey, np.float32)
    if min(values.shape) < 3:
        return 1.0
    smooth = cv2.GaussianBlur(values, (0, 0), 0.7)
    across, down = np.abs(np.diff(smooth, axis=1)), np.abs(np.diff(smooth, axis=0))
    return float(min(np.percentile(across, percentile), np.percentile(down, percentile))) / contrast


def _largest(mask: NDArray[np.bool_]) -> float:
    """The largest piece's share of the whole area."""
    if not mask.any():
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return float(stats[1:, cv2.CC_STAT_AREA].max()) / mask.size
