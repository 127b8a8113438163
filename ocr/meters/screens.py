"""A photo of a screen instead of the meter: the screen's grid of pixels shows in the spectrum.

Whatever a screen shows, its pixels repeat at one and the same frequency all over the photo, or beat with
those of the camera (moiré). So the spectra of several patches are averaged, each levelled by what is
usual at that distance from the middle: what the picture shows differs from patch to patch and averages out,
the grid does not. What JPEG's blocks leave lies on the axes, where nothing is looked at.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

#: Side of a patch, and how many of them along the shorter and the longer side.
_SIDE = 256
_PLACES = (3, 4)
#: Frequencies looked at, in periods a pixel: lower ones belong to what is shown.
_LOWEST, _HIGHEST = 0.07, 0.49
#: Bins beside the axes that are left out: a hand holds a telephone askew by at least as much.
_AXES = 3
#: Mean excess (natural logarithm of power) of one frequency over its like from which it is a screen's grid.
SCREEN = 5.2


def screen_score(image: Picture) -> float:
    """How far the strongest common frequency of a photo BGR (H, W, 3), at full size, stands out.

    At ``SCREEN`` and above it is a photo of a screen; 0 for a photo too small to tell.
    """
    high, wide = image.shape[:2]
    if min(high, wide) < _SIDE:
        return 0.0
    rows, columns = _PLACES if high <= wide else _PLACES[::-1]
    total = np.zeros((_SIDE, _SIDE // 2 + 1))
    count = 0
    for top in np.linspace(0.15 * (high - _SIDE), 0.85 * (high - _SIDE), rows).astype(int):
        for left in np.linspace(0.15 * (wide - _SIDE), 0.85 * (wide - _SIDE), columns).astype(int):
            patch = image[top : top + _SIDE, left : left + _SIDE]
            total += _levelled(cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY))
            count += 1
    mean = cv2.GaussianBlur(total / count, (0, 0), 0.6)
    return float(mean[_looked_at()].max())


def _levelled(grey: NDArray[np.generic]) -> NDArray[np.float64]:
    """Logarithm of the power spectrum above its median at each distance from the middle."""
    values = np.asarray(grey, np.float32)
    window = _window()
    power = np.abs(np.fft.rfft2((values - values.mean()) * window)) ** 2
    # Grey levels are whole numbers: a patch without any noise must not show what rounding leaves.
    logs = np.log(power + _SIDE * _SIDE * 0.05)
    rings, most = _rings()
    order = np.argsort(rings.ravel(), kind="stable")
    bounds = np.searchsorted(rings.ravel()[order], np.arange(most + 2))
    ordered = logs.ravel()[order]
    medians = np.array([np.median(ordered[a:b]) if b > a else 0.0 for a, b in pairwise(bounds)])
    return np.asarray(logs - medians[rings], np.float64)


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    one = np.hanning(_SIDE)
    return np.outer(one, one).astype(np.float32)


@lru_cache(maxsize=1)
def _radii() -> NDArray[np.float64]:
    return np.asarray(np.hypot(np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None]), np.float64)


@lru_cache(maxsize=1)
def _rings() -> tuple[NDArray[np.int64], int]:
    rings = np.round(_radii() * _SIDE / 3).astype(np.int64)
    return rings, int(rings.max())


@lru_cache(maxsize=1)
def _looked_at() -> NDArray[np.bool_]:
    down = np.abs(np.fft.fftfreq(_SIDE))[:, None] * _SIDE
    across = np.fft.rfftfreq(_SIDE)[None] * _SIDE
    radii = _radii()
    return np.asarray((radii > _LOWEST) & (radii < _HIGHEST) & (down > _AXES) & (across > _AXES), np.bool_)
