"""What a camera does to a picture of a meter: the same for the finder's crops and the reader's strips."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
#: Drawn once: new noise for every picture takes longer than all the rest.
_NOISE = np.random.default_rng(0).standard_normal(1 << 21, dtype=np.float32)


def photographed(image: Image, rng: np.random.Generator, hard: float = 1.0) -> Image:
    """Colour, light, blur, noise and JPEG changed at random; ``hard``: 0 nothing, 1 as found in the field."""
    values = _lit(_coloured(image, rng, hard).astype(np.float32), rng, hard)
    if rng.random() < 0.4 * hard:
        sigma = float(rng.uniform(0.3, 1.0))
        values = cv2.GaussianBlur(values, (0, 0), sigma)
    if rng.random() < 0.15 * hard:
        values = _smeared(values, rng)
    if rng.random() < 0.5 * hard:
        high, wide, layers = *values.shape[:2], 1 if rng.random() < 0.5 else 3
        start = int(rng.integers(0, len(_NOISE) - high * wide * layers))
        noise = _NOISE[start : start + high * wide * layers].reshape(high, wide, layers)
        values += noise * np.float32(rng.uniform(1, 14))
    out = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.4 * hard:
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return out


def _coloured(image: Image, rng: np.random.Generator, hard: float) -> Image:
    """White balance, gamma, contrast and exposure, by tables."""
    if rng.random() < 0.12 * hard:
        image = np.asarray(
            cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8
        )
    cast = np.exp(rng.normal(0, 0.12 * hard, 3))
    gamma = float(np.exp(rng.normal(0, 0.3 * hard)))
    table = np.clip(np.arange(256)[:, None] * cast / 255.0, 1e-4, 1.0) ** gamma
    middle = float(np.take(table.mean(axis=1), np.asarray(image).mean().astype(int)))
    contrast = float(np.exp(rng.normal(0, 0.25 * hard)))
    shift = float(rng.normal(0, 0.08 * hard))
    table = 255.0 * ((table - middle) * contrast + middle + shift)
    return np.asarray(cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)[:, None, :]), np.uint8)


def _lit(values: NDArray[np.float32], rng: np.random.Generator, hard: float) -> NDArray[np.float32]:
    """A shadow's edge or a reflection across the glass."""
    if rng.random() > 0.35 * hard:
        return values
    high, wide = values.shape[:2]
    angle, far = rng.uniform(0, 2 * np.pi), float(rng.uniform(0.02, 0.5)) * (high + wide)
    ys, xs = np.mgrid[0:high, 0:wide].astype(np.float32)
    at = np.float32(rng.uniform(0, wide)) * np.cos(angle) + np.float32(rng.uniform(0, high)) * np.sin(angle)
    ramp = 1 / (1 + np.exp(-np.clip((xs * np.cos(angle) + ys * np.sin(angle) - at) / far * 4, -30, 30)))
    if rng.random() < 0.5:
        return np.asarray(values * (1 - rng.uniform(0.2, 0.65) * ramp[..., None]), np.float32)
    centre = (float(rng.uniform(0, wide)), float(rng.uniform(0, high)))
    radius = float(rng.uniform(0.05, 0.3)) * wide
    spot = np.exp(-((xs - centre[0]) ** 2 + (ys - centre[1]) ** 2) / (2 * radius**2))
    return np.asarray(values + rng.uniform(40, 200) * spot[..., None], np.float32)


def _smeared(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A hand that moved."""
    size = int(rng.integers(2, 5)) * 2 + 1
    kernel = np.zeros((size, size), np.float32)
    angle, half = rng.uniform(0, np.pi), size / 2
    end = (half + half * np.cos(angle), half + half * np.sin(angle))
    begin = (half - half * np.cos(angle), half - half * np.sin(angle))
    cv2.line(
        kernel,
        (int(begin[0]), int(begin[1])),
        (min(int(end[0]), size - 1), min(int(end[1]), size - 1)),
        1.0,
    )
    return np.asarray(cv2.filter2D(values, -1, kernel / max(float(kernel.sum()), 1.0)), np.float32)
