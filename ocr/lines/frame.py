"""What is printed around a line of writing: the sides of its long box, or the rule it stands on; taken out.

The same frames and units as ``ocr.lines.rules``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ocr.lines.rules import Darkness, Mask, Rule, dark_along, erase, level_rules

#: A rule of a box is at least so long, in lengths of the longest one.
_AS_LONG = 0.8
#: The same of one that meets the longest one's end and is broken off.
_BROKEN = 0.5
#: The dark share of a rule that was printed whole.
_UNBROKEN = 0.8


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
    every = level_rules(ink, max(0.35 * height, 0.12 * width))
    least = max(0.45 * width, min(1.6 * height, 0.85 * width))
    top, bottom = _pair(_printed([rule for rule in every if rule.length >= least]), dark)
    left = right = None
    if top is None or bottom is None:
        box = _box(every, ink, dark)
        if box is not None:
            top, bottom, left, right = box
        elif top is None and bottom is None:
            bottom = _alone(every, dark)
    if top is not None and bottom is not None:
        top, bottom = _one_of_a_row(top, bottom, ink, dark)
    if left is None:
        left, right = _ends(ink, top, bottom)
    clean = dark
    for rule in (top, bottom):
        if rule is not None:
            clean = erase(clean, rule)
    turned = np.ascontiguousarray(clean.T)
    for rule in (left, right):
        if rule is not None:
            turned = erase(turned, rule)
    return np.ascontiguousarray(turned.T), Frame(top, bottom, left, right)


def _printed(rules: list[Rule]) -> list[Rule]:
    """Without what is far thicker than the thinnest: strokes of a broad pen that happen to lie in a row."""
    thin = min((rule.thick for rule in rules if rule.solid >= _UNBROKEN), default=0)
    return [rule for rule in rules if not thin or rule.thick <= 2.5 * thin + 2]


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
            top_, bottom_ = _one_of_a_row(top, bottom, ink, dark)
            left, right = _ends(ink, top_, bottom_)
            if left is None or right is None:
                continue
            inside = dark[round(top_.at(top_.start)) : round(bottom_.at(top_.start)), top_.start : top_.end]
            if float(inside.sum()) > most:
                best, most = (top_, bottom_, left, right), float(inside.sum())
    return best


def _alone(rules: list[Rule], dark: Darkness) -> Rule | None:
    """A thin rule with hardly anything beside it: the line of an empty field, also where it is short."""
    height, width = dark.shape
    rule = max(rules, key=lambda each: each.length, default=None)
    if rule is None or rule.length < 0.35 * width or rule.thick > max(3, 0.08 * height):
        return None
    rest = float(np.maximum(erase(dark, rule) - 0.2 * float(dark.max()), 0).sum())
    return rule if rest < 0.1 * float(dark.sum()) else None


def _pair(rules: list[Rule], dark: Darkness) -> tuple[Rule | None, Rule | None]:
    """The box's top and bottom, or the one line that is written on (or under)."""
    if not rules:
        return None, None
    height, width = dark.shape
    longest = max(rules, key=lambda rule: rule.length)
    rules = [rule for rule in rules if _as_long(rule, longest)]
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
        own = between(rule.at(middle) - near, rule.at(middle) + near)
        if min(above, below) > 0.35 * max(above, below, 1.0) and max(above, below) > 0.3 * own:
            return None, None
    return best[0][0], best[1][0]


