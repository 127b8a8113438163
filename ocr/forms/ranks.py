"""Many short series sorted at once: a sorting network over whole arrays instead of a sort for each series."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def ranked(series: Bytes) -> list[Bytes]:
    """``series`` (k, …) sorted along its first axis, the least first; its contents are lost.

    Batcher's merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M): each comparison
    is made for all series together.
    """
    rows = list(series)
    spare = np.empty_like(rows[0])
    for low, high in _comparisons(len(rows)):
        np.minimum(rows[low], rows[high], out=spare)
        np.maximum(rows[low], rows[high], out=rows[high])
        rows[low], spare = spare, rows[low]
    return rows


def rank(series: Bytes, place: int) -> Bytes:
    """What ``ranked`` gives at ``place`` alone, in two thirds of the time: what does not lead there is left
    out.
    """
    rows: list[Bytes] = list(series)
    spare = np.empty_like(rows[0])
    for low, high, keep_low, keep_high in _leading_to(len(rows), place):
        if keep_low and keep_high:
            np.minimum(rows[low], rows[high], out=spare)
            np.maximum(rows[low], rows[high], out=rows[high])
            rows[low], spare = spare, rows[low]
        elif keep_low:
            np.minimum(rows[low], rows[high], out=rows[low])
        else:
            np.maximum(rows[low], rows[high], out=rows[high])
    return rows[place]


def median(values: NDArray[np.float64]) -> float:
    """The median of a series (n,), n ≥ 1; many times quicker than numpy's on a few dozen values."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0


@lru_cache(maxsize=16)
def _leading_to(count: int, place: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Those of ``_comparisons`` that have a say in ``place``, and which of their two results have."""
    asked = {place}
    steps = []
    for low, high in reversed(_comparisons(count)):
        keep_low, keep_high = low in asked, high in asked
        if keep_low or keep_high:
            steps.append((low, high, keep_low, keep_high))
            asked |= {low, high}
    return tuple(reversed(steps))


@lru_cache(maxsize=16)
def _comparisons(count: int) -> tuple[tuple[int, int], ...]:
    """The pairs to put in order, one after another, that sort ``count`` values."""
    top = 1 << max(count - 1, 1).bit_length() - 1
    pairs = []
    step = top
    while step:
        reach, turn, apart = top, 0, step
        while True:
            pairs += [(i, i + apart) for i in range(count - apart) if i & step == turn]
            if reach == step:
                break
            apart, reach, turn = reach - step, reach >> 1, step
        step >>= 1
    return tuple(pairs)
