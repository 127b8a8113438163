"""Printed rules around a line of writing: the long box's sides, or the line that is written on.

Works on *darkness*: float32 (H, W), how much darker a pixel is than its paper, in grey levels; x right, y
down, in pixels of the picture. A rule is a long, thin, straight run of dark pixels; small tilts are followed,
gaps are bridged. Ink that crosses a rule is kept: under the rule only what is long across it survives (a grey
opening, Serra 1982).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Darkness = NDArray[np.float32]
Mask = NDArray[np.uint8]

#: Tilts up to this (rise over run) are followed.
_STEEPEST = 0.12
#: A rule is thinner than this share of the picture's height.
_THICKEST = 0.09
#: This share of a rule's length must be dark; dashes are sparser.
_SOLID = 0.55
#: A rule of a box is at least so long, in lengths of the longest one.
_AS_LONG = 0.8


@dataclass(frozen=True)
class Rule:
    """y = slope * x + offset from ``start`` to ``end`` (x), ``thick`` pixels; ``solid``: its dark share."""

    slope: float
    offset: float
    start: int
    end: int
    thick: int
    solid: float = 1.0

    def at(self, x: float) -> float:
        """Its middle at x."""
        return self.slope * x + self.offset

    @property
    def length(self) -> int:
        """How long it is, in pixels."""
        return self.end - self.start


@dataclass(frozen=True)
class Frame:
    """What was printed: a box has ``top`` and ``bottom``; a written-on line only ``bottom``."""

    top: Rule | None = None
    bottom: Rule | None = None
    left: Rule | None = None
    right: Rule | None = None

    @property
    def slope(self) -> float | None:
        """The tilt of the print, or None where nothing was printed."""
        level = [rule.slope for rule in (self.top, self.bottom) if rule is not None]
        return sum(level) / len(level) if level else None

    def rows(self, x: float, height: int) -> tuple[float, float]:
        """First and last row of the writing space at x."""
        return (
            self.top.at(x) if self.top is not None else 0.0,
            self.bottom.at(x) if self.bottom is not None else float(height),
        )

    def columns(self, width: int) -> tuple[float, float]:
        """First and last column of the writing space."""
        low, high = 0.0, float(width)
        if self.top is not None and self.bottom is not None:
            beside = 0.12 * (self.bottom.at(low) - self.top.at(low))
            low = max(low, min(self.top.start, self.bottom.start) - beside)
            high = min(high, max(self.top.end, self.bottom.end) + beside)
        low = float(self.left.offset) if self.left is not None else low
        high = float(self.right.offset) if self.right is not None else high
        return low, high


def remove(dark: Darkness, ink: Mask) -> tuple[Darkness, Frame]:
    """The darkness without printed rules, and what they were. ``ink``: 0/1 (H, W), what is dark at all."""
    height, width = dark.shape
    every = _rules(ink, max(0.35 * height, 0.12 * width))
    least = max(0.45 * width, min(1.6 * height, 0.85 * width))
    top, bottom = _pair([rule for rule in every if rule.length >= least], dark)
    left = right = None
    if top is None or bottom is None:
        box = _box(every, ink, dark)
        if box is not None:
            top, bottom, left, right = box
    if top is not None and bottom is not None:
        top, bottom = _one_of_a_row(top, bottom, ink, dark)
    if left is None:
        left, right = _ends(ink, top, bottom)
    clean = dark
    for rule in (top, bottom):
        if rule is not None:
            clean = _erase(clean, rule)
    turned = np.ascontiguousarray(clean.T)
    for rule in (left, right):
        if rule is not None:
            turned = _erase(turned, rule)
    return np.ascontiguousarray(turned.T), Frame(top, bottom, left, right)


def _rules(ink: Mask, least: float, reach: int = 0) -> list[Rule]:
    """Level rules at least ``least`` long, from top to bottom; pieces of one rule are joined.

    ``reach``: the height of the space that they bound, where it is not the picture's. Dashes are looked for
    only where nothing solid is found: closing their gaps closes those between digits, too.
    """
    scale = reach or ink.shape[0]
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    gap = int(np.clip(scale * 0.12, 5, 25)) | 1
    thin = 0.03 * scale + 1
    for closed in (False, True):
        if closed:
            thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
        rules = [_covered(rule, ink) for rule in _joined(_pieces(thick, ink, scale), ink.shape[0])]
        # Feet of digits side by side are no rule: what has gaps must be thin.
        rules = [rule for rule in rules if rule.solid >= (_SOLID if rule.thick <= thin else 0.78)]
        rules = [rule for rule in rules if rule.length >= least]
        if rules:
            break
    return sorted(rules, key=lambda rule: rule.at((rule.start + rule.end) / 2))


def _pieces(thick: Mask, ink: Mask, scale: int) -> list[Rule]:
    """Straight level pieces that are longer than strokes of digits mostly are."""
    run = int(np.clip(scale * 0.3, 13, 60))
    long = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    pieces = []
    for k in range(1, count):
        x, y, w, h = (int(v) for v in stats[k, :4])
        if w < 1.2 * run or h > 0.35 * scale + _STEEPEST * w:
            continue
        rule = _fit(labels[y : y + h, x : x + w] == k, x, y, ink, scale)
        if rule is not None:
            pieces.append(rule)
    return pieces


def _covered(rule: Rule, ink: Mask) -> Rule:
    """The rule with its share of dark columns measured anew."""
    x = np.arange(max(0, rule.start), min(ink.shape[1], rule.end))
    return replace(rule, solid=float(_dark_along(rule, x, ink).mean()) if len(x) else 0.0)


def _joined(pieces: list[Rule], height: int) -> list[Rule]:
    """Pieces that lie on one straight line as one rule, where they cover at least half of it."""
    rules: list[Rule] = []
    for piece in sorted(pieces, key=lambda rule: -rule.length):
        for k, rule in enumerate(rules):
            middle = (piece.start + piece.end) / 2
            away = abs(rule.at(middle) - piece.at(middle))
            start, end = min(rule.start, piece.start), max(rule.end, piece.end)
            inside = piece.start >= rule.start and piece.end <= rule.end
            near = max(2.5, 0.02 * height) + 0.02 * max(0, end - start - rule.length)
            alike = piece.thick <= 2 * rule.thick + 2
            if away <= near and alike and (inside or rule.length + piece.length >= 0.5 * (end - start)):
                if not inside:
                    x = np.array([rule.start, rule.end, piece.start, piece.end], dtype=np.float64)
                    y = np.array([rule.at(x[0]), rule.at(x[1]), piece.at(x[2]), piece.at(x[3])])
                    weight = np.sqrt([rule.length, rule.length, piece.length, piece.length])
                    slope, offset = (float(v) for v in np.polyfit(x, y, 1, w=weight))
                    rules[k] = Rule(slope, offset, start, end, rule.thick, rule.solid)
                break
        else:
            rules.append(piece)
    return rules


def _box(rules: list[Rule], ink: Mask, dark: Darkness) -> tuple[Rule, Rule, Rule, Rule] | None:
    """Four sides that meet: the box with the most in it, where it is small in its picture."""
    best, most = None, -1.0
    for i, top in enumerate(rules):
        for bottom in rules[i + 1 :]:
            longer = max(top.length, bottom.length)
            away = abs(top.start - bottom.start) + abs(top.end - bottom.end)
            high = bottom.offset - top.offset
            if away > 0.12 * longer + 6 or not 10 <= high <= 1.8 * longer:
                continue
            left, right = _ends(ink, top, bottom)
            if left is None or right is None:
                continue
            inside = dark[round(top.at(top.start)) : round(bottom.at(top.start)), top.start : top.end]
            if float(inside.sum()) > most:
                best, most = (top, bottom, left, right), float(inside.sum())
    return best


def _fit(part: NDArray[np.bool_], x0: int, y0: int, ink: Mask, scale: int) -> Rule | None:
    """A straight rule through the thin columns of a component; None when it is none."""
    height, _ = ink.shape
    rows = np.arange(part.shape[0])[:, None]
    sums = part.sum(axis=0)
    columns = np.flatnonzero((sums > 0) & (sums <= max(4, np.median(sums[sums > 0]) * 1.6)))
    if len(columns) < 12:
        return None
    middle = (part * rows).sum(axis=0)[columns] / sums[columns] + y0
    x = columns + x0
    half = len(x) // 2
    slope = float(np.median((middle[half:] - middle[: len(x) - half]) / (x[half:] - x[: len(x) - half])))
    offset = float(np.median(middle - slope * x))
    keep = np.abs(middle - (slope * x + offset)) <= 4.0
    for limit in (3.0, 2.0):
        if keep.sum() < 12:
            return None
        slope, offset = (float(v) for v in np.polyfit(x[keep], middle[keep], 1))
        keep = np.abs(middle - (slope * x + offset)) <= limit
    if abs(slope) > _STEEPEST or keep.mean() < 0.5:
        return None
    start, end = int(x.min()), int(x.max()) + 1
    along = np.arange(start, end)
    reach = max(3, round(_THICKEST * scale))
    offsets = np.arange(-reach, reach + 1)
    at = np.round(slope * along + offset).astype(int)[None, :] + offsets[:, None]
    dark = (ink[np.clip(at, 0, height - 1), along[None, :]] > 0) & (at >= 0) & (at < height)
    centre = dark[reach - 1 : reach + 2].any(axis=0)
    if centre.mean() < _SOLID:
        return None
    upwards = np.cumprod(dark[: reach + 1][::-1], axis=0).sum(axis=0)
    downwards = np.cumprod(dark[reach:], axis=0).sum(axis=0)
    thick = int(np.median((upwards + downwards - 1)[dark[reach]])) if dark[reach].any() else 1
    if thick > max(4, 2 * _THICKEST * scale):
        return None
    return Rule(slope, offset, start, end, max(1, thick), float(centre.mean()))


def _pair(rules: list[Rule], dark: Darkness) -> tuple[Rule | None, Rule | None]:
    """The box's top and bottom, or the one line that is written on (or under)."""
    if not rules:
        return None, None
    height, width = dark.shape
    longest = max(rule.length for rule in rules)
    rules = [rule for rule in rules if rule.length >= _AS_LONG * longest]
    rules = _apart(rules, 0.15 * height)
    mass = np.concatenate([[0.0], np.cumsum(dark.sum(axis=1))])

    def between(low: float, high: float) -> float:
        a, b = (int(np.clip(round(v), 0, height)) for v in (low, high))
        return float(mass[b] - mass[a]) if b > a else 0.0

    middle = width / 2
    edges: list[tuple[Rule | None, float, float]] = [(None, 0.0, 0.0)]
    edges += [(rule, rule.at(middle), rule.thick / 2 + 2) for rule in rules]
    edges += [(None, float(height), 0.0)]
    best = max(pairwise(edges), key=lambda two: between(two[0][1] + two[0][2], two[1][1] - two[1][2]))
    if len(rules) == 1:
        (rule,) = rules
        near = rule.thick / 2 + 2
        above = between(0, rule.at(middle) - near)
        below = between(rule.at(middle) + near, height)
        # Writing on both sides alike is struck through, not written on a line.
        if min(above, below) > 0.35 * max(above, below, 1.0):
            return None, None
    return best[0][0], best[1][0]


