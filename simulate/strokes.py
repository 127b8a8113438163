"""Pen strokes -> ink: one random pen, drawn the way a hand and a ball-point do it.

Coordinates of strokes: *ems*, x right and y down; a digit stands between y = 0 (its top) and y = 1 (its
foot), x grows from its left edge. A stroke is a float array of shape (N, 2), N >= 1, pen down from its
first point to its last; between strokes the pen is lifted. Everything random comes from the generator that is
passed in, so a seed repeats a page exactly. Ink is *coverage*: float32, 0 bare paper, 1 fully inked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]
Ink = NDArray[np.float32]

_SUPERSAMPLE = 4
_STEP_EM = 0.035


@dataclass(frozen=True)
class Pen:
    """A pen in a hand. Lengths are in ems (digit heights), angles in radians.

    ``width`` of the line; ``darkness`` 0-1, the coverage where the pen presses; ``slant`` as a shear
    (positive leans right); ``rotation`` clockwise; ``aspect`` stretches x; ``tremor`` amplitude of the hand's
    shake; ``wobble`` amplitude of the slow deviation that makes no two digits equal; ``pressure`` 0-1, how
    much width and darkness vary along a stroke; ``skips`` expected number of places in an em where the ink
    stops briefly; ``grain`` 0-1, how much the paper's tooth shows (pencil); ``shade`` 0-255, grey of the ink.
    """

    width: float = 0.08
    darkness: float = 0.95
    slant: float = 0.0
    rotation: float = 0.0
    aspect: float = 1.0
    tremor: float = 0.0
    wobble: float = 0.0
    pressure: float = 0.0
    skips: float = 0.0
    grain: float = 0.0
    shade: int = 40


def random_pen(rng: np.random.Generator) -> Pen:
    """A pen of one writer: mostly blue or black ball-points, some gel pens and felt tips, some pencils."""
    kind = rng.choice(3, p=[0.68, 0.17, 0.15])
    base = Pen(
        slant=float(rng.normal(0.08, 0.16)),
        rotation=float(rng.normal(0.0, 0.06)),
        aspect=float(np.exp(rng.normal(0.0, 0.14))),
        tremor=float(rng.gamma(1.2, 0.006)),
        wobble=float(rng.gamma(2.0, 0.012)),
    )
    if kind == 0:
        return replace(
            base,
            width=float(rng.uniform(0.045, 0.11)),
            darkness=float(rng.uniform(0.75, 1.0)),
            pressure=float(rng.uniform(0.0, 0.5)),
            skips=float(rng.choice([0.0, 0.15, 0.5], p=[0.7, 0.2, 0.1])),
            shade=int(rng.integers(15, 110)),
        )
    if kind == 1:
        return replace(
            base,
            width=float(rng.uniform(0.09, 0.2)),
            darkness=float(rng.uniform(0.9, 1.0)),
            pressure=float(rng.uniform(0.0, 0.2)),
            shade=int(rng.integers(0, 80)),
        )
    return replace(
        base,
        width=float(rng.uniform(0.05, 0.12)),
        darkness=float(rng.uniform(0.45, 0.9)),
        pressure=float(rng.uniform(0.1, 0.6)),
        grain=float(rng.uniform(0.2, 0.7)),
        shade=int(rng.integers(70, 150)),
    )


def vary(pen: Pen, rng: np.random.Generator, amount: float = 1.0) -> Pen:
    """The same hand's next character: slant, turn, shape and pressure change a little (``amount`` 0: not)."""
    return replace(
        pen,
        slant=pen.slant + float(rng.normal(0, 0.035)) * amount,
        rotation=pen.rotation + float(rng.normal(0, 0.03)) * amount,
        aspect=pen.aspect * float(np.exp(rng.normal(0, 0.06) * amount)),
        width=pen.width * float(np.exp(rng.normal(0, 0.06) * amount)),
        darkness=float(np.clip(pen.darkness + rng.normal(0, 0.03) * amount, 0.05, 1.0)),
    )


