"""Paper that a feeder has stretched: a smooth displacement over the slip, kept at the nodes of a coarse grid.

A place of the slip (mm) lies on the page where the plane map takes the place *plus* the displacement there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr.forms.geometry import project, scale_at
from ocr.forms.settings import Floats, Grey
from ocr.reduce import reduced
from ocr.results import Registration

#: The map is worked out exactly on every so many pixels, and straight in between.
_COARSE_PX = 8


@dataclass(frozen=True, eq=False)
class Bend:
    """``nodes`` (rows, columns, 2): displacement in x and y (mm) at evenly spaced nodes over a slip of
    ``width_mm`` × ``height_mm``, the first at its top left corner, the last at its bottom right one.
    """

    nodes: Floats
    width_mm: float
    height_mm: float

    def at(self, points: Floats) -> Floats:
        """Displacement (n, 2) mm at ``points`` (n, 2) slip millimetres; bilinear, and straight on
        beyond the slip.
        """
        rows, columns = self.nodes.shape[:2]
        x = points[:, 0] / self.width_mm * (columns - 1)
        y = points[:, 1] / self.height_mm * (rows - 1)
        left = np.clip(np.floor(x), 0, columns - 2).astype(np.int64)
        top = np.clip(np.floor(y), 0, rows - 2).astype(np.int64)
        u, v = (x - left)[:, None], (y - top)[:, None]
        nodes = self.nodes
        upper = nodes[top, left] * (1 - u) + nodes[top, left + 1] * u
        lower = nodes[top + 1, left] * (1 - u) + nodes[top + 1, left + 1] * u
        result: Floats = upper * (1 - v) + lower * v
        return result


def bend_of(registration: Registration, width_mm: float, height_mm: float) -> Bend | None:
    """The bend of a slip of this size, as its registration keeps it; None where the paper was even."""
    if not registration.bend:
        return None
    nodes = np.array(registration.bend, dtype=np.float64).reshape(-1, registration.bend_columns, 2)
    return Bend(nodes, width_mm, height_mm)


def flat(width_mm: float, height_mm: float, step_mm: float) -> Bend:
    """No displacement at all, on nodes about ``step_mm`` apart."""
    columns, rows = max(3, round(width_mm / step_mm) + 1), max(3, round(height_mm / step_mm) + 1)
    return Bend(np.zeros((rows, columns, 2)), width_mm, height_mm)


def onto_page(matrix: Floats, bend: Bend | None, points: Floats) -> Floats:
    """Where places (n, 2) of the slip (mm) are on the page (px), (n, 2)."""
    return project(matrix, points if bend is None else points + bend.at(points))


def warp_bent(
    grey: Grey,
    matrix: Floats,
    bend: Bend,
    dpi: float,
    *,
    size: tuple[int, int],
    corner_mm: tuple[float, float] = (0.0, 0.0),
) -> Grey:
    """A part of the slip, upright and even, uint8 of ``size`` (width, height) pixels at ``dpi``.

    ``corner_mm``: its top left corner on the slip. What lies outside the page is white.
    """
    scale = dpi / 25.4
    middle = np.array([corner_mm[0] + size[0] / scale / 2, corner_mm[1] + size[1] / scale / 2])
    factor = max(1, int(scale_at(matrix, middle) / scale + 0.25))
    columns, rows = size[0] // _COARSE_PX + 2, size[1] // _COARSE_PX + 2
    x, y = np.meshgrid(np.arange(columns) * _COARSE_PX, np.arange(rows) * _COARSE_PX)
    mm = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) / scale + np.array(corner_mm)
    px = ((onto_page(matrix, bend, mm) + 0.5) / factor - 0.5).reshape(rows, columns, 2).astype(np.float32)
    # From the coarse grid's places to every pixel: pixel p lies p / _COARSE_PX nodes from the first.
    enlarge = np.array([[1 / _COARSE_PX, 0, 0], [0, 1 / _COARSE_PX, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    across, down = (
        cv2.warpAffine(np.ascontiguousarray(px[..., i]), enlarge, size, flags=flags) for i in (0, 1)
    )
    return np.asarray(
        cv2.remap(
            reduced(grey, factor),
            across,
            down,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=255,
        ),
        dtype=np.uint8,
    )
