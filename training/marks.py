"""Written in cells and no digit: struck out or written over, dashes, commas, Zs, blots, two digits."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.strokes import Ink, Pen, Stroke, draw


def scribble(rng: np.random.Generator, width: float, height: float) -> list[Stroke]:
    """Strokes that cross something out, in ems: one to three lines, a cross, a zigzag or a coil."""
    kind = int(rng.integers(5))
    x0, x1 = -0.15 - 0.15 * rng.random(), width + 0.15 + 0.15 * rng.random()
    if kind == 0:
        lines = []
        for _ in range(int(rng.integers(1, 4))):
            y = rng.uniform(0.25, 0.75, 2) * height
            lines.append(np.array([[x0, y[0]], [x1, y[1]]]))
        return lines
    if kind == 1:
        return [
            np.array([[x0, rng.uniform(-0.1, 0.2)], [x1, height - rng.uniform(-0.1, 0.2)]]),
            np.array([[x1, rng.uniform(-0.1, 0.2)], [x0, height - rng.uniform(-0.1, 0.2)]]),
        ]
    if kind == 2:
        count = int(rng.integers(5, 14))
        xs = np.linspace(x0, x1, count) + rng.normal(0, 0.04, count)
        ys = (
            np.where(np.arange(count) % 2 == 0, rng.uniform(0, 0.3, count), rng.uniform(0.7, 1.0, count))
            * height
        )
        return [np.column_stack([xs, ys])]
    if kind == 3:
        count = int(rng.integers(5, 12))
        ys = np.linspace(0.05, 0.95, count) * height + rng.normal(0, 0.04, count)
        xs = np.where(np.arange(count) % 2 == 0, x0, x1) + rng.normal(0, 0.06, count)
        return [np.column_stack([xs, ys])]
    turns = rng.uniform(2.5, 5)
    t = np.linspace(0, turns * 2 * np.pi, int(turns * 14))
    cx = np.linspace(0.1, width - 0.05, len(t))
    return [np.column_stack([cx + 0.22 * np.cos(t), height / 2 + 0.38 * height * np.sin(t)])]


def struck_out(ink: Ink, height: float, pen: Pen, rng: np.random.Generator) -> Ink:
    """A digit's ink crossed out with the same pen."""
    wide, high = ink.shape[1] / height, ink.shape[0] / height
    over = draw(scribble(rng, max(0.35, wide), high), height, pen, rng)
    return stack(ink, over)


