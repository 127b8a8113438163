"""Why no slip was found on a page: what to tell the person who scans or photographs it."""

from __future__ import annotations

import cv2
import numpy as np

from domain.reasons import Reason
from ocr.forms.levels import Levels
from ocr.forms.settings import Grey

#: The paper's grey level (95th percentile) below which a picture is too dark to read.
_DARK_PAPER = 60.0
#: Sharpness: the strongest grey step between neighbouring pixels as a share of the picture's whole range.
_SHARP_STEP = 0.08


def why_not_found(grey: Grey) -> tuple[Reason, ...]:
    """``template_not_found``, with ``too_dark`` or ``blurred`` where the picture is."""
    return (Reason.TEMPLATE_NOT_FOUND, *faults(grey))


def faults(grey: Grey) -> tuple[Reason, ...]:
    """``too_dark`` or ``blurred`` where a picture is."""
    longest = max(grey.shape)
    small = grey
    if longest > 1600:
        factor = 1600 / longest
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    reasons: list[Reason] = []
    levels = Levels(small)
    low, high = levels.percentile(1), levels.percentile(95)
    if high < _DARK_PAPER:
        reasons.append(Reason.TOO_DARK)
    elif high - low > 25 and min(small.shape) > 8:
        smooth = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), dtype=np.uint8)
        down, across = cv2.absdiff(smooth[1:], smooth[:-1]), cv2.absdiff(smooth[:, 1:], smooth[:, :-1])
        steps = Levels(np.concatenate([down.ravel(), across.ravel()]).astype(np.uint8, copy=False))
        if steps.percentile(99.8) < _SHARP_STEP * (high - low):
            reasons.append(Reason.BLURRED)
    return tuple(reasons)
