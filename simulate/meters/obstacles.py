"""What comes between the camera and the digits: ink on the glass, a seal's wire, drops, a finger."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from simulate.meters import prints
from simulate.meters.model import Row
from simulate.meters.paint import Canvas, grey, lay
from simulate.meters.words import number


def hindered(canvas: Canvas, rng: np.random.Generator, rows: Sequence[Row]) -> None:
    """Put obstacles before some scenes; each leaves the digits readable to a patient eye."""
    if rows and rng.random() < 0.15:
        _scrawl(canvas, rng, rows[0])
    if rows and rng.random() < 0.06:
        _wire(canvas, rng, rows[int(rng.integers(len(rows)))])
    if rng.random() < 0.05:
        _drops(canvas, rng)
    if rng.random() < 0.04:
        _finger(canvas, rng, rows)


def _scrawl(canvas: Canvas, rng: np.random.Generator, row: Row) -> None:
    """Somebody's number on the meter's glass, near its digits."""
    quad = row.quad
    size = float(np.linalg.norm(quad[3] - quad[0]))
    mask = prints.handwritten(rng, number(rng)[:4], size * float(rng.uniform(0.8, 2.2)))
    turn = float(np.degrees(np.arctan2(quad[1, 1] - quad[0, 1], quad[1, 0] - quad[0, 0])))
    side = int(np.hypot(*mask.shape)) + 2
    middle = (mask.shape[1] / 2, mask.shape[0] / 2)
    spin = cv2.getRotationMatrix2D(middle, -turn + float(rng.normal(0, 6)), 1.0)
    spin[:, 2] += [side / 2 - middle[0], side / 2 - middle[1]]
    turned = np.asarray(cv2.warpAffine(mask, spin, (side, side)), np.uint8)
    up = (quad[0] - quad[3]) / max(size, 1.0)
    away = (0.65 * size + mask.shape[0] / 2) * float(rng.uniform(0.85, 1.6))
    away *= 1.0 if rng.random() < 0.6 else -1.0
    at = quad[0] + (quad[1] - quad[0]) * float(rng.uniform(0.1, 0.9)) + (quad[3] - quad[0]) / 2 + up * away
    colour = grey(rng, 200, 250) if rng.random() < 0.4 else grey(rng, 5, 60)
    lay(canvas, turned, colour, (round(float(at[0]) - side / 2), round(float(at[1]) - side / 2)), 0.9)


def _wire(canvas: Canvas, rng: np.random.Generator, row: Row) -> None:
    """A thin wire across the digits, much thinner than their strokes."""
    quad = row.quad.astype(np.float64)
    size = float(np.linalg.norm(quad[3] - quad[0]))
    middle = quad[0] + (quad[1] - quad[0]) * float(rng.random()) + (quad[3] - quad[0]) * float(rng.random())
    angle = float(rng.uniform(0, np.pi))
    reach = np.array([np.cos(angle), np.sin(angle)]) * size * float(rng.uniform(2, 8))
    bend = middle + rng.normal(0, 0.4, 2) * size
    t = np.linspace(0, 1, 12)[:, None]
    path = (1 - t) ** 2 * (middle - reach) + 2 * t * (1 - t) * bend + t**2 * (middle + reach)
    thick = max(round(size * float(rng.uniform(0.02, 0.06))), 1)
    cv2.polylines(canvas, [np.round(path).astype(np.int32)], False, grey(rng, 60, 220), thick, cv2.LINE_AA)


def _drops(canvas: Canvas, rng: np.random.Generator) -> None:
    """Water on the glass: small discs that show what is behind them a little shifted and brighter."""
    tall, wide = canvas.shape[:2]
    for _ in range(int(rng.integers(4, 30))):
        radius = int(rng.integers(2, max(wide // 60, 4)))
        x = int(rng.integers(radius, max(wide - 3 * radius, radius + 1)))
        y = int(rng.integers(radius, max(tall - 3 * radius, radius + 1)))
        area = canvas[y - radius : y + radius, x - radius : x + radius]
        behind = canvas[y : y + 2 * radius, x : x + 2 * radius]
        if area.shape[:2] != (2 * radius, 2 * radius) or behind.shape != area.shape:
            continue
        mask = np.zeros(area.shape[:2], np.float32)
        cv2.circle(mask, (radius, radius), radius - 1, 0.8, -1, cv2.LINE_AA)
        area += mask[..., None] * (behind[::-1, ::-1] * np.float32(1.1) - area)


def _finger(canvas: Canvas, rng: np.random.Generator, rows: Sequence[Row]) -> None:
    """A finger that reaches in from an edge, out of focus, beside the digits."""
    tall, wide = canvas.shape[:2]
    size = np.array([wide, tall], np.float64)
    start = rng.uniform(0, 1, 2) * size
    side = int(rng.integers(2))
    start[side] = 0.0 if rng.random() < 0.5 else size[side]
    tip = start + (size / 2 - start) * float(rng.uniform(0.1, 0.5))
    thick = max(round(float(rng.uniform(0.06, 0.18)) * max(tall, wide)), 3)
    for row in rows:
        centre, half = row.quad.mean(axis=0), float(np.linalg.norm(row.quad[1] - row.quad[0])) / 2
        along = tip - start
        share = float(np.clip(np.dot(centre - start, along) / max(float(along @ along), 1.0), 0.0, 1.0))
        if float(np.linalg.norm(start + share * (tip - start) - centre)) < half + thick:
            return
    mask = np.zeros((tall // 2 + 1, wide // 2 + 1), np.uint8)
    ends = np.round(np.stack([start, tip]) / 2).astype(np.int32)
    cv2.polylines(mask, [ends], False, 255, max(thick // 2, 1))
    soft = cv2.resize(cv2.blur(mask, (5, 5)), (wide, tall), interpolation=cv2.INTER_LINEAR)
    tone = float(rng.uniform(0.4, 1.1))
    lay(canvas, np.asarray(soft, np.uint8), (115.0 * tone, 145.0 * tone, 205.0 * tone), (0, 0))