def stack(first: Ink, second: Ink, dx: int = 0, dy: int = 0) -> Ink:
    """Two inks on one canvas, centres together but for the shift; the darker wins."""
    h = max(first.shape[0], second.shape[0]) + 2 * abs(dy)
    w = max(first.shape[1], second.shape[1]) + 2 * abs(dx)
    canvas = np.zeros((h, w), dtype=np.float32)
    for ink, sx, sy in ((first, 0, 0), (second, dx, dy)):
        y, x = (h - ink.shape[0]) // 2 + sy, (w - ink.shape[1]) // 2 + sx
        y, x = max(0, y), max(0, x)
        part = canvas[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(part, ink[: part.shape[0], : part.shape[1]], out=part)
    return canvas


def written_over(first: Ink, second: Ink, rng: np.random.Generator) -> tuple[Ink, float]:
    """``second`` over ``first``; how much of ``first`` still shows beside it, as a share of ``second``."""
    dx, dy = (int(rng.normal(0, 0.06) * max(second.shape)) for _ in range(2))
    ink = stack(first, second, dx, dy)
    alone = stack(np.zeros_like(first), second, dx, dy)
    reach = cv2.dilate(alone, np.ones((3, 3), np.uint8))
    shows = ((ink > 0.5) & (reach <= 0.5)).sum()
    return ink, float(shows) / max(float((alone > 0.5).sum()), 1.0)


def side_by_side(first: Ink, second: Ink, rng: np.random.Generator) -> tuple[Ink, tuple[int, int]]:
    """Two inks in one, beside each other with a small gap or overlap, and the columns of ``second`` in it."""
    gap = int(rng.uniform(-0.1, 0.25) * first.shape[1])
    drop = int(rng.uniform(0.0, 0.15) * first.shape[0])
    left, right = (first, second) if rng.random() < 0.5 else (second, first)
    height = max(left.shape[0], right.shape[0]) + drop
    canvas = np.zeros((height, max(1, left.shape[1] + gap + right.shape[1])), dtype=np.float32)
    canvas[: left.shape[0], : left.shape[1]] = left
    part = canvas[drop : drop + right.shape[0], left.shape[1] + gap :]
    np.maximum(part, right, out=part)
    start = 0 if left is second else left.shape[1] + gap
    return canvas, (start, start + second.shape[1])


def mark(rng: np.random.Generator, size: float, pen: Pen) -> tuple[Ink, tuple[float, float]]:
    """A mark that is no digit, and where its centre lies (x, y in cells); ``size``: cell in px."""
    kind = rng.choice(["dash", "comma", "dot", "zline", "blot", "cross", "tick", "equals", "wave", "corner"],
                      p=[0.26, 0.14, 0.08, 0.14, 0.1, 0.08, 0.05, 0.05, 0.05, 0.05])  # fmt: skip
    at = (0.5 + rng.normal(0, 0.08), 0.5 + rng.normal(0, 0.08))
    if kind == "dash":
        length, tilt = rng.uniform(0.25, 1.1), rng.normal(0, 0.18)
        strokes = [
            np.array([[0, 0], [length / 2, tilt * length / 2 + rng.normal(0, 0.02)], [length, tilt * length]])
        ]
    elif kind == "comma":
        strokes = [np.array([[0.06, 0], [0.07, 0.1], [-0.06 * rng.random(), 0.12 + 0.16 * rng.random()]])]
        at = (rng.uniform(0.1, 0.9), rng.uniform(0.75, 1.0))
    elif kind == "dot":
        strokes = [np.array([[0, 0], [0.02, 0.03], [0.03, 0.0]])]
        at = (rng.uniform(0.1, 0.9), rng.uniform(0.5, 0.95))
    elif kind == "zline":
        up = rng.random() < 0.8
        slope = rng.uniform(0.35, 1.0)
        y = np.array([slope, -slope]) if up else np.array([-slope, slope])
        strokes = [np.array([[-0.2, 0.5 + y[0]], [1.2, 0.5 + y[1]]])]
        if rng.random() < 0.3:
            edge = np.array([[-0.2, 0.1], [1.2, 0.1 + rng.normal(0, 0.05)]])
            strokes.append(edge if rng.random() < 0.5 else edge + np.array([0.0, 0.8]))
    elif kind == "blot":
        return blot(rng, size), at
    elif kind == "cross":
        r = rng.uniform(0.15, 0.45)
        strokes = [np.array([[-r, -r], [r, r]]), np.array([[r, -r], [-r, r * rng.uniform(0.7, 1.1)]])]
        if rng.random() < 0.35:
            strokes = [np.array([[-r, 0], [r, 0]]), np.array([[0, -r], [0, r]])]
    elif kind == "tick":
        strokes = [np.array([[-0.2, 0.0], [0.0, 0.3], [0.0, 0.3], [0.4, -0.3]])]
    elif kind == "equals":
        gap, length = rng.uniform(0.12, 0.3), rng.uniform(0.3, 0.7)
        strokes = [np.array([[0, 0], [length, 0.02]]), np.array([[0, gap], [length, gap]])]
    elif kind == "wave":
        x = np.linspace(0, rng.uniform(0.5, 1.0), 20)
        strokes = [np.column_stack([x, 0.08 * np.sin(x * rng.uniform(8, 20))])]
    else:
        strokes = [np.array([[0, 0], [rng.uniform(0.3, 0.7), 0], [0.5, -0.3]])]
    return draw(strokes, size, pen, rng), at


def blot(rng: np.random.Generator, size: float) -> Ink:
    """A filled, ragged blot of ink."""
    side = max(6, int(size * rng.uniform(0.25, 0.9)))
    noise = cv2.GaussianBlur(rng.normal(0, 1, (side, side)).astype(np.float32), (0, 0), max(1.0, side / 9))
    noise /= float(noise.std()) + 1e-6
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    field = 1.0 - (x**2 / rng.uniform(0.4, 1) + y**2 / rng.uniform(0.4, 1)) * 1.6 + 0.45 * noise
    return np.clip(field * 3, 0, 1).astype(np.float32)
