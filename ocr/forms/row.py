"""The ink in and around a row of cells, with the print taken out, as connected pieces.

All places are slip millimetres *of the print*: the row's own shift on this scan is taken off, so that cells
lie where the template says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.components import components
from ocr.forms.ink import darker, ink_levels
from ocr.forms.overwritten import Mask, blank_picture
from ocr.forms.settings import Floats, Grey
from templates.model import Box, Field, Template

#: What is looked at around a row's cells: room for a digit above or below, less than to the next row (mm).
_ABOVE_MM, _BELOW_MM, _ASIDE_MM = 7.0, 6.0, 4.0
#: How far print may lie from where it should: the registration's error and a soft scan (mm).
_SLACK_MM = 0.3
#: Ink that goes on behind a printed line this far away is one stroke (mm).
_BRIDGE_MM = 1.2
#: Fainter print (grey level) is none.
_LIGHTEST_PRINT = 216
#: Ink over print is darker than the print by this share of black.
_OVER_PRINT = 0.25
#: A stamp's ring is this high at least (mm), and its letters are so many.
_RING_MM, _CROWD = 15.0, 14
#: A piece smaller than this is dust (mm²).
_DUST_MM2 = 0.13


@dataclass(frozen=True)
class Piece:
    """Connected ink. ``box`` its bounds; ``area_mm2``; ``inside``: area in each cell (cells,), mm²."""

    number: int
    box: Box
    area_mm2: float
    inside: Floats

    @cached_property
    def cell(self) -> int:
        """The cell that holds most of it, -1 when it lies outside of all."""
        return int(self.inside.argmax()) if len(self.inside) and self.inside.max() > 0 else -1

    def share(self, cell: int) -> float:
        """How much of it lies in ``cell``."""
        return float(self.inside[cell]) / max(self.area_mm2, 1e-9)


@dataclass(frozen=True, eq=False)
class Row:
    """One field's ink.

    ``ink``: pixels that are handwriting, ``labels``: the number of the piece each belongs to; both H×W at
    ``scale`` pixels a millimetre, their top left at (``left_mm``, ``top_mm``) and at ``origin`` (row, column)
    of the rectified slip.
    """

    field: Field
    ink: Mask
    labels: NDArray[np.int32]
    pieces: tuple[Piece, ...]
    left_mm: float
    top_mm: float
    scale: float
    origin: tuple[int, int]

    def window(self, box: Box) -> tuple[slice, slice]:
        """Rows and columns of ``box`` in ``ink``, clipped to it."""
        height, width = self.ink.shape
        x0, x1 = ((x - self.left_mm) * self.scale for x in (box.x_mm, box.right_mm))
        y0, y1 = ((y - self.top_mm) * self.scale for y in (box.y_mm, box.bottom_mm))
        return (
            slice(min(height, max(0, round(y0))), min(height, max(0, round(y1)))),
            slice(min(width, max(0, round(x0))), min(width, max(0, round(x1)))),
        )

    def ink_in(self, cell: int) -> float:
        """Ink (mm²) within the cell itself: big digits touch, so that a piece may be in several."""
        return self._ink_in[cell]

    @cached_property
    def _ink_in(self) -> list[float]:
        none = np.zeros(len(self.field.cells))
        inked: list[float] = sum((piece.inside for piece in self.pieces), none).tolist()
        return inked

    @cached_property
    def stamped(self) -> bool:
        """Whether a stamp lies over the row: a ring higher than any digit, or a crowd of small letters."""
        outside = sum(piece.inside.sum() < 0.1 * piece.area_mm2 for piece in self.pieces)
        ring = any(p.box.h_mm >= _RING_MM and p.box.w_mm >= _RING_MM / 2 for p in self.pieces)
        return ring or outside >= _CROWD

    @cached_property
    def of_cell(self) -> tuple[tuple[Piece, ...], ...]:
        """The pieces that stand in each cell, most of each being there."""
        held: list[list[Piece]] = [[] for _ in self.field.cells]
        for piece in self.pieces:
            if piece.cell >= 0 and piece.share(piece.cell) > 0.5:
                held[piece.cell].append(piece)
        return tuple(tuple(pieces) for pieces in held)


def row_ink(slip: Grey, template: Template, field: Field, shift: Floats, *, dpi: float, black: float) -> Row:
    """The handwriting in and around a row of a rectified slip (uint8, ``dpi``).

    ``shift`` (2,): how far the row lies from its print's place (mm); ``black``: see ``ink``.
    """
    scale = dpi / 25.4
    box = field.box
    x0 = max(0, round((box.x_mm + shift[0] - _ASIDE_MM) * scale))
    y0 = max(0, round((box.y_mm + shift[1] - _ABOVE_MM) * scale))
    x1 = min(slip.shape[1], round((box.right_mm + shift[0] + _ASIDE_MM) * scale))
    y1 = min(slip.shape[0], round((box.bottom_mm + shift[1] + _BELOW_MM) * scale))
    dark, least = ink_levels(slip[y0:y1, x0:x1], dpi, black)
    print_ = _moved(_print_with_slack(template, dpi), shift * scale, (y0, y1, x0, x1))
    inked = darker(dark, least)
    ink = inked & (dark > cv2.LUT(print_, _limits(least, black)))
    ink = _bridged(ink, inked & (print_ <= _LIGHTEST_PRINT), scale)
    left, top = x0 / scale - float(shift[0]), y0 / scale - float(shift[1])
    labels, pieces = _pieces(ink, field, (left, top), scale)
    return Row(field, ink, labels, pieces, left, top, scale, (y0, x0))


def _limits(least: float, black: float) -> Grey:
    """(256,): for each grey level of the print the darkness that ink over it exceeds."""
    print_ = 1.0 - np.arange(256, dtype=np.float32) / 255.0
    # A pen over a printed line is darker than the line alone.
    limits = np.maximum(print_ * black + _OVER_PRINT * black, least)
    limits[_LIGHTEST_PRINT + 1 :] = least
    return np.asarray(np.minimum(limits, 255.0), dtype=np.uint8)


@lru_cache(maxsize=8)
def _print_with_slack(template: Template, dpi: float) -> Grey:
    """The blank form's darkest grey around every pixel, as far as its print may lie elsewhere."""
    size = 2 * max(1, round(_SLACK_MM * dpi / 25.4)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.erode(blank_picture(template, dpi), kernel), dtype=np.uint8)


