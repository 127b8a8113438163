"""Correction fluid on paper. Grey uint8, 255 white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.paper import Grey
from templates.model import Box

Rng = np.random.Generator


def paint(paper: Grey, box: Box, dpi: float, rng: Rng) -> None:
    """Correction fluid over ``box`` (mm), in place: ragged, nearly opaque, a little off the paper's shade.

    Black under it shows as a light grey at most; its edge throws a faint shadow.
    """
    scale = dpi / 25.4
    pad = round(1.5 * scale)
    x0, y0 = max(0, round(box.x_mm * scale) - pad), max(0, round(box.y_mm * scale) - pad)
    x1 = min(paper.shape[1], round(box.right_mm * scale) + pad)
    y1 = min(paper.shape[0], round(box.bottom_mm * scale) + pad)
    part = paper[y0:y1, x0:x1].astype(np.float32)
    h, w = part.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    middle = (box.x_mm + box.w_mm / 2) * scale - x0, (box.y_mm + box.h_mm / 2) * scale - y0
    # A dab is rounder than a rectangle: a superellipse with a ragged edge.
    reach = (
        np.abs((x - middle[0]) / (box.w_mm * scale / 2)) ** 4
        + np.abs((y - middle[1]) / (box.h_mm * scale / 2)) ** 4
    )
    reach = reach + 0.35 * _smooth_noise((h, w), 0.8 * scale, rng)
    cover = cv2.GaussianBlur((reach < 1.0).astype(np.float32), (0, 0), 0.08 * scale)
    thick = float(rng.uniform(0.9, 0.99)) * cover
    shade = float(rng.uniform(236.0, 255.0)) + float(rng.uniform(0.5, 2.5)) * _smooth_noise(
        (h, w), 0.5 * scale, rng
    )
    rim = np.abs(cv2.GaussianBlur(cover, (0, 0), 0.12 * scale) - cover)
    covered = part * (1.0 - thick) + shade * thick - float(rng.uniform(5.0, 40.0)) * rim
    paper[y0:y1, x0:x1] = np.clip(covered + 0.5, 0, 255).astype(np.uint8)


def _smooth_noise(shape: tuple[int, int], sigma: float, rng: Rng) -> NDArray[np.float32]:
    noise = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), max(0.5, sigma))
    return np.asarray(noise / (float(noise.std()) + 1e-6), dtype=np.float32)