def normalise(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Strokes in any unit (x right, y down) -> ems: top at 0, height 1, left edge at x = 0.

    What is flatter than a third of its width (a dash) keeps its proportions with width 0.6, mid-height.
    """
    points = np.concatenate([np.asarray(s, dtype=np.float64).reshape(-1, 2) for s in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = high - low
    if height * 3 < width:
        scale, shift = 0.6 / width, np.array([0.0, 0.5])
        low = np.array([low[0], (low[1] + high[1]) / 2])
    else:
        scale, shift = (1.0 / height if height > 0 else 0.0), np.zeros(2)
    return [(np.asarray(s, dtype=np.float64).reshape(-1, 2) - low) * scale + shift for s in strokes]


def draw(strokes: Sequence[Stroke], height_px: float, pen: Pen, rng: np.random.Generator) -> Ink:
    """Strokes in ems -> ink coverage, float32 (H, W) in 0-1, cropped to the ink with two pixels around it.

    ``height_px`` is the size of one em in pixels. Raises ``ValueError`` when there is no point to draw.
    """
    ink, _ = draw_at(strokes, height_px, pen, rng)
    return ink


def draw_at(
    strokes: Sequence[Stroke], height_px: float, pen: Pen, rng: np.random.Generator
) -> tuple[Ink, tuple[int, int]]:
    """Like ``draw``, and where the canvas lies: (x, y) in pixels of its top left from the em's origin.

    Needed where ink must keep its place, as a dash at mid-height or a comma at the foot.
    """
    paths = [_hand(stroke, pen, rng) for stroke in strokes if len(stroke)]
    if not paths:
        raise ValueError("no strokes to draw; pass at least one array of points")
    paths = _turn(paths, pen)
    everything = np.concatenate(paths) * height_px
    pad = pen.width * height_px + 2.0
    x0, y0 = np.floor(everything.min(axis=0) - pad).astype(int)
    x1, y1 = np.ceil(everything.max(axis=0) + pad).astype(int)
    big = np.zeros(((y1 - y0) * _SUPERSAMPLE, (x1 - x0) * _SUPERSAMPLE), dtype=np.float32)
    for path in paths:
        pixels = (path * height_px - (x0, y0)) * _SUPERSAMPLE
        _trace(big, pixels, pen, pen.width * height_px * _SUPERSAMPLE, rng)
    ink = cv2.resize(big, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    if pen.grain > 0:
        ink = ink * _tooth(ink.shape, pen.grain, rng)
    return np.asarray(ink, dtype=np.float32), (int(x0), int(y0))


def lay(paper: NDArray[np.uint8], ink: Ink, x: int, y: int, shade: int = 40) -> None:
    """Lay ink on grey paper in place, its top left at pixel (x, y); what falls off the paper is lost.

    Ink multiplies what is under it, so a crossing line or a stamp shines through as it does on a scan.
    """
    height, width = paper.shape
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + ink.shape[0], height), min(x + ink.shape[1], width)
    if top >= bottom or left >= right:
        return
    part = ink[top - y : bottom - y, left - x : right - x]
    under = paper[top:bottom, left:right].astype(np.float32)
    kept = 1.0 - part * (1.0 - shade / 255.0)
    paper[top:bottom, left:right] = np.clip(under * kept + 0.5, 0, 255).astype(np.uint8)


def _hand(stroke: Stroke, pen: Pen, rng: np.random.Generator) -> Stroke:
    """Resample evenly and let the hand deviate: slow wobble and fast tremor."""
    points = np.asarray(stroke, dtype=np.float64).reshape(-1, 2)
    steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, int(way[-1] / _STEP_EM) + 1)
    at = np.linspace(0.0, way[-1], count)
    even = np.stack([np.interp(at, way, points[:, i]) for i in (0, 1)], axis=1)
    if pen.wobble > 0:
        knots = max(3, int(way[-1] / 0.35) + 2)
        slow = rng.normal(0.0, pen.wobble, (knots, 2))
        places = np.linspace(0, knots - 1, count)
        smooth = np.stack([np.interp(places, np.arange(knots), slow[:, i]) for i in (0, 1)], axis=1)
        even = even + (smooth if count < 7 else _smooth(smooth))
    if pen.tremor > 0:
        even = even + rng.normal(0.0, pen.tremor, even.shape)
    return even


def _smooth(values: Stroke) -> Stroke:
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    windows = np.stack([padded[i : len(values) + i] for i in range(5)])
    return np.asarray(windows.mean(axis=0), dtype=np.float64)


def _turn(paths: list[Stroke], pen: Pen) -> list[Stroke]:
    """Aspect, slant and rotation about the middle of the em."""
    sin, cos = np.sin(pen.rotation), np.cos(pen.rotation)
    shear = np.array([[pen.aspect, -pen.slant], [0.0, 1.0]])
    matrix = np.array([[cos, -sin], [sin, cos]]) @ shear
    points = np.concatenate(paths)
    centre = np.array([(points[:, 0].min() + points[:, 0].max()) / 2, 0.5])
    return [(path - centre) @ matrix.T + centre for path in paths]


def _trace(canvas: Ink, pixels: Stroke, pen: Pen, width: float, rng: np.random.Generator) -> None:
    """Draw one path with a width and darkness that follow the pressure; in place, darker ink wins."""
    count = len(pixels)
    knots = rng.normal(0.0, 1.0, max(3, count // 8 + 2))
    curve = np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)
    press = np.clip(1.0 + 0.35 * pen.pressure * curve, 0.35, 1.6)
    length_em = count * _STEP_EM
    resting = np.zeros(count, dtype=bool)
    for _ in range(int(rng.poisson(pen.skips * length_em)) if pen.skips > 0 else 0):
        start = int(rng.integers(0, count))
        resting[start : start + int(rng.integers(1, 4))] = True
    fixed = np.round(pixels * 16).astype(int)
    flat = pen.pressure < 0.05 and not resting.any()
    if flat:
        thick = max(1, round(width))
        cv2.polylines(canvas, [fixed.reshape(-1, 1, 2)], False, pen.darkness, thick, cv2.LINE_8, 4)
        return
    dark = np.clip(pen.darkness * (0.6 + 0.4 * press), 0.0, 1.0).tolist()
    thick_at = np.maximum(1, np.round(width * press)).astype(int).tolist()
    points = fixed.tolist()
    for i in np.flatnonzero(~resting[:-1]).tolist():
        cv2.line(canvas, points[i], points[i + 1], dark[i], thick_at[i], cv2.LINE_8, 4)


def _tooth(shape: tuple[int, ...], grain: float, rng: np.random.Generator) -> Ink:
    """The paper's tooth: graphite misses the valleys."""
    rough = rng.normal(0.0, 1.0, shape).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(rough, (0, 0), 0.7), dtype=np.float32)
    noise = noise / (float(noise.std()) + 1e-6)
    return np.asarray(np.clip(1.0 - grain * (0.35 + 0.45 * noise), 0.0, 1.0), dtype=np.float32)
