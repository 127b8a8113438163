"""Printed rules around a line of writing: the long box's sides, or the line that is written on.

Works on *darkness*: float32 (H, W), how much darker a pixel is than its paper, in grey levels; x right, y
down, in pixels of the picture. A rule is a long, thin, straight run of dark pixels; small tilts are followed,
gaps are bridged. Ink that crosses a rule is kept: under the rule only what is long across it survives (a grey
opening, Serra 1982).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Darkness = NDArray[np.float32]
Mask = NDArray[np.uint8]

#: Tilts up to this (rise over run) are followed.
_STEEPEST = 0.12
#: A rule is thinner than this share of the picture's height.
_THICKEST = 0.12
#: This share of a rule's length must be dark; dashes are sparser.
_SOLID = 0.55


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


def level_rules(ink: Mask, least: float, reach: int = 0) -> list[Rule]:
    """Level rules at least ``least`` long, from top to bottom; pieces of one rule are joined.

    ``reach``: the height of the space that they bound, where it is not the picture's. Dashes are looked for
    only where nothing solid is found: closing their gaps closes those between digits, too.
    """
    scale = reach or ink.shape[0]
    thick = np.asarray(cv2.dilate(ink, np.ones((3, 1), np.uint8)), dtype=np.uint8)
    gap = int(np.clip(scale * 0.12, 5, 25)) | 1
    thin = 0.03 * scale + 1
    for closed in (False, True):
        if closed:
            closing = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
            thick = np.asarray(closing, dtype=np.uint8)
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
    return replace(rule, solid=float(dark_along(rule, x, ink).mean()) if len(x) else 0.0)


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
    if thick > max(6, 2 * _THICKEST * scale):
        return None
    return Rule(slope, offset, start, end, max(1, thick), float(centre.mean()))


def dark_along(rule: Rule, x: NDArray[np.intp], ink: Mask) -> NDArray[np.bool_]:
    """Whether the rule, or what is a pixel beside it, is dark at each x."""
    y = np.round(rule.slope * x + rule.offset).astype(int)
    found = np.zeros(len(x), dtype=bool)
    for away in (-1, 0, 1):
        found |= ink[np.clip(y + away, 0, ink.shape[0] - 1), x] > 0
    return found


def erase(dark: Darkness, rule: Rule) -> Darkness:
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
