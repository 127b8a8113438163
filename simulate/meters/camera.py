"""What a phone's camera and its owner's hand make of a view: light, focus, shake, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.paint import cloud, grain

_Image = NDArray[np.uint8]


def shot(
    rng: np.random.Generator, view: NDArray[np.float32], *, hard: float = 1.0, digit: float | None = None
) -> _Image:
    """A photo of ``view`` (float32 BGR); ``hard``: 0 spares it, 1 as phones do, 2 worse.

    ``digit``: the height in pixels of the digits that should mostly stay readable; blur keeps within it.
    """
    view = (
        view
        * cloud(rng, (view.shape[0], view.shape[1]), 2, 1.0 - 0.3 * hard * float(rng.random()), 1.08)[
            ..., None
        ]
    )
    if rng.random() < 0.4 * hard:
        _vignette(view, rng)
    exposure = float(np.exp(rng.normal(0.0, 0.22 * hard)))
    if rng.random() < 0.1 * hard:
        exposure *= float(rng.uniform(0.2, 0.6))
    balance = np.exp(rng.normal(0.0, 0.05 * hard, 3)) * exposure
    view *= balance.astype(np.float32)
    blurred = _blurred(rng, view, hard, digit)
    noise = float(rng.gamma(1.5, 2.4)) * hard
    shape = (blurred.shape[0], blurred.shape[1])
    if rng.random() < 0.5:
        blurred += grain(rng, shape, noise)[..., None]
    else:
        for channel in range(3):
            blurred[..., channel] += grain(rng, shape, noise)
    gamma = float(np.exp(rng.normal(0.0, 0.12 * hard)))
    table = np.clip(255.0 * (np.arange(256) / 255.0) ** gamma, 0, 255).astype(np.uint8)
    image = cv2.LUT(cv2.convertScaleAbs(np.maximum(blurred, 0.0)), table)
    if rng.random() < 0.2 * hard:  # a phone's sharpening
        soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.8, 2.0)))
        image = cv2.addWeighted(image, 1.0 + 0.8, soft, -0.8, 0.0)
    if rng.random() < 0.8:
        quality = int(rng.integers(35 if rng.random() < 0.3 * hard else 65, 97))
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(image, np.uint8)


def _blurred(
    rng: np.random.Generator, view: NDArray[np.float32], hard: float, digit: float | None
) -> NDArray[np.float32]:
    kind = rng.random()
    scale = max(view.shape[:2]) / 640.0
    if digit is not None and rng.random() < 0.93:
        scale = min(scale * 1.5, digit / 16.0)
    if kind < 0.3 * hard:
        sigma = min(float(rng.gamma(1.6, 0.55)), 1.7) * scale
        return np.asarray(cv2.GaussianBlur(view, (0, 0), max(sigma, 0.2)), np.float32)
    if kind < 0.45 * hard:
        length = max(int(rng.integers(2, 7) * scale), 1)
        kernel = np.zeros((length | 1, length | 1), np.float32)
        middle = length // 2
        angle = float(rng.uniform(0, np.pi))
        dx, dy = round(middle * np.cos(angle)), round(middle * np.sin(angle))
        cv2.line(kernel, (middle - dx, middle - dy), (middle + dx, middle + dy), 1.0, 1)
        return np.asarray(cv2.filter2D(view, -1, kernel / kernel.sum()), np.float32)
    if kind < 0.55 * hard:  # small once, made large by somebody's messenger
        ratio = float(rng.uniform(0.4, 0.8))
        if digit is not None:
            ratio = min(max(ratio, 8.0 / digit), 0.95)
        small = cv2.resize(view, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        size = (view.shape[1], view.shape[0])
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return view


def _vignette(view: NDArray[np.float32], rng: np.random.Generator) -> None:
    tall, wide = view.shape[:2]
    x = np.linspace(-1, 1, wide, dtype=np.float32)[None] - np.float32(rng.normal(0, 0.15))
    y = np.linspace(-1, 1, tall, dtype=np.float32)[:, None] - np.float32(rng.normal(0, 0.15))
    view *= (1.0 - np.float32(rng.uniform(0.1, 0.45)) * np.clip(x * x + y * y, 0.0, 1.6))[..., None]
