"""Strips are cut straight, whatever way the display lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr.meters.strip import DIGIT, HEIGHT, SIDE, STEP, WIDEST, cut, normal, width_for

SIZE = (160, 60)


def _display(angle: float, scale: float) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A display, left half dark, right half light with a red corner bottom right, turned by ``angle``."""
    flat = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
    flat[:, SIZE[0] // 2 :] = 200
    flat[SIZE[1] // 2 :, -30:] = (0, 0, 255)
    side = int(400 * scale)
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), angle, scale)
    matrix[:, 2] += side / 2 - np.array(SIZE) / 2
    image = cv2.warpAffine(flat, matrix, (side, side), flags=cv2.INTER_AREA, borderValue=(120, 120, 120))
    corners = np.array([[0, 0], [SIZE[0], 0], [SIZE[0], SIZE[1]], [0, SIZE[1]]], np.float64)
    return np.asarray(image, np.uint8), (corners @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 180.0, -120.0])
@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_a_display_is_cut_upright_at_any_turn_and_size(angle: float, scale: float) -> None:
    strip = cut(*_display(angle, scale))
    assert strip.shape == (HEIGHT, width_for(np.array([[0, 0], [160, 0], [160, 60], [0, 60]])), 3)
    top = (HEIGHT - DIGIT) // 2
    left = strip[top + 5 : top + 10, SIDE + 6 : SIDE + 14].mean()
    right = strip[top + 5 : top + 10, -SIDE - 14 : -SIDE - 6].mean()
    assert left < 90
    assert right > 170
    corner = strip[top + DIGIT - 8 : top + DIGIT - 3, -SIDE - 8 : -SIDE - 3].reshape(-1, 3).mean(axis=0)
    assert corner[2] > 180
    assert corner[0] < 80


def test_widths_are_steps_within_bounds() -> None:
    long = np.array([[0, 0], [3000, 0], [3000, 20], [0, 20]], np.float32)
    short = np.array([[0, 0], [5, 0], [5, 20], [0, 20]], np.float32)
    assert width_for(long) == WIDEST
    assert width_for(short) % STEP == 0
    assert width_for(short) >= 2 * SIDE


def test_a_display_at_the_pictures_edge_is_filled_up() -> None:
    image = np.full((50, 100, 3), 90, np.uint8)
    strip = cut(image, np.array([[-20, 10], [60, 10], [60, 40], [-20, 40]], np.float32))
    assert strip.min() >= 85


def test_brightness_and_contrast_are_levelled() -> None:
    rng = np.random.default_rng(0)
    strip = rng.integers(0, 256, (HEIGHT, 96, 3)).astype(np.uint8)
    darker = (strip * 0.5 + 10).astype(np.uint8)
    assert normal(strip).shape == (3, HEIGHT, 96)
    assert abs(normal(strip) - normal(darker)).mean() < 0.35
    assert abs(float(normal(strip).mean())) < 1e-3
