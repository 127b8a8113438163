"""Medians and percentiles of grey levels by counting them: many times quicker than sorting the pixels."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.forms.settings import Grey


class Levels:
    """How often each grey level occurs in a picture (uint8, any shape, one pixel at least)."""

    def __init__(self, picture: Grey) -> None:
        # Twice as quick as counting with numpy, which makes whole words of all bytes first.
        seen = cv2.calcHist([picture], [0], None, [256], [0.0, 256.0])
        self._counts = seen.ravel().astype(np.int64)
        self._up_to = self._counts.cumsum()
        self._total = int(self._up_to[-1])

    def percentile(self, share: float) -> float:
        """The level that ``share`` per cent of the pixels do not exceed, as ``numpy.percentile`` has it."""
        place = share / 100.0 * (self._total - 1)
        below = int(place)
        low, high = self._at(below), self._at(min(below + 1, self._total - 1))
        part = place - below
        return high - (high - low) * (1.0 - part) if part >= 0.5 else low + (high - low) * part

    def median(self) -> float:
        """The middle level; between two of them their mean."""
        return (self._at((self._total - 1) // 2) + self._at(self._total // 2)) / 2.0

    def median_distance(self, level: float) -> float:
        """The median of how far the pixels are from ``level``."""
        distances = np.abs(np.arange(256) - level)
        order = np.argsort(distances, kind="stable")
        up_to = self._counts[order].cumsum()
        middle = np.searchsorted(up_to, ((self._total - 1) // 2, self._total // 2), side="right")
        first, second = distances[order[middle]].tolist()
        return float(first + second) / 2.0

    def _at(self, rank: int) -> float:
        """The level of the pixel with ``rank`` (from 0) in ascending order."""
        return float(np.searchsorted(self._up_to, rank, side="right"))
