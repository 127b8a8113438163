"""The truth of a drawn picture of a meter.

Quads are float32 (4, 2), x right, y down in pixels of the picture: top left, top right, bottom right, bottom
left *as the digits are read*, so that a picture upside down has its first corner at the bottom right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["drum", "lcd"]
Meaning = Literal["reading", "date", "time", "serial", "other"]
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Digit:
    """One place of a display.

    ``value``: the digit as a meter reader takes it: a turning drum is decided by its right neighbour.
    ``turn``: 0 to 1, how far the drum has turned beyond ``value`` (an LCD: 0). ``decimal``: behind the mark,
    red or framed.
    ``quad``: the digit's own cell: the drum's window, or the box around all seven segments.
    """

    value: str
    quad: Points
    turn: float = 0.0
    decimal: bool = False


@dataclass(frozen=True)
class Row:
    """One row of digits on a display, in reading order; ``tariff``: T1, T2, T3, ``sum`` where it is shown."""

    kind: Kind
    digits: tuple[Digit, ...]
    means: Meaning = "reading"
    tariff: str | None = None

    @property
    def value(self) -> str:
        """The digits before the mark."""
        return "".join(digit.value for digit in self.digits if not digit.decimal)

    @property
    def decimals(self) -> str:
        """The digits behind the mark."""
        return "".join(digit.value for digit in self.digits if digit.decimal)

    @property
    def quad(self) -> Points:
        """All digits, decimals too: the outer corners of the first and the last."""
        first, last = self.digits[0].quad, self.digits[-1].quad
        return np.stack([first[0], last[1], last[2], first[3]]).astype(np.float32)


@dataclass(frozen=True)
class Picture:
    """``image`` uint8 (H, W, 3) BGR and every row of display digits on it (none: no display)."""

    image: NDArray[np.uint8]
    rows: tuple[Row, ...]

    def warped(self, homography: NDArray[np.float64], image: NDArray[np.uint8]) -> Picture:
        """The same truth under ``homography`` (3×3, old pixels → new), with the picture given."""
        rows = tuple(
            Row(
                row.kind,
                tuple(
                    Digit(digit.value, _moved(homography, digit.quad), digit.turn, digit.decimal)
                    for digit in row.digits
                ),
                row.means,
                row.tariff,
            )
            for row in self.rows
        )
        return Picture(image, rows)


def _moved(homography: NDArray[np.float64], quad: Points) -> Points:
    points = np.column_stack([quad.astype(np.float64), np.ones(len(quad))]) @ homography.T
    return (points[:, :2] / points[:, 2:]).astype(np.float32)
