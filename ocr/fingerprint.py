"""A short fingerprint of a slip's handwriting: finds the same slip scanned twice.

Where the ink is, on a grid of ``_STEP_MM`` over all fields of the rectified slip: scanning again at another
resolution, other contrast, noise or a part of a millimetre change it little; the same numbers written again
do not land in the same places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.reduce import reduced
from templates.model import PRINTED_KINDS, Template

_STEP_MM = 1.0
#: Left out along every printed border.
_EDGE_MM = 1.2
#: Softened ink (grey levels) under which nothing is written.
_FAINTEST = 6.0
_VERSION = 1
_HEAD = 5
#: Ink levels are kept in four bits.
_LEVELS = 15
#: Correlation at which "the same" and "another" are equally likely, and how fast one becomes the other;
#: measured on rescans of one slip against the same values written again by the same hand.
_HALF, _SLOPE = 0.92, 0.012


def fingerprint(
    slip: NDArray[np.uint8], template: Template, shifts: Mapping[str, NDArray[np.float64]], dpi: float
) -> bytes:
    """The fingerprint of a rectified slip (uint8, ``dpi``); b"" where nothing is written.

    ``shifts``: per field name (cells, 2) millimetres, the correction that cells are cut with.
    """
    points = _points(template, shifts)
    if not len(points):
        return b""
    factor = max(1, int(dpi / 25.4 * _STEP_MM / 2.5))
    scale = dpi / 25.4 / factor
    size = round(5.0 * scale) | 1
    at = (points * scale - 0.5).astype(np.float32)
    part, first = _around(at, slip.shape, factor, 2 * size)
    small = reduced(slip[part], factor)
    paper = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), (size, size))
    # Soft edges as wide as a step: a shift by a part of it changes little.
    ink = cv2.GaussianBlur(cv2.subtract(paper, small).astype(np.float32), (0, 0), 0.45 * _STEP_MM * scale)
    at -= first
    values = cv2.remap(ink, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR, borderValue=0).ravel()
    strongest = float(np.percentile(values, 99))
    if strongest < _FAINTEST:
        return b""
    levels = np.clip(np.round(values / strongest * _LEVELS), 0, _LEVELS).astype(np.uint8)
    if len(levels) % 2:
        levels = np.append(levels, np.uint8(0))
    packed = (levels[0::2] << 4) | levels[1::2]
    return bytes([_VERSION]) + hashlib.sha256(template.key.encode()).digest()[:4] + packed.tobytes()


def _around(
    at: NDArray[np.float32], shape: tuple[int, ...], factor: int, reach: int
) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
    """What of a slip is looked at: its rows and columns, and the place of its first pixel made smaller.

    ``at``: places in the slip made ``factor`` times smaller; what lies ``reach`` of its pixels away or less
    has a say there.
    """
    spans = []
    # Along each column by itself: ten times as quick as along the first axis.
    for places, size in ((at[:, 1], shape[0]), (at[:, 0], shape[1])):
        most = size // factor
        first = min(max(int(places.min()) - reach, 0), most)
        spans.append((first, min(max(int(places.max()) + reach + 2, first), most)))
    (top, foot), (left, right) = spans
    part = slice(factor * top, factor * foot), slice(factor * left, factor * right)
    return part, np.array([left, top], dtype=np.float32)


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


def _points(template: Template, shifts: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Where to look, (n, 2) slip millimetres: the grids of ``_grids`` at their cells' corrected places."""
    base, counts = _grids(template)
    if not len(base):
        return base
    moves = [
        shifts.get(field.name, np.zeros((len(field.cells) or 1, 2)))
        for field in template.fields
        if field.kind not in PRINTED_KINDS
    ]
    moved: NDArray[np.float64] = base + np.repeat(np.concatenate(moves), counts, axis=0)
    return moved


@lru_cache(maxsize=16)
def _grids(template: Template) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A grid inside each cell and box, clear of its printed border, (n, 2) mm; and how many points each
    has.
    """
    grids: list[NDArray[np.float64]] = []
    for field in template.fields:
        if field.kind in PRINTED_KINDS:
            continue
        for cell in field.cells or (field.box,):
            columns = max(1, round((cell.w_mm - 2 * _EDGE_MM) / _STEP_MM))
            rows = max(1, round((cell.h_mm - 2 * _EDGE_MM) / _STEP_MM))
            x = cell.x_mm + cell.w_mm / 2 + (np.arange(columns) - (columns - 1) / 2) * _STEP_MM
            y = cell.y_mm + cell.h_mm / 2 + (np.arange(rows) - (rows - 1) / 2) * _STEP_MM
            grids.append(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    counts = np.array([len(grid) for grid in grids], dtype=np.int64)
    return (np.concatenate(grids) if grids else np.zeros((0, 2))), counts
