"""Small patches of a form's print, each looked for on the page by itself (normalised cross-correlation)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.markerless.blanks import BLANK_DPI, Blank
from ocr.forms.markerless.features import ink_levels
from ocr.forms.settings import Floats, Grey
from ocr.reduce import reduced
from templates.model import Box

#: Of a patch, at least this share is print and at most this share is for writing in.
_PRINT, _WRITING = 0.02, 0.55
#: Print is darker than this (of 255).
_DARK = 90
#: Curvature of the correlation's peak (a pixel) from which a patch tells its place in that direction.
_SHARP = 0.05
#: A patch that is as alike elsewhere tells nothing; elsewhere is this far off (mm), and so much less alike is
#: clear.
_ELSEWHERE_MM, _CLEAR, _UNCLEAR = 3.0, 0.12, 0.02


@dataclass(frozen=True)
class Detail:
    """How closely to look: resolution, a patch's size, steps between patches (mm), softness (pixels)."""

    dpi: float
    size_mm: tuple[float, float]
    step_mm: tuple[float, float]
    soft_px: float = 0.8

    @property
    def scale(self) -> float:
        """Pixels a millimetre."""
        return self.dpi / 25.4


#: Large enough to hold something that there is only once, even among rows of equal cells; and exact.
COARSE = Detail(BLANK_DPI / 2, (46.0, 30.0), (22.0, 15.0))
FINE = Detail(BLANK_DPI, (13.0, 9.0), (10.0, 7.0))


@dataclass(frozen=True, eq=False)
class Patches:
    """n patches of a blank: ``middle`` (n, 2) mm; ``corner`` (n, 2) pixels (x, y) of the blank's picture at
    ``detail``; ``ink`` the print of each, float32; ``writing``: bool of the picture's size, where people
    write; ``free``: pixels at the top, bottom, left and right edge that have no print.
    """

    detail: Detail
    writing: NDArray[np.bool_]
    middle: Floats
    corner: NDArray[np.int64]
    ink: tuple[NDArray[np.float32], ...]
    free: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __len__(self) -> int:
        return len(self.ink)

    def touching(self, box: Box) -> NDArray[np.bool_]:
        """Which of them (n,) have a part of ``box`` (mm) in them."""
        scale = self.detail.scale
        size = np.array([(piece.shape[1], piece.shape[0]) for piece in self.ink]).reshape(-1, 2) / scale
        near, far = self.corner / scale, self.corner / scale + size
        across = (near[:, 0] < box.right_mm) & (far[:, 0] > box.x_mm)
        return np.asarray(across & (near[:, 1] < box.bottom_mm) & (far[:, 1] > box.y_mm))

    def only(self, chosen: NDArray[np.int64]) -> Patches:
        """Some of them."""
        ink = tuple(self.ink[int(i)] for i in chosen)
        return Patches(self.detail, self.writing, self.middle[chosen], self.corner[chosen], ink, self.free)


@dataclass(frozen=True, eq=False)
class Looked:
    """Where n patches were found: ``offset`` (n, 2) mm from where they were expected; ``score`` (n,) from -1
    to 1; ``weight`` (n, 2): how much each says in x and in y, 0 to 1.
    """

    offset: Floats
    score: Floats
    weight: Floats


def patches_of(blank: Blank, detail: Detail = FINE) -> Patches:
    """All patches of a blank that have something to look for."""
    factor = round(BLANK_DPI / detail.dpi)
    grey = reduced(blank.grey, factor)
    height, width = grey.shape
    writing = blank.writing[: height * factor : factor, : width * factor : factor]
    ink = ink_levels(grey, detail.dpi, detail.soft_px)
    ink[writing] = 0
    scale = detail.scale
    w = min(round(detail.size_mm[0] * scale), width)
    h = min(round(detail.size_mm[1] * scale), height)
    middles: list[tuple[float, float]] = []
    corners: list[tuple[int, int]] = []
    pieces: list[NDArray[np.float32]] = []
    for y in _starts(height, h, detail.step_mm[1] * scale):
        for x in _starts(width, w, detail.step_mm[0] * scale):
            part = ink[y : y + h, x : x + w]
            if float((part > _DARK).mean()) < _PRINT or writing[y : y + h, x : x + w].mean() > _WRITING:
                continue
            middles.append(((x + w / 2) / scale, (y + h / 2) / scale))
            corners.append((x, y))
            pieces.append(part.astype(np.float32))
    return Patches(
        detail,
        writing,
        np.array(middles, dtype=np.float64).reshape(-1, 2),
        np.array(corners, dtype=np.int64).reshape(-1, 2),
        tuple(pieces),
        _free((width, height), corners, pieces),
    )


