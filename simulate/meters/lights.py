"""What falls on a scene before the camera sees it: flash, lamps, shadows, dirt, a stamp of the date."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from simulate.meters.model import Row
from simulate.meters.paint import Canvas, Field, cloud, lay, write
from simulate.meters.typefaces import text_face
from simulate.meters.words import number


def lit(canvas: Canvas, rng: np.random.Generator, rows: Sequence[Row]) -> None:
    """Light the scene; bright spots mostly keep off the digits."""
    shape = (canvas.shape[0], canvas.shape[1])
    if rng.random() < 0.35:
        _shadow(canvas, rng)
    if rng.random() < 0.3:  # the lamp's colour, stronger on one side
        tint = np.exp(rng.normal(0.0, 0.16, 3)).astype(np.float32)
        share = cloud(rng, shape, 2, 0.0, 1.0)[..., None]
        canvas *= 1.0 + share * (tint - 1.0)
    if rng.random() < 0.25:
        _flash(canvas, rng, rows)
    if rng.random() < 0.2:
        _dirt(canvas, rng)
    if rng.random() < 0.12:
        veil = np.clip(cloud(rng, shape, 3, -0.3, float(rng.uniform(0.1, 0.45))), 0.0, 1.0)
        lay(canvas, veil, (225.0, 228.0, 228.0), (0, 0))


def stamped(canvas: Canvas, rng: np.random.Generator) -> None:
    """A camera's stamp of date and time in a corner."""
    tall, wide = canvas.shape[:2]
    size = max(tall, wide) * float(rng.uniform(0.018, 0.04))
    colour = ((40.0, 60.0, 230.0), (40.0, 160.0, 250.0), (245.0, 245.0, 245.0))[int(rng.integers(3))]
    year, month, day = (int(rng.integers(low, high)) for low, high in ((2010, 2027), (1, 13), (1, 29)))
    words = f"{year}-{month:02}-{day:02} {number(rng)[:8]}"
    turned = rng.random() < 0.3
    x = wide * 0.03 if turned or rng.random() < 0.4 else wide - size * len(words) * 0.6
    y = size * 1.2 if rng.random() < 0.4 else tall - size * 1.2
    if turned:
        y = tall * 0.5
    write(canvas, words, text_face(rng), size, (x, y), colour=colour, turned=turned)


def _shadow(canvas: Canvas, rng: np.random.Generator) -> None:
    tall, wide = canvas.shape[:2]
    small = np.zeros((tall // 4 + 1, wide // 4 + 1), np.uint8)
    middle = rng.uniform(0, 1, 2) * [wide / 4, tall / 4]
    points = middle + rng.normal(0, 0.4, (int(rng.integers(3, 6)), 2)) * max(tall, wide) / 4
    cv2.fillPoly(small, [np.round(points).astype(np.int32)], 255)
    side = int(rng.integers(1, 16)) * 2 + 1
    mask = cv2.resize(cv2.blur(small, (side, side)), (wide, tall), interpolation=cv2.INTER_LINEAR)
    lay(canvas, np.asarray(mask, np.uint8), (10.0, 10.0, 10.0), (0, 0), float(rng.uniform(0.15, 0.6)))


def _flash(canvas: Canvas, rng: np.random.Generator, rows: Sequence[Row]) -> None:
    tall, wide = canvas.shape[:2]
    for _ in range(int(rng.integers(1, 3))):
        at = rng.uniform(0, 1, 2) * [wide, tall]
        reach = float(rng.uniform(0.02, 0.2)) * max(tall, wide)
        strength = float(rng.uniform(0.4, 1.6))
        gaps = [float(np.linalg.norm(row.quad.mean(axis=0) - at)) for row in rows]
        spans = [float(np.linalg.norm(row.quad[1] - row.quad[0])) / 2 for row in rows]
        if any(gap < span + 1.3 * reach for gap, span in zip(gaps, spans, strict=True)):
            if rng.random() < 0.7:
                continue
            strength = min(strength, 0.5)
        lay(canvas, _spot((tall, wide), at, reach, strength), (250.0, 252.0, 252.0), (0, 0))


def _spot(shape: tuple[int, int], at: np.ndarray, reach: float, strength: float) -> Field:
    x = (np.arange(shape[1], dtype=np.float32)[None] - np.float32(at[0])) / np.float32(reach)
    y = (np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(at[1])) / np.float32(reach)
    fall = np.float32(strength) / (1.0 + (x * x + y * y) ** 2)
    return np.asarray(np.clip(fall - 0.02, 0.0, 1.0), np.float32)


def _dirt(canvas: Canvas, rng: np.random.Generator) -> None:
    tall, wide = canvas.shape[:2]
    colour = (60.0, 80.0, 95.0) if rng.random() < 0.7 else (200.0, 205.0, 205.0)
    mask = np.zeros((tall, wide), np.uint8)
    for _ in range(int(rng.integers(3, 60))):
        at = int(rng.integers(wide)), int(rng.integers(tall))
        axes = int(rng.integers(1, max(wide // 90, 3))), int(rng.integers(1, max(wide // 90, 3)))
        cv2.ellipse(
            mask, at, axes, float(rng.uniform(0, 180)), 0, 360, int(rng.integers(60, 255)), -1, cv2.LINE_AA
        )
    lay(canvas, mask, colour, (0, 0), float(rng.uniform(0.2, 0.7)))
