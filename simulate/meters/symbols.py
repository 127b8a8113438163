"""The small words and pictograms that light up beside the digits of a meter's screen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.paint import Box
from simulate.meters.typefaces import text, text_face

_TARIFFS = ("T1", "T2", "T3", "T4", "Σ", "TARIFF", "ТАРИФ")  # lit only where they say something
_WORDS = (
    "L1", "L2", "L3", "A+", "R+", "A", "R", "kW", "V", "OFF", "CHK", "PROG", "ERR",
    "COM", "МАКС", "MAX", "RT", "-P", "+P", "кВт", "ПРОВ", "rev", "МЕНЮ", "LOW", "F", "№",
)  # fmt: skip


class Masks:
    """What is lit and what could be: two masks (H, W) uint8."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.lit = np.zeros(shape, np.uint8)
        self.ghost = np.zeros(shape, np.uint8)

    def put(self, where: NDArray[np.uint8], mask: NDArray[np.uint8], at: tuple[int, int]) -> None:
        """Add a mask with its top left corner at x, y; cut at the edges."""
        x, y = max(at[0], 0), max(at[1], 0)
        piece = mask[y - at[1] : self.shape[0] - at[1], x - at[0] : self.shape[1] - at[0]]
        area = where[y : y + piece.shape[0], x : x + piece.shape[1]]
        np.maximum(area, piece, out=area)


def symbols_around(
    masks: Masks, rng: np.random.Generator, box: Box, height: float, *, unit: str | None, lit: tuple[str, ...]
) -> Box | None:
    """Light ``unit`` and the words ``lit`` around the large row in ``box``, and a few others.

    Returns a free strip above or below the row for a second one, or None.
    """
    face = text_face(rng)
    tall, wide = masks.shape
    above, below = box[1], tall - box[3]
    words = list(lit)
    strips = [(above, box[1] - 0.28 * height), (below, box[3] + 0.3 * height)]
    strips.sort(key=lambda strip: strip[0])
    free = None
    if strips[1][0] > 0.75 * height and rng.random() < 0.75:  # the wider strip is kept for a second row
        y = strips[1][1] - (0.25 * height if strips[1][1] < box[1] else -0.05 * height)
        free = (box[0], y - 0.15 * height, min(box[2], wide - 0.3 * height), y + 0.3 * height)
        strips = strips[:1]
    if unit is not None:
        _unit(masks, rng, face=face, box=box, height=height, unit=unit)
    for room, y in strips:
        size = height * float(rng.uniform(0.2, 0.34))
        if room < 0.45 * height + 0.2 * size:
            continue
        x = box[0] + float(rng.uniform(0, 0.4)) * height
        while x < box[2] - 0.5 * height:
            shown = bool(words) or rng.random() < 0.3
            pool = _WORDS if shown or rng.random() < 0.6 else _TARIFFS
            name = words.pop() if words else pool[int(rng.integers(len(pool)))]
            x += _word(masks, rng, name, (x, y), face=face, size=size, shown=shown) + height * float(
                rng.uniform(0.15, 1.2)
            )
    for name in words:  # no strip had room: left of the row
        at = (box[0] - 0.75 * height, (box[1] + box[3]) / 2)
        _word(masks, rng, name, at, face=face, size=height * 0.3, shown=True)
    return free


def _unit(masks: Masks, rng: np.random.Generator, *, face: Path, box: Box, height: float, unit: str) -> None:
    size = height * float(rng.uniform(0.25, 0.5))
    room = masks.shape[1] - box[2]
    if room > size * 1.6:
        y = box[3] - size * 0.5 if rng.random() < 0.6 else box[1] + size * 0.5
        _word(masks, rng, unit, (box[2] + 0.1 * height, y), face=face, size=size, shown=True)
    elif masks.shape[0] - box[3] > 0.55 * height:
        at = (box[2] - 1.2 * height, box[3] + 0.3 * height)
        _word(masks, rng, unit, at, face=face, size=size * 0.8, shown=True)


def _word(
    masks: Masks,
    rng: np.random.Generator,
    name: str,
    at: tuple[float, float],
    *,
    face: Path,
    size: float,
    shown: bool,
) -> float:
    """One word or, for a few, a pictogram; the width it takes."""
    mask = (
        _pictogram(rng, size) if not shown and rng.random() < 0.3 else text(name, face, max(round(size), 5))
    )
    where = masks.lit if shown else masks.ghost
    masks.put(where, mask, (round(at[0]), round(at[1] - mask.shape[0] / 2)))
    return float(mask.shape[1])


def _pictogram(rng: np.random.Generator, size: float) -> NDArray[np.uint8]:
    side = max(round(size), 6)
    wide = round(side * 1.6)
    mask = np.zeros((side, wide), np.uint8)
    thick = max(side // 9, 1)
    kind = int(rng.integers(6))
    if kind == 0:  # battery
        cv2.rectangle(mask, (0, side // 5), (wide - 4, side - 1 - side // 5), 255, thick)
        cv2.rectangle(mask, (wide - 3, side // 3), (wide - 1, side - 1 - side // 3), 255, -1)
        cv2.rectangle(
            mask, (3, side // 5 + 2), (3 + int(rng.integers(wide // 2)), side - 3 - side // 5), 255, -1
        )
    elif kind == 1:  # clock
        cv2.circle(mask, (side // 2, side // 2), side // 2 - thick, 255, thick, cv2.LINE_AA)
        cv2.line(mask, (side // 2, side // 2), (side // 2, side // 5), 255, thick)
        cv2.line(mask, (side // 2, side // 2), (side - side // 4, side // 2), 255, thick)
    elif kind == 2:  # arrow
        corners = np.array([[0, side - 1], [wide // 2, 0], [wide - 1, side - 1]], np.int32)
        cv2.fillPoly(mask, [corners], 255)
    elif kind == 3:  # bars of reception
        for bar in range(4):
            x = bar * wide // 4
            cv2.rectangle(mask, (x, side - 1 - (bar + 1) * side // 4), (x + wide // 6, side - 1), 255, -1)
    elif kind == 4:  # phase ring
        cv2.circle(
            mask, (side // 2, side // 2), side // 2 - 1, 255, -1 if rng.random() < 0.4 else thick, cv2.LINE_AA
        )
    else:  # long arrow
        cv2.arrowedLine(mask, (0, side // 2), (wide - 1, side // 2), 255, thick, cv2.LINE_AA, 0, 0.4)
    return mask