def _free(
    size: tuple[int, int], corners: list[tuple[int, int]], pieces: list[NDArray[np.float32]]
) -> tuple[int, int, int, int]:
    """How many pixels at the top, bottom, left and right no patch has print in; ``size``: (width, height)."""
    print_at = np.zeros((size[1], size[0]), dtype=np.bool_)
    for (x, y), piece in zip(corners, pieces, strict=True):
        print_at[y : y + piece.shape[0], x : x + piece.shape[1]] |= piece > _DARK
    rows, columns = np.flatnonzero(print_at.any(axis=1)), np.flatnonzero(print_at.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(rows[0]), int(size[1] - 1 - rows[-1]), int(columns[0]), int(size[0] - 1 - columns[-1])


def _starts(length: int, size: int, step: float) -> list[int]:
    """Evenly spaced places of windows from edge to edge."""
    room = length - size
    if room <= 0:
        return [0]
    count = max(2, round(room / step) + 1)
    return sorted({round(i * room / (count - 1)) for i in range(count)})


def look(ink: Grey, patches: Patches, reach: int) -> Looked:
    """Look for each patch up to ``reach`` pixels around its place.

    ``ink``: the slip's ink at the patches' resolution, ``reach`` pixels more than the blank on every side.
    """
    count = len(patches)
    offset, weight, score = np.zeros((count, 2)), np.zeros((count, 2)), np.zeros(count)
    page = ink.astype(np.float32)
    for index, (piece, (x, y)) in enumerate(zip(patches.ink, patches.corner, strict=True)):
        h, w = piece.shape
        around = page[y : y + h + 2 * reach, x : x + w + 2 * reach]
        if around.shape != (h + 2 * reach, w + 2 * reach):
            continue
        table = cv2.matchTemplate(around, piece, cv2.TM_CCOEFF_NORMED)
        table = np.asarray(table, dtype=np.float64)
        table = np.where(np.isfinite(table) & (np.abs(table) <= 1.001), table, 0.0)
        row, column = divmod(int(table.argmax()), table.shape[1])
        score[index] = table[row, column]
        dx, sharp_x = _peak(table[row, max(0, column - 1) : column + 2])
        dy, sharp_y = _peak(table[max(0, row - 1) : row + 2, column])
        offset[index] = (column - reach + dx, row - reach + dy)
        weight[index] = np.clip(np.array([sharp_x, sharp_y]) / _SHARP, 0.0, 1.0)
        if patches.detail is COARSE:
            weight[index] *= _clear(table, row, column, round(_ELSEWHERE_MM * patches.detail.scale))
    return Looked(offset / patches.detail.scale, score, weight)


def _clear(table: NDArray[Any], row: int, column: int, away: int) -> Floats:
    """How much more alike a patch is where it was found than further off in x, and in y, (2,) from 0 to 1."""
    top = float(table[row, column])
    across, down = table.copy(), table.copy()
    across[:, max(0, column - away) : column + away + 1] = -1.0
    down[max(0, row - away) : row + away + 1] = -1.0
    less = np.array([top - float(across.max()), top - float(down.max())])
    clear: Floats = np.clip(less / _CLEAR, _UNCLEAR, 1.0)
    return clear


def _peak(three: NDArray[Any]) -> tuple[float, float]:
    """Where between the pixels the top of a parabola through three values is, and how sharp it is."""
    if len(three) < 3:
        return 0.0, 0.0
    before, top, after = (float(value) for value in three)
    curvature = 2 * top - before - after
    if curvature <= 1e-6:
        return 0.0, 0.0
    return 0.5 * (after - before) / curvature, curvature
