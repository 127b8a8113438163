"""Two digits in one cell: two pieces of ink side by side, each of which is a digit by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ocr.forms.row import Piece, Row
from ocr.forms.settings import Floats

#: Reads one cell of the row with only the given pieces left in it: probabilities (12,).
PairReader = Callable[[Row, int, tuple[int, ...]], Floats]

#: What each of two digits has at least: height and width (of the cell), and how far they may overlap (mm).
_HIGH, _OVERLAP_MM = 0.33, 0.4
#: Each half must be a digit with this probability; where the whole cell is none, with that.
_SURE, _LIKELY = 0.85, 0.4
_ALIKE = 0.6
#: Two that touch: so much ink beside the digit that it may be, in one piece so wide beside its height; a
#: scribble has more.
_MUCH, _WIDE, _TOO_MUCH = 1.45, 0.95, 2.2


def two_in_cell(row: Row, cell: int, no_digit: bool, much: float, read: PairReader) -> bool:
    """Whether a cell holds two digits.

    ``no_digit``: the classifier takes the whole for none; ``much``: its ink, see ``heavy.ink_in_digits``.
    """
    pieces = sorted(row.of_cell[cell], key=lambda p: p.box.x_mm)
    height = row.field.cells[cell].h_mm
    tall = [p for p in pieces if p.box.h_mm >= _HIGH * height]
    if len(tall) == 1 and _MUCH <= much <= _TOO_MUCH and _is_wide(tall[0]):
        return True
    if len(tall) != 2 or not _apart(tall[0], tall[1]):
        return False
    left, right = _split(pieces, tall[0], tall[1])
    least = _LIKELY if no_digit else _SURE
    return all(float(np.max(read(row, cell, half)[:10])) >= least for half in (left, right))


def _is_wide(piece: Piece) -> bool:
    return piece.box.w_mm >= _WIDE * piece.box.h_mm


def _apart(left: Piece, right: Piece) -> bool:
    """Whether two pieces stand side by side and are of like height; an open 4's second stroke overlaps."""
    like = min(left.box.h_mm, right.box.h_mm) / max(left.box.h_mm, right.box.h_mm)
    return left.box.right_mm <= right.box.x_mm + _OVERLAP_MM and like >= _ALIKE


def _split(pieces: list[Piece], left: Piece, right: Piece) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """All pieces dealt to the nearer of the two."""
    middle = (left.box.right_mm + right.box.x_mm) / 2
    first = tuple(p.number for p in pieces if p.box.x_mm + p.box.w_mm / 2 < middle)
    second = tuple(p.number for p in pieces if p.number not in first)
    return first, second
