"""Cells with more ink than a digit of this writer has: struck out with many strokes, or written over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from ocr.forms.row import Row

#: Ink of a 0 to a 9 beside a slip's median digit: rounded, of 800 simulated slips by writers trained on.
INK_OF = (1.18, 0.52, 1.08, 1.0, 0.93, 1.02, 1.0, 0.84, 1.15, 0.95)
#: Ink, as a multiple of the usual digit's on the slip, from which a cell is too heavy whatever its shape …
_FAR_TOO_MUCH = 2.1
#: … and from which it is when it also has a stroke this wide beside the usual, or is crossed this often.
_TOO_MUCH, _WIDER, _CROSSED = 1.4, 1.3, 2.9


def ink_in_digits(row: Row, cell: int, best: int, usual: float) -> float:
    """A cell's ink beside what the digit ``best`` has on this slip; 0 where that is unknown.

    ``best``: the cell's likeliest class, of which those after 9 are no digits; ``usual``: see
    ``habits.usual_ink``.
    """
    if usual <= 0:
        return 0.0
    of_digit = INK_OF[best] if best < len(INK_OF) else 1.0
    return row.ink_in(cell) / row.field.cells[cell].h_mm ** 2 / usual / of_digit


def heavy_cells(row: Row, much_in: Mapping[int, float], clear: AbstractSet[int] = frozenset()) -> list[int]:
    """Those cells that no single digit explains; ``much_in``: their ink, see ``ink_in_digits``.

    ``clear``: cells that the classifier takes for one digit; only far too much ink speaks against that.
    """
    suspects = [k for k in much_in if much_in[k] >= (_FAR_TOO_MUCH if k in clear else _TOO_MUCH)]
    if not suspects:
        return []
    usual_width = _usual_width(row, list(much_in))
    found = []
    for k in suspects:
        width, crossed = _shape(row, k)
        wider = bool(usual_width) and width >= _WIDER * usual_width
        if much_in[k] >= _FAR_TOO_MUCH or crossed >= _CROSSED or wider:
            found.append(k)
    return found


def _usual_width(row: Row, cells: Sequence[int]) -> float:
    widths = [_shape(row, k)[0] for k in cells]
    return float(np.median(widths)) if len(widths) >= 3 else 0.0


def _shape(row: Row, cell: int) -> tuple[float, float]:
    """A stroke's mean width (mm), and how many strokes a column of the ink crosses on average."""
    ink = row.ink[row.window(row.field.cells[cell])]
    ink = ink[:, ink.any(axis=0)]
    padded = np.pad(ink, 1)
    outline = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    # Twice the area over the outline, whose staircase is 4 / pi times as long as the curve.
    width = 2.0 * float(ink.sum()) / max(float(outline), 1.0) * 4.0 / np.pi / row.scale
    starts = np.count_nonzero(padded[1:] & ~padded[:-1])
    return width, starts / ink.shape[1] if ink.shape[1] else 0.0
