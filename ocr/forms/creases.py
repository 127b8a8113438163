"""Paper missing in a fold: print on one side of the crease is nearer to the other side's than it should be.

The residual's running median does not see it: on each side of the crease all lines agree with one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr.forms.landmarks import Lines
from ocr.forms.settings import Floats

#: Lines on each side of a crease that must agree, and how far they may differ (mm): a pen stroke beside one
#: line makes no crease.
_BESIDE, _FEWEST, _AGREE_MM = 4, 3, 0.3


def crease(lines: Lines, own: NDArray[np.bool_], rest: Floats, least: float = 0.0) -> float:
    """The largest step (mm) in a row's lines, ``least`` where none is larger.

    ``own``: the row's lines that are seen; ``rest`` (n,): how far each lies from where it is expected.
    """
    return _within(lines, own, rest, _across(lines, own & (lines.kind == 0), rest, least))


def _across(lines: Lines, uprights: NDArray[np.bool_], rest: Floats, least: float) -> float:
    """A crease from top to bottom: the upright lines to its left and right differ."""
    index = np.flatnonzero(uprights)
    ordered = rest[index[np.argsort(lines.middle[index, 0])]].tolist()
    largest = least
    for split in range(_FEWEST, len(ordered) - _FEWEST + 1):
        left, right = ordered[max(0, split - _BESIDE) : split], ordered[split : split + _BESIDE]
        step = abs(_median(left) - _median(right))
        # Few steps are larger than what is known: whether lines agree is asked of those alone.
        if step > largest and _agree(left) and _agree(right):
            largest = step
    return largest


def _within(lines: Lines, own: NDArray[np.bool_], rest: Floats, least: float) -> float:
    """A crease from left to right through the cells: their tops and bottoms differ."""
    top, foot = own & (lines.kind == 1), own & (lines.kind == 2)
    tops = dict(zip(lines.cell[top].tolist(), rest[top].tolist(), strict=True))
    feet = dict(zip(lines.cell[foot].tolist(), rest[foot].tolist(), strict=True))
    heights = [feet[cell] - tops[cell] for cell in sorted(tops) if cell in feet]
    largest = least
    for first in range(len(heights) - _FEWEST + 1):
        some = heights[first : first + _BESIDE]
        step = abs(_median(some))
        if step > largest and _agree(some):
            largest = step
    return largest


def _agree(values: Sequence[float]) -> bool:
    middle = _median(values)
    return _median([abs(value - middle) for value in values]) <= _AGREE_MM


def _median(values: Sequence[float]) -> float:
    """Of three or four numbers, for which numpy's takes thirty times as long."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0