def _apart(rules: list[Rule], least: float) -> list[Rule]:
    """Of rules that lie closer than ``least`` (a double line) the longer and more solid one."""
    kept: list[Rule] = []
    for rule in rules:
        x = (rule.start + rule.end) / 2
        if kept and rule.at(x) - kept[-1].at(x) < least:
            if rule.length * rule.solid**4 > kept[-1].length * kept[-1].solid ** 4:
                kept[-1] = rule
            continue
        kept.append(rule)
    return kept


def _ends(ink: Mask, top: Rule | None, bottom: Rule | None) -> tuple[Rule | None, Rule | None]:
    """The box's upright sides, as rules of the turned picture; looked for at the ends of the level ones."""
    height, width = ink.shape
    level = [rule for rule in (top, bottom) if rule is not None]
    low = max(0, round(top.at(width / 2))) if top is not None else 0
    high = min(height, round(bottom.at(width / 2))) if bottom is not None else height
    if high - low < 12:
        return None, None
    first = min((rule.start for rule in level), default=0)
    last = max((rule.end for rule in level), default=width)
    near = round((0.3 if level else 0.12) * (high - low))
    share = 0.8 if len(level) == 2 else 0.93
    thickest = 2.2 * max((rule.thick for rule in level), default=4) + 1
    left, right = (
        _side(ink, (low, high), at, near=near, share=share, thickest=thickest) for at in (first, last)
    )
    return left, right


