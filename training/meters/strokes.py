"""Ink, hairs and wires over a display: a pen left a line on the glass, a seal's wire hangs before it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_POINTS = 24
#: Fractions of a pixel in which OpenCV draws: bits.
_SHIFT = 4


def crossed(image: Image, rng: np.random.Generator, area: NDArray[np.float32], height: float) -> Image:
    """``image`` (H, W, 3) and strokes over the quad ``area`` (4, 2); ``height`` of its digits."""
    out = image.copy()
    for _ in range(int(rng.integers(1, 4))):
        share = rng.uniform(0, 1, 2)
        top = area[0] + (area[1] - area[0]) * share[0]
        bottom = area[3] + (area[2] - area[3]) * share[0]
        path = _path(rng, (top + (bottom - top) * share[1]).astype(np.float64), height)
        colour = float(rng.uniform(190, 255) if rng.random() < 0.7 else rng.uniform(0, 70))
        thick = max(1, round(height * float(np.exp(rng.uniform(np.log(0.03), np.log(0.2))))))
        out = _laid(out, rng, path, colour, (thick, height))
    return out


def _path(rng: np.random.Generator, through: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """A bent line through a point: its direction changes steadily, as a hand's or a wire's does."""
    length = height * float(rng.uniform(0.6, 5.0))
    angle = float(rng.uniform(0, 2 * np.pi))
    bend = float(rng.normal(0, 1.6)) + float(rng.normal(0, 1.0)) * np.linspace(-1, 1, _POINTS)
    angles = angle + np.cumsum(bend) / _POINTS
    steps = np.stack([np.cos(angles), np.sin(angles)], 1) * length / _POINTS
    line = np.cumsum(steps, axis=0)
    return through + line - line[int(rng.integers(_POINTS))]


def _laid(
    image: Image,
    rng: np.random.Generator,
    path: NDArray[np.float64],
    colour: float,
    sizes: tuple[int, float],
) -> Image:
    thick, height = sizes
    left, top = np.floor(path.min(axis=0) - 3 * thick - 4).astype(int).clip(0)
    right, bottom = np.ceil(path.max(axis=0) + 3 * thick + 4).astype(int)
    part = image[top:bottom, left:right]
    if min(part.shape[:2]) < 2:
        return image
    line = np.round((path - [left, top]) * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.polylines(mask, [line], False, 255, thick, cv2.LINE_AA, shift=_SHIFT)
    # The glass is nearer than the digits, so a stroke is less sharp; thin ink shows them through.
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.3, height * float(rng.uniform(0.005, 0.04))))
    share = (soft.astype(np.float32) * float(rng.uniform(0.55, 1.0) / 255.0))[..., None]
    image[top:bottom, left:right] = (part + share * (colour - part)).astype(np.uint8)
    return image
