"""The ways in which people lay a date over eight cells that are meant for DDMMYYYY.

A layout is one symbol a cell: ``d``, ``m``, ``y`` a digit of the day, the month, the year, ``.`` a separator
in a cell of its own (a dot, a dash, or nothing), ``_`` an unused cell.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import BLANK, NOT_A_DIGIT, OUTLIERS

#: Layout → how often it is used. The groups of cells are printed DD MM YYYY, so what is short stands within
#: its group, at either end; who writes his own dots has no room for more than two digits of the year.
LAYOUTS: Final = {
    "ddmmyyyy": 0.9,
    "ddmmyy__": 0.045,
    "dd.mm.yy": 0.03,
    "d_mmyyyy": 0.003,
    "_dmmyyyy": 0.006,
    "ddm_yyyy": 0.003,
    "dd_myyyy": 0.006,
    "d_m_yyyy": 0.002,
    "_d_myyyy": 0.002,
    "d_mmyy__": 0.001,
    "_dmmyy__": 0.001,
    "ddm_yy__": 0.001,
    "dd_myy__": 0.001,
    "ddmm__yy": 0.002,
    "d.m.yyyy": 0.002,
    "d.mm.yy_": 0.002,
    "dd.m.yy_": 0.002,
    "d.m.yy__": 0.001,
    "dmmyyyy_": 0.0005,
    "ddmyyyy_": 0.0005,
}
#: How often a written digit is read as blank, how often it is struck out, and how often an unused cell has a
#: dash in it.
_LOST, _STRUCK, _DASHED = 1e-3, 0.05, 0.1


def digit_likelihood(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well each digit explains each cell, (cells, 10).

    Unlike ``evidence.digit_evidence`` an empty cell hardly speaks for a digit: that a cell was left empty is
    what tells layouts apart. A struck-out one may hide any digit.
    """
    hidden = (_STRUCK * probabilities[:, NOT_A_DIGIT] + _LOST * probabilities[:, BLANK])[:, None] / 10
    likelihood: NDArray[np.float64] = (1.0 - OUTLIERS) * (probabilities[:, :10] + hidden) + OUTLIERS / 12
    return likelihood


def rest_likelihoods(probabilities: NDArray[np.float64]) -> dict[str, float]:
    """For each layout how well the cells without digits are explained: separators and unused ones."""
    cells = probabilities[:, [BLANK, NOT_A_DIGIT]].tolist()
    explained = {
        symbol: [(1.0 - OUTLIERS) * (blank + weight * other) + OUTLIERS / 12 for blank, other in cells]
        for symbol, weight in (("_", _DASHED), (".", 1.0))
    }
    return {
        layout: math.prod(explained[symbol][place] for place, symbol in enumerate(layout) if symbol in "._")
        for layout in LAYOUTS
    }


@lru_cache(maxsize=128)
def places(layout: str, symbol: str) -> tuple[int, ...]:
    """The cells in which the digits of one part stand."""
    return tuple(index for index, each in enumerate(layout) if each == symbol)