def _side(
    ink: Mask, rows: tuple[int, int], at: int, *, near: int, share: float, thickest: float
) -> Rule | None:
    """The upright rule nearest to column ``at`` that fills ``share`` of the rows, as a rule of the turned
    picture."""
    low, high = rows
    a, b = max(0, at - near), min(ink.shape[1], at + near)
    if b - a < 3:
        return None
    zone = np.ascontiguousarray(ink[low:high, a:b].T)
    found = [r for r in _rules(zone, share * (high - low), reach=high - low) if r.thick <= thickest]
    if not found:
        return None
    rule = min(found, key=lambda r: abs(r.at((r.start + r.end) / 2) + a - at))
    return Rule(rule.slope, rule.offset + a - rule.slope * low, rule.start + low, rule.end + low, rule.thick)


def _one_of_a_row(top: Rule, bottom: Rule, ink: Mask, dark: Darkness) -> tuple[Rule, Rule]:
    """Where boxes stand in a row, their rules look like one: only the box with the most in it is kept.

    Boxes are parted where both rules stop and an upright side stands at the end of one of them.
    """
    start, end = max(0, min(top.start, bottom.start)), min(ink.shape[1], max(top.end, bottom.end))
    x = np.arange(start, end)
    middle = (start + end) / 2
    low, high = round(top.at(middle)), round(bottom.at(middle))
    tall = high - low
    if tall < 12 or len(x) < 2 * tall:
        return top, bottom
    missing = ~(_dark_along(top, x, ink) | _dark_along(bottom, x, ink))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
    parts, first = [], start
    rows = (max(0, low), min(ink.shape[0], high))
    thickest = 2.2 * max(top.thick, bottom.thick) + 1
    for a, b in edges.reshape(-1, 2).tolist():
        if b - a < max(4, 0.05 * tall):
            continue
        near = max(4, round(0.08 * tall))
        if any(_side(ink, rows, start + at, near=near, share=0.8, thickest=thickest) for at in (a, b)):
            parts.append((first, start + a))
            first = start + b
    if not parts:
        return top, bottom
    parts.append((first, end))
    first, last = max(parts, key=lambda p: float(dark[rows[0] + 2 : rows[1] - 2, p[0] : p[1]].sum()))
    return replace(top, start=first, end=last), replace(bottom, start=first, end=last)


