"""The picture of an evaluation: error against coverage with its bound, and the reliability diagram."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from meterdrop.evaluation.canvas import Canvas, Point, canvas
from ocr import evaluate
from ocr.evaluate import Example

_BLUE, _PALE, _RED, _GREY, _LIGHT = "#1f5fa8", "#d3e1f2", "#b3261e", "#666666", "#e3e3e3"
_WIDTH, _HEAD, _ROW = 980.0, 36.0, 390.0
_TARGET = 0.001
#: Lowest error on the logarithmic axis; none at all is drawn at its foot.
_LOWEST = 1e-4
#: Confidences up to here have a place of their own; higher ones are drawn there.
_SUREST = 0.99995


@dataclass(frozen=True)
class _Panel:
    """A frame in points; ``x`` and ``y`` map values to 0 … 1 from its left and from its foot."""

    left: float
    top: float
    width: float
    height: float
    x: Callable[[float], float]
    y: Callable[[float], float]

    def at(self, x: float, y: float) -> Point:
        """Where a pair of values lies."""
        across, up = min(max(self.x(x), 0.0), 1.0), min(max(self.y(y), 0.0), 1.0)
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def frame(self, surface: Canvas, title: str, x_label: str, y_label: str) -> None:
        """The axes' labels and the frame."""
        right, foot = self.left + self.width, self.top + self.height
        box = [
            (self.left, self.top),
            (right, self.top),
            (right, foot),
            (self.left, foot),
            (self.left, self.top),
        ]
        surface.line(box, _GREY)
        surface.text((self.left, self.top - 10), title, 13, bold=True)
        surface.text((self.left + self.width / 2, foot + 34), x_label, 11, "middle")
        surface.text((self.left - 48, self.top + self.height / 2), y_label, 11, "middle", upwards=True)

    def ticks(self, surface: Canvas, across: Mapping[float, str], up: Mapping[float, str]) -> None:
        """Grid lines with their values."""
        foot = self.top + self.height
        for value, label in across.items():
            x = self.left + self.x(value) * self.width
            surface.line([(x, self.top), (x, foot)], _LIGHT)
            surface.text((x, foot + 16), label, 10, "middle", colour=_GREY)
        for value, label in up.items():
            y = self.top + (1 - self.y(value)) * self.height
            surface.line([(self.left, y), (self.left + self.width, y)], _LIGHT)
            surface.text((self.left - 7, y + 3.5), label, 10, "end", colour=_GREY)


def plot(path: Path, title: str, fields: Mapping[str, Sequence[Example]]) -> None:
    """Draw one row of two panels a field into ``path`` (.svg or .png)."""
    surface = canvas(path, _WIDTH, _HEAD + _ROW * len(fields))
    surface.text((24, 28), title, 15, bold=True)
    for row, (name, examples) in enumerate(fields.items()):
        top = _HEAD + row * _ROW
        label = "" if len(fields) == 1 else f"{name}: "
        _risk(surface, top, label, examples)
        _reliability(surface, top, label, examples)
    surface.save(path)


def _risk(surface: Canvas, top: float, label: str, examples: Sequence[Example]) -> None:
    def error_axis(error: float) -> float:
        return (math.log10(max(error, _LOWEST)) - math.log10(_LOWEST)) / -math.log10(_LOWEST)

    panel = _Panel(80, top + 44, 380, _ROW - 100, lambda c: c, error_axis)
    rows = [r for r in evaluate.curve(examples) if r.accepted]
    errors = {_LOWEST: "0", 0.001: "0.1 %", 0.01: "1 %", 0.1: "10 %", 1.0: "100 %"}
    panel.ticks(surface, {c / 5: f"{20 * c} %" for c in range(6)}, errors)
    seen = [panel.at(r.coverage, r.error.share) for r in rows]
    bound = [panel.at(r.coverage, r.error.bound) for r in rows]
    if rows:
        surface.area([*seen, *reversed(bound)], _PALE)
        surface.line(bound, _BLUE, 1.0, dash=4)
        surface.line(seen, _BLUE, 2.2)
        surface.line([seen[-1], bound[-1]], _BLUE, 1.0)
        surface.dot(seen[-1], 3.4, _BLUE)
    surface.line([panel.at(0, _TARGET), panel.at(1, _TARGET)], _RED, 1.0, dash=6)
    panel.frame(surface, f"{label}wrong among accepted", "accepted, surest first", "wrong (logarithmic)")
    x, y = panel.left + panel.width - 190, panel.top + 20
    for row, (colour, dash, text) in enumerate(
        (
            (_BLUE, 0.0, f"seen, n = {len(examples)}"),
            (_BLUE, 4.0, "95 % upper bound of each point"),
            (_RED, 6.0, "target 0.1 %"),
        )
    ):
        at = y + 16 * row
        surface.line([(x, at - 4), (x + 26, at - 4)], colour, 1.0 if dash else 2.2, dash)
        surface.text((x + 32, at), text, 10)


def _sureness(confidence: float) -> float:
    """0.9, 0.99 and 0.999 at equal steps: the decisions are made near 1."""
    return -math.log10(1.0 - min(confidence, _SUREST)) / -math.log10(1.0 - _SUREST)


def _reliability(surface: Canvas, top: float, label: str, examples: Sequence[Example]) -> None:
    panel = _Panel(560, top + 44, 380, _ROW - 100, _sureness, _sureness)
    scale = {p: f"{p:g}" for p in (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999)}
    panel.ticks(surface, scale, scale)
    found = evaluate.calibration([(e.right, e.confidence) for e in examples if e.read])
    surface.line([panel.at(0, 0), panel.at(1, 1)], _GREY, 1.0, dash=3)
    error = ""
    if found is not None:
        error = f", expected error {100 * found.error:.2f} % (chance {100 * found.by_chance:.2f} %)"
        for b in found.bins:
            low, high = b.right.interval
            surface.line([panel.at(b.confidence, low), panel.at(b.confidence, high)], _BLUE, 1.2)
            surface.dot(panel.at(b.confidence, b.right.share), 3.4, _BLUE)
    panel.frame(
        surface, f"{label}calibration{error}", "confidence given (mean of a bin)", "share that is right"
    )
    right, foot = panel.left + panel.width - 12, panel.top + panel.height
    surface.text((right, foot - 27), "dots: equally filled bins, bars: 95 % intervals", 10, "end")
    surface.text((right, foot - 12), "below the dashed line: too sure", 10, "end")
