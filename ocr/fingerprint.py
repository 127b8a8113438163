"""A short fingerprint of a slip's handwriting: finds the same slip scanned twice.

Where the ink is, on a grid of ``_STEP_MM`` over all fields of the rectified slip: scanning again at another
resolution, other contrast, noise or a part of a millimetre change it little; the same numbers written again
do not land in the same places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from templates.model import Box, Template

_STEP_MM = 1.0
_VERSION = 1
_HEAD = 5
#: Ink levels are kept in four bits.
_LEVELS = 15
#: Correlation at which "the same" and "another" are equally likely, and how fast one becomes the other;
#: measured on rescans of one slip against the same values written again by the same hand.
_HALF, _SLOPE = 0.80, 0.03


def fingerprint(
    slip: NDArray[np.uint8], template: Template, shifts: Mapping[str, NDArray[np.float64]], dpi: float
) -> bytes:
    """The fingerprint of a rectified slip (uint8, ``dpi``); b"" where nothing is written.

    ``shifts``: per field name (cells, 2) millimetres, the correction that cells are cut with.
    """
    grids = [_grid(slip, box, shift, dpi) for box, shift in _places(template, shifts)]
    values = np.concatenate([g.ravel() for g in grids]) if grids else np.zeros(0)
    strongest = float(np.percentile(values, 99)) if len(values) else 0.0
    if strongest < 6.0:
        return b""
    levels = np.clip(np.round(values / strongest * _LEVELS), 0, _LEVELS).astype(np.uint8)
    if len(levels) % 2:
        levels = np.append(levels, np.uint8(0))
    packed = (levels[0::2] << 4) | levels[1::2]
    return bytes([_VERSION]) + hashlib.sha256(template.key.encode()).digest()[:4] + packed.tobytes()


def same_slip(a: bytes, b: bytes) -> float:
    """How likely two fingerprints (``SlipReading.ink``) are of one and the same sheet of paper, 0 to 1.

    0.5 is the point to decide at. An empty fingerprint is like nothing (0).
    """
    if len(a) <= _HEAD or len(a) != len(b) or a[:_HEAD] != b[:_HEAD]:
        return 0.0
    correlation = similarity(a, b)
    return float(1.0 / (1.0 + np.exp(-(correlation - _HALF) / _SLOPE)))


def similarity(a: bytes, b: bytes) -> float:
    """Correlation (-1 to 1) of two fingerprints of one template."""
    first, second = _unpack(a), _unpack(b)
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / scale if scale > 0 else 0.0


def _unpack(data: bytes) -> NDArray[np.float64]:
    packed = np.frombuffer(data[_HEAD:], dtype=np.uint8)
    return np.stack([packed >> 4, packed & 15], axis=1).ravel().astype(np.float64)


def _places(
    template: Template, shifts: Mapping[str, NDArray[np.float64]]
) -> list[tuple[Box, tuple[float, float]]]:
    """The insides of cells and boxes, clear of their printed borders, and the shift of each."""
    places: list[tuple[Box, tuple[float, float]]] = []
    for field in template.fields:
        if field.cells:
            for cell, shift in zip(field.cells, shifts[field.name], strict=True):
                places.append((_inner(cell, 0.8), (float(shift[0]), float(shift[1]))))
        else:
            places.append((_inner(field.box, 1.0), (0.0, 0.0)))
    return places


def _inner(box: Box, edge: float) -> Box:
    return Box(box.x_mm + edge, box.y_mm + edge, box.w_mm - 2 * edge, box.h_mm - 2 * edge)


def _grid(slip: NDArray[np.uint8], box: Box, shift: tuple[float, float], dpi: float) -> NDArray[np.float64]:
    """Mean darkness above the box's paper, one value a grid step."""
    scale = dpi / 25.4
    columns, rows = max(1, round(box.w_mm / _STEP_MM)), max(1, round(box.h_mm / _STEP_MM))
    factor = np.array([box.w_mm / columns, box.h_mm / rows]) * scale
    matrix = np.array(
        [
            [factor[0], 0.0, (box.x_mm + shift[0]) * scale + factor[0] / 2 - 0.5],
            [0.0, factor[1], (box.y_mm + shift[1]) * scale + factor[1] / 2 - 0.5],
        ]
    )
    x0, y0 = int(max(matrix[0, 2] - factor[0], 0)), int(max(matrix[1, 2] - factor[1], 0))
    x1 = min(int(matrix[0, 2] + factor[0] * columns) + 2, slip.shape[1])
    y1 = min(int(matrix[1, 2] + factor[1] * rows) + 2, slip.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return np.zeros((rows, columns))
    part = slip[y0:y1, x0:x1]
    # A box as wide as a step and soft edges: a shift by a part of a step changes little.
    soft = cv2.GaussianBlur(part, (0, 0), 0.45 * _STEP_MM * scale)
    matrix[:, 2] -= (x0, y0)
    sampled = cv2.warpAffine(
        soft,
        matrix,
        (columns, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float64)
    paper = float(np.percentile(part, 80))
    return np.maximum(paper - sampled, 0.0)