def _dark_along(rule: Rule, x: NDArray[np.intp], ink: Mask) -> NDArray[np.bool_]:
    y = np.round(rule.slope * x + rule.offset).astype(int)
    found = np.zeros(len(x), dtype=bool)
    for away in (-1, 0, 1):
        found |= ink[np.clip(y + away, 0, ink.shape[0] - 1), x] > 0
    return found


def _erase(dark: Darkness, rule: Rule) -> Darkness:
    """The darkness without a level rule; what crosses it stays."""
    height, width = dark.shape
    size = rule.thick + 4
    # Beyond the picture is no ink: a rule on its edge is no thicker than it looks.
    padded = cv2.copyMakeBorder(dark, size, size, 0, 0, cv2.BORDER_CONSTANT, value=0)
    long = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((size, 1), np.uint8))[size:-size]
    start, end = max(0, rule.start - 2), min(width, rule.end + 2)
    x = np.arange(start, end)
    middle = rule.slope * x + rule.offset
    reach = rule.thick / 2 + 1.5
    rows = np.arange(height)[:, None]
    zone = np.zeros(dark.shape, dtype=bool)
    zone[:, start:end] = np.abs(rows - middle[None, :]) <= reach
    return np.where(zone, np.minimum(dark, long), dark).astype(np.float32)
