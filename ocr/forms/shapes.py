"""What a piece of ink in or across cells is, by its shape alone: a dash, a Z through cells, a comma."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ocr.forms.row import Piece, Row
from ocr.forms.settings import Floats
from templates.model import Box

#: A dash is at most this high and at least this wide (of the cell), and this much wider than high.
_DASH_HIGH, _DASH_WIDE, _DASH_SHAPE = 0.3, 0.22, 1.4
#: How far ink may lie from the Z that it is taken for, and how much of both must agree.
_Z_NEAR_MM, _Z_AGREES = 0.9, 0.9
#: So thick no pen is (mm): there is more ink than a Z has.
_THICK_PEN_MM = 1.1
#: A comma's bounds (mm), and how far from the line between two cells it stands.
_COMMA_HIGH, _COMMA_WIDE, _COMMA_AREA = (0.5, 3.6), 2.2, 3.2
_COMMA_ASIDE_MM = 2.4
#: A comma starts below this share of the cell's height and goes down to this at least.
_COMMA_TOP, _COMMA_FOOT = 0.55, 0.78


def bounds(pieces: Sequence[Piece]) -> Box:
    """The box around pieces (at least one)."""
    return Box.around(tuple(piece.box for piece in pieces))


def is_dash(pieces: Sequence[Piece], cell: Box) -> bool:
    """Whether all that stands in a cell is a level stroke at half height."""
    if not pieces:
        return False
    box = bounds(pieces)
    middle = (box.y_mm + box.h_mm / 2 - cell.y_mm) / cell.h_mm
    return (
        box.h_mm <= _DASH_HIGH * cell.h_mm
        and box.w_mm >= max(_DASH_WIDE * cell.w_mm, _DASH_SHAPE * box.h_mm)
        and 0.2 <= middle <= 0.85
    )


def is_line(piece: Piece, cell: Box) -> bool:
    """Whether a piece that may run through several cells is one level line."""
    return is_dash([piece], cell) and piece.box.w_mm >= 3.0 * piece.box.h_mm


def is_z(row: Row, piece: Piece, near_mm: float = _Z_NEAR_MM) -> bool:
    """Whether a piece is a Z or a rising slash that fills its bounds, and nothing else.

    ``near_mm``: how far its ink may lie from straight strokes of no width between the corners.
    """
    box = piece.box
    rows, columns = row.window(box)
    ys, xs = np.nonzero(row.labels[rows, columns] == piece.number)
    points = np.column_stack([xs / row.scale, ys / row.scale])
    w, h = box.w_mm - 1 / row.scale, box.h_mm - 1 / row.scale
    corners = np.array([[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]])
    points = points[:: max(1, len(points) // 400)]
    pen = piece.area_mm2 / (2 * w + float(np.hypot(w, h)))
    if pen > _THICK_PEN_MM:
        return False
    inset = np.array([[pen / 2, pen / 2], [-pen / 2, pen / 2], [pen / 2, -pen / 2], [-pen / 2, -pen / 2]])
    corners = corners + inset
    near = near_mm + pen / 2
    return _fits(points, corners, near) or _fits(points, corners[1:3], near)


def _fits(points: Floats, path: Floats, near_mm: float) -> bool:
    """Whether ink (n, 2) mm lies along a path of corners (m, 2), all along it and nowhere else."""
    steps = np.concatenate([a + np.linspace(0.0, 1.0, 25)[:, None] * (b - a) for a, b in pairwise(path)])
    apart = np.hypot(points[:, None, 0] - steps[None, :, 0], points[:, None, 1] - steps[None, :, 1])
    near = apart <= near_mm
    return bool(near.any(axis=1).mean() >= _Z_AGREES and near.any(axis=0).mean() >= _Z_AGREES)


def is_comma(piece: Piece, cell: Box) -> bool:
    """Whether a piece is small and stands at the foot of the row that ``cell`` belongs to."""
    box = piece.box
    return (
        _COMMA_HIGH[0] <= box.h_mm <= _COMMA_HIGH[1]
        and box.w_mm <= _COMMA_WIDE
        and piece.area_mm2 <= _COMMA_AREA
        and box.y_mm >= cell.y_mm + _COMMA_TOP * cell.h_mm
        # It begins within the cell: the ends of high digits go on below.
        and box.y_mm <= cell.bottom_mm - 0.2
        and cell.y_mm + _COMMA_FOOT * cell.h_mm <= box.bottom_mm <= cell.bottom_mm + 3.0
    )


def beside(piece: Piece, cells: Sequence[Box]) -> int | None:
    """Between which cells a piece stands: the index of the right one; None when it is near no such place."""
    x = piece.box.x_mm + piece.box.w_mm / 2
    for index in range(1, len(cells)):
        left, right = cells[index - 1].right_mm, cells[index].x_mm
        if left - _COMMA_ASIDE_MM <= x <= right + _COMMA_ASIDE_MM:
            return index
    return None