def _moved(print_: Grey, shift: Floats, area: tuple[int, int, int, int]) -> Grey:
    """The part of ``print_`` that lies in ``area`` (y0, y1, x0, x1) once moved by ``shift`` (2,) pixels."""
    y0, y1, x0, x1 = area
    dx, dy = round(float(shift[0])), round(float(shift[1]))
    result = np.full((y1 - y0, x1 - x0), 255, dtype=np.uint8)
    top, left = max(0, y0 - dy), max(0, x0 - dx)
    part = print_[top : y1 - dy, left : x1 - dx]
    y, x = top - (y0 - dy), left - (x0 - dx)
    result[y : y + part.shape[0], x : x + part.shape[1]] = part
    return result


def _bridged(ink: Mask, under_print: Mask, scale: float) -> Mask:
    """``ink`` and what of ``under_print`` lies between two parts of it."""
    reach = max(3, round(_BRIDGE_MM * scale)) | 1
    seen = ink.view(np.uint8)
    across = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8)) > 0
    down = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8)) > 0
    return np.asarray(ink | (under_print & (across | down)), dtype=np.bool_)


def _pieces(
    ink: Mask, field: Field, origin: tuple[float, float], scale: float
) -> tuple[NDArray[np.int32], tuple[Piece, ...]]:
    found = components(ink)
    count, cells = len(found.bounds), len(field.cells)
    where = np.zeros(ink.shape, dtype=np.uint8 if cells < 256 else np.uint16)
    for index, cell in enumerate(field.cells, start=1):
        x0, x1 = (max(0, round((x - origin[0]) * scale)) for x in (cell.x_mm, cell.right_mm))
        y0, y1 = (max(0, round((y - origin[1]) * scale)) for y in (cell.y_mm, cell.bottom_mm))
        where[y0:y1, x0:x1] = index
    number_and_cell = found.owners * (cells + 1) + where.ravel()[found.places]
    both = np.bincount(number_and_cell, minlength=count * (cells + 1))
    inside = both.reshape(count, cells + 1)[:, 1:] / scale**2
    pieces = []
    for number in np.flatnonzero(found.bounds[:, 4] / scale**2 >= _DUST_MM2).tolist():
        x, y, w, h, area = (float(v) for v in found.bounds[number].tolist())
        bounds = Box(origin[0] + x / scale, origin[1] + y / scale, w / scale, h / scale)
        pieces.append(Piece(number, bounds, area / scale**2, inside[number]))
    return found.labels, tuple(pieces)
