"""Combs: a rule with short upright strokes at even distances and no lid; digits go between the strokes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr.layout.boxes import Frame, darkness
from ocr.layout.rulings import Rulings
from templates.model import Box

Floats = NDArray[np.float64]

#: Strokes of a comb: height (mm), distance (mm), how much the distances differ (share), how many at least.
_HEIGHT, _STEP, _UNEVEN, _LEAST = (1.8, 12.0), (2.8, 14.0), 0.18, 3
#: How far (mm) a stroke's foot may be from the rule.
_FOOT_MM = 0.8
#: Where writing is among the strokes: how far (mm) one is from its place at most, and the share that is seen.
_BESIDE_MM, _SEEN = 0.45, 0.8
#: A digit stands higher than a short stroke: the cells' height in their width, at least.
_TALL = 1.25


def _teeth(middles: list[float], rule: Box) -> list[float]:
    """Where a comb's strokes are (mm, from the left); empty where the rule is none."""
    if len(middles) < _LEAST:
        return []
    steps = np.diff(middles)
    step = float(np.median(steps))
    if not _STEP[0] <= step <= _STEP[1] or float(np.abs(steps / step - 1).max()) > _UNEVEN:
        return _among(middles, rule)
    # The outermost strokes may be the rule's own ends.
    for end, side in ((rule.x_mm, 0), (rule.right_mm, -1)):
        if abs(abs(middles[side] - end) - step) < _UNEVEN * step:
            middles.insert(0 if side == 0 else len(middles), end)
    return middles


def _among(middles: list[float], rule: Box) -> list[float]:
    """As ``_teeth``, where stems of what is written stand among the strokes, or hide some.

    Strokes divide the rule evenly: of all numbers of parts, the most at whose places nearly all are seen.
    """
    seen = np.array(middles)
    for count in range(int(rule.w_mm / _STEP[0]), _LEAST, -1):
        if rule.w_mm / count > _STEP[1]:
            break
        places = np.linspace(rule.x_mm, rule.right_mm, count + 1)
        inner = np.abs(places[1:-1, None] - seen).min(axis=1)
        if float((inner <= _BESIDE_MM).mean()) >= _SEEN:
            return _evenly(places, seen)
    return []


def _evenly(places: Floats, seen: Floats) -> list[float]:
    """The even places that fit the strokes best: a rule's own ends are half a stroke further out."""
    apart = np.abs(places[:, None] - seen)
    hit = apart.min(axis=1) <= _BESIDE_MM
    number = np.arange(len(places))
    step, first = np.polyfit(number[hit], seen[apart.argmin(axis=1)][hit], 1)
    return [float(first + step * n) for n in number]


def combs(lines: Rulings, known: list[Box]) -> list[list[Frame]]:
    """Rows of cells without lids; ``known``: boxes that were found already."""
    found = []
    for rule in lines.across:
        if any(rule.overlaps(box.grown(0.9)) for box in known) or rule.w_mm < 2 * _STEP[0]:
            continue
        feet = [
            up
            for up in lines.upright
            if _HEIGHT[0] <= up.h_mm <= _HEIGHT[1]
            and abs(up.bottom_mm - rule.bottom_mm) <= _FOOT_MM + rule.h_mm
            and rule.x_mm - 0.8 <= up.x_mm + up.w_mm / 2 <= rule.right_mm + 0.8
        ]
        middles = _teeth(sorted(up.x_mm + up.w_mm / 2 for up in feet), rule)
        if not middles:
            continue
        step = (middles[-1] - middles[0]) / (len(middles) - 1)
        height = max(float(np.median([up.h_mm for up in feet])), _TALL * step)
        level = rule.y_mm + rule.h_mm / 2
        found.append(
            [
                Frame(cell, darkness(lines, cell))
                for left, right in pairwise(middles)
                for cell in (Box(left, level - height, right - left, height),)
            ]
        )
    return found
