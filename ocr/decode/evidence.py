"""From class probabilities of cells to evidence for digits.

Every decoder takes ``probabilities``: float64 of shape (cells, 12), rows summing to 1, columns in the order
of ``ocr.cells.CLASSES``: the digits 0–9, blank, struck out / not a digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLANK = 10
NOT_A_DIGIT = 11
SYMBOLS = "0123456789_#"

#: Share of cells that are read wrongly in a way no calibration foresees (stamps, ink from the back, a label
#: error in training). It keeps one absurd cell from vetoing eleven clear ones.
OUTLIERS = 1e-4


def raw_text(probabilities: NDArray[np.float64]) -> str:
    """What the ink says, one symbol a cell."""
    return "".join(SYMBOLS[i] for i in probabilities.argmax(axis=1))


def digit_evidence(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (cells, 10): how well each digit explains each cell; rows sum to 1.

    A blank or struck-out cell says nothing about which digit was meant, so its mass is spread evenly.
    """
    digits = probabilities[:, :10]
    unknown = probabilities[:, 10:].sum(axis=1, keepdims=True)
    evidence: NDArray[np.float64] = (1.0 - OUTLIERS) * (digits + unknown / 10) + OUTLIERS / 10
    return evidence


def check_shape(probabilities: NDArray[np.float64], cells: int | None = None) -> None:
    """Raise ``ValueError`` unless the shape is (cells, 12)."""
    if probabilities.ndim != 2 or probabilities.shape[1] != 12:
        raise ValueError(f"expected probabilities of shape (cells, 12), got {probabilities.shape}")
    if cells is not None and probabilities.shape[0] != cells:
        raise ValueError(f"expected {cells} cells, got {probabilities.shape[0]}")
