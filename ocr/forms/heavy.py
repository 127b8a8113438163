"""Cells with more ink than a digit of this writer has: struck out with many strokes, or written over."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from ocr.forms.row import Row

#: Ink, as a multiple of the usual digit's on the slip, from which a cell is too heavy whatever its shape …
_FAR_TOO_MUCH = 2.1
#: … and from which it is when it also has a stroke this wide beside the usual, or is crossed this often.
_TOO_MUCH, _WIDER, _CROSSED = 1.4, 1.3, 2.9


def heavy_cells(
    row: Row, cells: Sequence[int], usual: float, clear: AbstractSet[int] = frozenset()
) -> list[int]:
    """Those of ``cells`` that no single digit explains; ``usual``: see ``habits.usual_ink``.

    ``clear``: cells that the classifier takes for one digit; only far too much ink speaks against that.
    """
    if usual <= 0:
        return []
    much_in = {k: row.ink_in(k) / row.field.cells[k].h_mm ** 2 / usual for k in cells}
    suspects = [k for k in cells if much_in[k] >= (_FAR_TOO_MUCH if k in clear else _TOO_MUCH)]
    if not suspects:
        return []
    usual_width = _usual_width(row, cells)
    found = []
    for k in suspects:
        much = much_in[k]
        width, crossed = _shape(row, k)
        if much >= _FAR_TOO_MUCH or crossed >= _CROSSED or (usual_width and width >= _WIDER * usual_width):
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
