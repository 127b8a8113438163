"""Cells that nobody wrote in, half of a slip's: told by their evenness in little time."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ocr.decode.evidence import BLANK, SYMBOLS
from ocr.forms.cutting import CELL_MARGIN
from ocr.forms.settings import CellReader, Floats, Grey

#: What is left out along a cell's borders (share of its size): printed lines, the registration's error.
_EDGE = 0.1
#: Grey levels between the darkest and the lightest place, smoothed, of a cell with nothing in it. Noise stays
#: below; the faintest pencil has three times as much, and goes to the network like all else.
_EVEN = 8.0
_SMOOTH = (5, 5)
#: How sure an even cell is blank: the network's median over such cells.
_SURE = 0.9998


def cell_probabilities(crops: Sequence[Grey], classifier: CellReader) -> Floats:
    """Probabilities (N, 12) of cells cut with ``CELL_MARGIN`` at 200 dpi; the network reads the written."""
    written = [index for index, crop in enumerate(crops) if not is_even(crop)]
    table = np.full((len(crops), len(SYMBOLS)), (1.0 - _SURE) / (len(SYMBOLS) - 1))
    table[:, BLANK] = _SURE
    if written:
        table[written] = classifier.probabilities([crops[index] for index in written], CELL_MARGIN)
    return table


def is_even(crop: Grey) -> bool:
    """Whether a cut cell shows bare paper, clear of its borders."""
    height, width = crop.shape
    edge = (CELL_MARGIN + _EDGE) / (1.0 + 2.0 * CELL_MARGIN)
    y, x = round(height * edge), round(width * edge)
    inside = crop[y : height - y, x : width - x]
    if min(inside.shape) < _SMOOTH[0]:
        return False
    darkest, lightest, _, _ = cv2.minMaxLoc(cv2.blur(inside, _SMOOTH))
    return bool(lightest - darkest < _EVEN)