def _as_long(rule: Rule, longest: Rule) -> bool:
    """Whether a rule may be the box's other one: about as long, or begun or ended with it and broken off."""
    near = 0.04 * longest.length + 3
    meets = min(abs(rule.start - longest.start), abs(rule.end - longest.end)) <= near
    alike = rule.solid >= _UNBROKEN and 0.5 <= rule.thick / longest.thick <= 2.0
    return rule.length >= (_BROKEN if meets and alike else _AS_LONG) * longest.length


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
    first = min((rule.start for rule in level), default=0)
    last = max((rule.end for rule in level), default=width)
    thickest = 2.2 * max((rule.thick for rule in level), default=4) + 1

    def side(at: int) -> Rule | None:
        low = max(0, round(top.at(at))) if top is not None else 0
        high = min(height, round(bottom.at(at))) if bottom is not None else height
        if high - low < 12:
            return None
        near = round((0.3 if level else 0.12) * (high - low))
        share = 0.93
        if len(level) == 2:
            # Where both rules end within the picture a side must stand; else it may be a 1.
            share = 0.6 if 2 < at < width - 2 else 0.85
        return _side(ink, (low, high), at, near=near, share=share, thickest=thickest)

    return side(first), side(last)


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
    found = [r for r in level_rules(zone, share * (high - low), reach=high - low) if r.thick <= thickest]
    if not found:
        return None
    rule = min(found, key=lambda r: abs(r.at((r.start + r.end) / 2) + a - at))
    return Rule(rule.slope, rule.offset + a - rule.slope * low, rule.start + low, rule.end + low, rule.thick)


def _one_of_a_row(top: Rule, bottom: Rule, ink: Mask, dark: Darkness) -> tuple[Rule, Rule]:
    """Where boxes stand in a row, their rules look like one: only the box with the most in it is kept.

    Boxes are parted where both rules stop and an upright side stands at the end of one of them, or between
    two sides that stand close together.
    """
    start, end = max(0, min(top.start, bottom.start)), min(ink.shape[1], max(top.end, bottom.end))
    x = np.arange(start, end)
    middle = (start + end) / 2
    low, high = round(top.at(middle)), round(bottom.at(middle))
    tall = high - low
    if tall < 12 or len(x) < 2 * tall:
        return top, bottom
    missing = ~(dark_along(top, x, ink) | dark_along(bottom, x, ink))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
    parts, first = [], start
    cuts: list[tuple[int, int]] = []
    rows = (max(0, low), min(ink.shape[0], high))
    thickest = 2.2 * max(top.thick, bottom.thick) + 1
    for a, b in edges.reshape(-1, 2).tolist():
        if b - a < max(4, 0.05 * tall):
            continue
        near = max(4, round(0.08 * tall))
        if any(_side(ink, rows, start + at, near=near, share=0.8, thickest=thickest) for at in (a, b)):
            cuts.append((start + a, start + b))
    if start <= 1 or end >= ink.shape[1] - 1:
        cuts += _doubled(ink, rows, (start, end), (top.thick + bottom.thick) / 2)
    for a, b in sorted(cuts):
        if a > first:
            parts.append((first, a))
        first = max(first, b)
    if not parts:
        return top, bottom
    parts.append((first, end))
    first, last = max(parts, key=lambda p: float(dark[rows[0] + 2 : rows[1] - 2, p[0] : p[1]].sum()))
    return replace(top, start=first, end=last), replace(bottom, start=first, end=last)


def _doubled(
    ink: Mask, rows: tuple[int, int], columns: tuple[int, int], thick: float
) -> list[tuple[int, int]]:
    """The gaps between upright sides that stand close together, each about as ``thick`` as the rules."""
    tall = rows[1] - rows[0]
    full = ink[rows[0] : rows[1], columns[0] : columns[1]].mean(axis=0) >= 0.95
    edges = np.flatnonzero(np.diff(np.concatenate([[0], full.astype(np.int8), [0]]))) + columns[0]
    sides = [(a, b) for a, b in edges.reshape(-1, 2).tolist() if b - a >= 0.5 * thick]
    # Blurred, the two are one broad bar.
    broad = 1.6 * thick
    gaps = [((a + b - 1) // 2, (a + b + 1) // 2) for a, b in sides if broad <= b - a <= 5 * thick]
    for (_, a), (b, _) in pairwise(side for side in sides if side[1] - side[0] < broad):
        if b - a < 0.5 * tall:
            gaps.append((a, b))
    return gaps
