"""A box to tick: empty, ticked, or ticked and blacked out again.

Told by how much of the box's inside is ink. A tick or a cross covers a seventh to a third of a box of 4–6 mm;
what somebody did not mean is covered from edge to edge. Between the two the answer is unsure, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ocr.forms.ink import ink_mask
from ocr.forms.settings import Grey

Tick = Literal["ticked", "empty", "crossed_out"]

#: Half the printed outline and the registration's error: what is cut off before looking for ink (mm).
INSIDE_MM = 0.55
#: Share of the inside that is ink at which "empty" and "ticked", "ticked" and "crossed out" are equally
#: likely, and how fast one becomes the other (in the share's logarithm, and in the share).
_HALF_EMPTY, _SLOPE_EMPTY = 0.035, 0.28
_HALF_FULL, _SLOPE_FULL = 0.55, 0.035
#: No rule of thumb is surer than this.
_SUREST = 0.9995
#: A speck (mm²) that is dust.
_DUST_MM2 = 0.05


@dataclass(frozen=True)
class TickSeen:
    """``state`` with its ``confidence`` (1/3 to 1); ``covered``: share of the inside that is ink."""

    state: Tick
    confidence: float
    covered: float


def read_tick(inside: Grey, dpi: float, black: float, paper: float) -> TickSeen:
    """The inside of a box (uint8, rectified at ``dpi``, the outline cut off).

    ``black``: see ``ink``; ``paper``: the slip's usual grey, for a box that is dark all over.
    """
    if min(inside.shape) < 6:
        return TickSeen("empty", 1 / 3, 0.0)
    return judge(_covered(inside, dpi, black, paper))


def judge(covered: float) -> TickSeen:
    """What a share of ink means."""
    written = _logistic((np.log(covered + 1e-4) - np.log(_HALF_EMPTY)) / _SLOPE_EMPTY)
    full = _logistic((covered - _HALF_FULL) / _SLOPE_FULL)
    chances: dict[Tick, float] = {
        "empty": 1.0 - written,
        "ticked": written * (1.0 - full),
        "crossed_out": written * full,
    }
    state = max(chances, key=lambda each: chances[each])
    return TickSeen(state, min(chances[state], _SUREST), covered)


def _covered(inside: Grey, dpi: float, black: float, paper: float) -> float:
    """Share of the pixels that are ink: darker than the paper beside them, or than the slip's."""
    mask = (ink_mask(inside, dpi, black) | (inside < paper - 0.4 * black)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    least = _DUST_MM2 * (dpi / 25.4) ** 2
    kept = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= least]
    return float(np.isin(labels, kept).mean()) if kept else 0.0


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(x, -60, 60))))
