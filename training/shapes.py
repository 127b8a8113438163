"""Digits as Europeans draw them, as control points of our own: what the public data sets have too little of.

``shapes.txt`` lists the variants. A variant is a list of strokes, a stroke a list of (x, y) in ems; a point
written twice is a sharp corner, between corners a Catmull-Rom curve runs through the points. ``shape``
deforms the control points at random, so that every drawing differs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulate.strokes import Stroke

_Points = list[tuple[float, float]]


def _read(name: str) -> dict[str, list[list[_Points]]]:
    variants: dict[str, list[list[_Points]]] = {}
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        digit, *strokes = line.split(" | ")
        variants.setdefault(digit, []).append(
            [[_point(text) for text in stroke.split()] for stroke in strokes]
        )
    return variants


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


#: digit -> variants -> strokes -> control points.
VARIANTS: dict[int, list[list[_Points]]] = {int(d): drawn for d, drawn in _read("shapes.txt").items()}
#: All drawings of letters, ``letters.txt``.
LETTERS: list[list[_Points]] = [drawing for letter in _read("letters.txt").values() for drawing in letter]


def curve(points: np.ndarray, steps: int = 6) -> Stroke:
    """Catmull-Rom through control points (N, 2); a doubled point is a corner. Returns (M, 2), same unit."""
    pieces: list[np.ndarray] = []
    start = 0
    for i in range(1, len(points) + 1):
        if i == len(points) or np.allclose(points[i], points[i - 1]):
            pieces.append(points[start:i])
            start = i
    return np.concatenate([_smooth(piece, steps) for piece in pieces if len(piece)])


def _smooth(points: np.ndarray, steps: int) -> np.ndarray:
    if len(points) < 3:
        return points
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i][:, None, :] for i in range(4))
    out = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([out.reshape(-1, 2), points[-1:]])


def shape(
    digit: int, rng: np.random.Generator, amount: float = 1.0, variant: int | None = None
) -> list[Stroke]:
    """One drawing of a digit: a random variant with its control points moved, stretched parts, in ems."""
    variants = VARIANTS[digit]
    return _deformed(variants[int(rng.integers(len(variants))) if variant is None else variant], rng, amount)


def letter(rng: np.random.Generator, amount: float = 1.0) -> list[Stroke]:
    """One drawing of some Latin letter, as ``shape`` draws digits."""
    return _deformed(LETTERS[int(rng.integers(len(LETTERS)))], rng, amount)


def _deformed(strokes: list[_Points], rng: np.random.Generator, amount: float) -> list[Stroke]:
    bend = rng.normal(0.0, 0.05 * amount, 4)
    moved: list[Stroke] = []
    for points in strokes:
        raw = np.array(points, dtype=np.float64)
        noise = rng.normal(0.0, 0.035 * amount, raw.shape)
        same = np.concatenate([[False], (np.abs(np.diff(raw, axis=0)).sum(axis=1) < 1e-9)])
        for i in np.flatnonzero(same):
            noise[i] = noise[i - 1]
        raw = raw + noise
        x, y = raw[:, 0].copy(), raw[:, 1].copy()
        raw[:, 0] = x * (1 + bend[0]) + bend[1] * np.sin(np.pi * y)
        raw[:, 1] = y + bend[2] * np.sin(np.pi * y) + bend[3] * (x - 0.3)
        moved.append(curve(raw) + rng.normal(0.0, 0.012 * amount, 2))
    return moved
