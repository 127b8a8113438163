"""Figures nobody sells as a font: drawn with one round tool, as counters' makers engrave and mould them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.typefaces import FIGURE_HEIGHT, Figures

Line = NDArray[np.float64]
_SUPER = 4  # drawn this many times larger, then reduced


def engraved(rng: np.random.Generator) -> Figures:
    """Ten figures of one invented hand of a tool maker, each ``FIGURE_HEIGHT`` high."""
    thick = float(rng.uniform(0.07, 0.2))
    width = float(rng.uniform(0.42, 0.7))
    square = float(rng.uniform(2.0, 4.5))  # the exponent of the bowls: 2 round, 4 nearly square
    stencil = rng.random() < 0.06
    lines = _skeletons(rng, width, square)
    masks = []
    for strokes in lines:
        masks.append(_stroke(strokes, thick, stencil))
    return tuple(masks)


def _stroke(strokes: list[Line], thick: float, stencil: bool) -> NDArray[np.uint8]:
    scale = FIGURE_HEIGHT * _SUPER
    inner = scale * (1 - thick)
    points = np.concatenate(strokes)
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    width = int((right - left) * inner + thick * scale) + 2
    canvas = np.zeros((scale, width), np.uint8)
    pen = max(int(thick * scale), 2)
    for stroke in strokes:
        path = (stroke - [left, 0.0]) * inner + thick * scale / 2
        cv2.polylines(canvas, [np.round(path).astype(np.int32)], False, 255, pen, cv2.LINE_8)
    if stencil:
        gap = max(int(0.05 * scale), 2)
        canvas[:, width // 2 - gap // 2 : width // 2 + gap // 2] = 0
    size = (max(width // _SUPER, 4), FIGURE_HEIGHT)
    return cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _bowl(box: tuple[float, float, float, float], start: float, stop: float, square: float) -> Line:
    """A piece of a superellipse in ``box`` (x0, y0, x1, y1); angles in turns, 0 = right, 0.25 = down."""
    angle = np.linspace(start, stop, 28) * 2 * np.pi
    cosine, sine = np.cos(angle), np.sin(angle)
    x = np.sign(cosine) * np.abs(cosine) ** (2 / square)
    y = np.sign(sine) * np.abs(sine) ** (2 / square)
    x0, y0, x1, y1 = box
    return np.column_stack([(x0 + x1) / 2 + x * (x1 - x0) / 2, (y0 + y1) / 2 + y * (y1 - y0) / 2])


def _path(*points: tuple[float, float]) -> Line:
    return np.asarray(points, np.float64)


def _skeletons(rng: np.random.Generator, w: float, square: float) -> list[list[Line]]:
    waist = float(rng.uniform(0.42, 0.52))
    narrow = w * float(rng.uniform(0.86, 1.0))  # the upper bowl of 8 and 3
    inset = (w - narrow) / 2
    return [
        [_bowl((0, 0, w, 1), 0, 1, square)],
        _one(rng, w),
        [
            np.concatenate(
                [
                    _bowl((0, 0, w, waist + 0.12), 0.5 + float(rng.uniform(0, 0.06)), 1.08, square),
                    _path((0.02, 0.98), (0.0, 1.0), (w, 1.0)),
                ]
            )
        ],
        _three(rng, w, inset, waist, square),
        _four(rng, w),
        _five(rng, w, square),
        _six(rng, w, waist, square),
        _seven(rng, w),
        [_bowl((inset, 0, w - inset, waist), 0, 1, square), _bowl((0, waist, w, 1), 0, 1, square)],
        [np.array([w, 1.0]) - stroke for stroke in _six(rng, w, waist, square)],
    ]


def _one(rng: np.random.Generator, w: float) -> list[Line]:
    kind = rng.random()
    x = w / 2
    if kind < 0.35:
        return [_path((x, 0), (x, 1))]
    flag = [_path((x - w * float(rng.uniform(0.25, 0.5)), float(rng.uniform(0.14, 0.3))), (x, 0), (x, 1))]
    if kind > 0.8:
        flag.append(_path((x - 0.35 * w, 1), (x + 0.35 * w, 1)))
    return flag


def _three(rng: np.random.Generator, w: float, inset: float, waist: float, square: float) -> list[Line]:
    if rng.random() < 0.25:  # flat top
        lower = _bowl((0, waist - 0.05, w, 1), -0.25, 0.42, square)
        return [np.concatenate([_path((0.02, 0), (w - 0.02, 0), (w * 0.45, waist - 0.05)), lower])]
    upper = _bowl((inset, 0, w - inset, waist), 0.56, 1.25, square)
    lower = _bowl((0, waist, w, 1), -0.25, 0.44, square)
    return [np.concatenate([upper, lower])]


def _four(rng: np.random.Generator, w: float) -> list[Line]:
    bar = float(rng.uniform(0.62, 0.78))
    stem = w * float(rng.uniform(0.66, 0.82))
    if rng.random() < 0.3:  # open
        return [
            _path((w * 0.35, 0), (0, bar), (w, bar)),
            _path((stem, float(rng.uniform(0.25, 0.5))), (stem, 1)),
        ]
    return [_path((stem, 1), (stem, 0), (0, bar), (w, bar))]


def _five(rng: np.random.Generator, w: float, square: float) -> list[Line]:
    top = float(rng.uniform(0.34, 0.42))
    bowl = _bowl((0, top, w, 1), 0.62, 1.42, square)
    left = w * float(rng.uniform(0.02, 0.14))
    return [np.concatenate([_path((w * 0.95, 0), (left, 0), (left * 0.5, top + 0.14)), bowl])]


def _six(rng: np.random.Generator, w: float, waist: float, square: float) -> list[Line]:
    bowl = _bowl((0, waist - 0.04, w, 1), 0, 1, square)
    if rng.random() < 0.4:  # straight arm
        return [bowl, _path((w * float(rng.uniform(0.55, 0.85)), 0), (0.03, waist + 0.16))]
    return [bowl, _bowl((0, 0, w, 1), 0.5, 0.5 + float(rng.uniform(0.36, 0.44)), square)]


def _seven(rng: np.random.Generator, w: float) -> list[Line]:
    foot = w * float(rng.uniform(0.2, 0.45))
    if rng.random() < 0.3:  # bent leg
        strokes = [_path((0, 0), (w, 0), (w * 0.62, 0.4), (foot + 0.02, 0.75), (foot, 1))]
    else:
        strokes = [_path((0, 0), (w, 0), (foot, 1))]
    if rng.random() < 0.12:
        strokes.append(_path((w * 0.2, 0.5), (w * 0.85, 0.5)))
    return strokes
