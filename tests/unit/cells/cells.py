"""Cells drawn for the tests: a box, ink in it, paper around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.strokes import Pen, draw, lay, random_pen
from training.shapes import VARIANTS, shape

MARGIN = 0.20


def paper(cell_w: int = 44, cell_h: int = 52, shade: int = 238) -> NDArray[np.uint8]:
    """An empty cut without a box."""
    size = (round(cell_h * (1 + 2 * MARGIN)), round(cell_w * (1 + 2 * MARGIN)))
    return np.full(size, shade, dtype=np.uint8)


def box(crop: NDArray[np.uint8], shade: int = 90, thick: int = 2, dx: int = 0, dy: int = 0) -> None:
    """Print the border lines of the cell and its neighbours in place."""
    h, w = crop.shape
    m = MARGIN / (1 + 2 * MARGIN)
    left, top, right, bottom = (
        round(m * w) + dx,
        round(m * h) + dy,
        round((1 - m) * w) + dx,
        round((1 - m) * h) + dy,
    )
    step = right - left
    for k in (-1, 0, 1):
        cv2.rectangle(crop, (left + k * step, top), (right + k * step, bottom), shade, thick)


def write(crop: NDArray[np.uint8], strokes: list[NDArray[np.float64]], pen: Pen, rng: np.random.Generator,
          height: float = 0.68, dx: float = 0.0, dy: float = 0.0) -> None:  # fmt: skip
    """Write strokes in the middle of the cell, ``height`` and shifts in cell heights."""
    cell = crop.shape[0] / (1 + 2 * MARGIN)
    ink = draw(strokes, height * cell, pen, rng)
    x = round(crop.shape[1] / 2 - ink.shape[1] / 2 + dx * cell)
    y = round(crop.shape[0] / 2 - ink.shape[0] / 2 + dy * cell)
    lay(crop, ink, x, y, pen.shade)


def noisy(crop: NDArray[np.uint8], rng: np.random.Generator, sigma: float = 3.0) -> NDArray[np.uint8]:
    """Scanner's blur and noise."""
    blurred = cv2.GaussianBlur(crop, (0, 0), 0.6).astype(np.float64)
    return np.clip(blurred + rng.normal(0, sigma, crop.shape), 0, 255).astype(np.uint8)


def digit(value: int, seed: int, *, lines: bool = True, variant: int | None = None) -> NDArray[np.uint8]:
    """A cut with one of the project's own digits in a box."""
    rng = np.random.default_rng([seed, value])
    crop = paper()
    if lines:
        box(crop)
    write(crop, shape(value, rng, 0.6, variant), random_pen(rng), rng, height=float(rng.uniform(0.55, 0.8)))
    return noisy(crop, rng)


def all_variants() -> list[tuple[int, int]]:
    """(digit, variant) of every template."""
    return [(value, k) for value, variants in VARIANTS.items() for k in range(len(variants))]
