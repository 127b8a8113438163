"""Smooth curves through few control points, the way a pen runs through them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Pen strokes, each float64 (n, 2) of x, y, n ≥ 1; x to the right, y down.
Strokes = tuple[NDArray[np.float64], ...]

_STEPS = 10  # samples between two control points: fine enough for a digit 8 mm high at 600 dpi


def spline(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """A centripetal Catmull-Rom curve through ``points``, (n, 2); a point twice in a row is a corner.

    Centripetal parameters keep loops and cusps out of unevenly spaced points (Yuksel et al. 2011).
    """
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if pieces[-1] and pieces[-1][-1] == point:
            pieces.append([point])
        else:
            pieces[-1].append(point)
    curves = [_smooth(np.asarray(piece, dtype=np.float64)) for piece in pieces if len(piece) > 1]
    if not curves:
        return np.asarray(points[:1], dtype=np.float64)
    return np.concatenate([curves[0], *(curve[1:] for curve in curves[1:])])


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(points) == 2:
        steps = np.linspace(0.0, 1.0, _STEPS + 1)[:, None]
        return np.asarray(points[0] + steps * (points[1] - points[0]), dtype=np.float64)
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    padded = np.vstack([first, points, last])
    knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(padded, axis=0), axis=1) ** 0.5 + 1e-9)])
    out = [points[:1]]
    for i in range(1, len(points)):
        out.append(_segment(padded[i - 1 : i + 3], knots[i - 1 : i + 3])[1:])
    return np.concatenate(out)


def _segment(p: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve between the two middle points of four (Barry and Goldman 1988)."""
    at = np.linspace(t[1], t[2], _STEPS + 1)[:, None]

    def mix(a: NDArray[np.float64], b: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
        return (high - at) / (high - low) * a + (at - low) / (high - low) * b

    a1, a2, a3 = mix(p[0], p[1], t[0], t[1]), mix(p[1], p[2], t[1], t[2]), mix(p[2], p[3], t[2], t[3])
    b1, b2 = mix(a1, a2, t[0], t[2]), mix(a2, a3, t[1], t[3])
    return mix(b1, b2, t[1], t[2])
