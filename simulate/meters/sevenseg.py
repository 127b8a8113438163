"""Seven-segment digits from their own geometry: strokes, gaps, ends and slant as makers vary them.

Segments are named as usual: a top, b upper right, c lower right, d bottom, e lower left, f upper left, g
middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Ends = Literal["mitred", "pointed", "flat", "round"]
_ON = {
    "0": "abcdef",
    "1": "bc",
    "2": "abdeg",
    "3": "abcdg",
    "4": "bcfg",
    "5": "acdfg",
    "6": "acdefg",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
    "-": "g",
    " ": "",
    "E": "adefg",
    "r": "eg",
    "t": "defg",
    "H": "bcefg",
    "P": "abefg",
    "L": "def",
    "A": "abcefg",
    "C": "adef",
    "F": "aefg",
    "U": "bcdef",
    "o": "cdeg",
    "n": "ceg",
    "d": "bcdeg",
    "b": "cdefg",
    "S": "acdfg",
}


@dataclass(frozen=True)
class Cut:
    """The shape of one maker's digits, lengths as shares of a digit's height.

    ``width``: of the upright digit, ``thick``: of a stroke, ``gap``: between two strokes, ``slant``: how
    far the top leans to the right, ``waist``: the height of the middle stroke. ``short_*``: 6 and 9 without
    their outer bar, ``hooked``: 7 with the upper left stroke.
    """

    width: float
    thick: float
    gap: float
    slant: float
    waist: float
    ends: Ends
    short_six: bool = False
    short_nine: bool = False
    hooked: bool = False


def some_cut(rng: np.random.Generator) -> Cut:
    """A maker's digits drawn at random."""
    width = float(rng.choice([rng.uniform(0.4, 0.56), rng.uniform(0.5, 0.68)]))
    short = rng.random() < 0.06
    return Cut(
        width=width,
        thick=float(np.clip(rng.normal(0.125, 0.03), 0.065, 0.2)) * min(width / 0.5, 1.0),
        gap=float(rng.choice([rng.uniform(0.004, 0.02), rng.uniform(0.015, 0.05)])),
        slant=float(rng.choice([0.0, rng.uniform(0.03, 0.2)], p=[0.4, 0.6])),
        waist=float(rng.uniform(0.47, 0.53)),
        ends=("mitred", "pointed", "flat", "round")[int(rng.choice(4, p=[0.5, 0.2, 0.17, 0.13]))],
        short_six=short,
        short_nine=short and rng.random() < 0.7,
        hooked=rng.random() < 0.08,
    )


class Atlas:
    """One cut at one height: the masks of its segments, put together on demand.

    ``box``: (height, width) in pixels of the cell around all seven segments, slant included.
    """

    def __init__(self, cut: Cut, height: float) -> None:
        self.cut = cut
        tall = max(round(height), 6)
        wide = max(round(height * (cut.width + cut.slant)), 4)
        self.box = tall, wide
        self.segments = {name: self._drawn(shape, tall, wide) for name, shape in _shapes(cut).items()}
        self.ghost = np.maximum.reduce(list(self.segments.values()))

    def glyph(self, character: str) -> NDArray[np.uint8]:
        """The lit segments of a character; what seven segments cannot show stays dark."""
        on = _ON.get(character, "")
        cut = self.cut
        if (character == "6" and cut.short_six) or (character == "9" and cut.short_nine):
            on = on.replace("a" if character == "6" else "d", "")
        if character == "7" and cut.hooked:
            on += "f"
        lit = [self.segments[name] for name in on]
        return np.maximum.reduce(lit) if lit else np.zeros(self.box, np.uint8)

    def _drawn(self, shape: NDArray[np.float64], tall: int, wide: int) -> NDArray[np.uint8]:
        points = shape.copy()
        points[:, 0] += self.cut.slant * (1.0 - points[:, 1])
        canvas = np.zeros((tall * 3, wide * 3), np.uint8)
        scaled = points * [wide * 3 / (self.cut.width + self.cut.slant), tall * 3.0]
        if self.cut.ends == "round":
            pen = max(round(self.cut.thick * tall * 3), 2)
            start, stop = (tuple(int(v) for v in np.round(point)) for point in scaled)
            cv2.line(canvas, start, stop, 255, pen)
        else:
            cv2.fillPoly(canvas, [np.round(scaled * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
        return cv2.resize(canvas, (wide, tall), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _shapes(cut: Cut) -> dict[str, NDArray[np.float64]]:
    """The segments' outlines, upright; round ones as the two ends of their axis."""
    w, t, half = cut.width, cut.thick, cut.thick / 2
    left, right, top, middle, bottom = half, w - half, half, cut.waist, 1.0 - half
    axes = {
        "a": ((left, top), (right, top)),
        "b": ((right, top), (right, middle)),
        "c": ((right, middle), (right, bottom)),
        "d": ((left, bottom), (right, bottom)),
        "e": ((left, middle), (left, bottom)),
        "f": ((left, top), (left, middle)),
        "g": ((left, middle), (right, middle)),
    }
    return {name: _outline(cut, name, np.asarray(axis, np.float64), t) for name, axis in axes.items()}


def _outline(cut: Cut, name: str, axis: NDArray[np.float64], thick: float) -> NDArray[np.float64]:
    along = (axis[1] - axis[0]) / np.linalg.norm(axis[1] - axis[0])
    side = np.array([-along[1], along[0]])  # a: down, d: down, verticals: left
    half = thick / 2
    if cut.ends == "round":
        inset = along * (half + cut.gap)
        return np.stack([axis[0] + inset, axis[1] - inset])
    if cut.ends == "flat":
        inset = along * (half * 0.75 + cut.gap)
        ends = axis[0] + inset, axis[1] - inset
        return np.stack(
            [ends[0] - side * half, ends[1] - side * half, ends[1] + side * half, ends[0] + side * half]
        )
    step = along * cut.gap * 0.7
    start, stop = axis[0] + step, axis[1] - step
    pointed = [
        start, start + along * half - side * half, stop - along * half - side * half,
        stop, stop - along * half + side * half, start + along * half + side * half,
    ]  # fmt: skip
    if cut.ends == "pointed" or name == "g":
        return np.stack(pointed)
    # Mitred: the outer edge runs to the corner, cut off a little, the inner one stops a stroke before it.
    outer = {"a": -1.0, "d": 1.0, "b": -1.0, "c": -1.0, "e": 1.0, "f": 1.0}[name]
    reach = {"a": (1, 1), "d": (1, 1), "b": (1, 0), "f": (1, 0), "c": (0, 1), "e": (0, 1)}[name]
    out, inn = side * half * outer, -side * half * outer
    points = [start - along * half * 0.8 * reach[0] + out, stop + along * half * 0.8 * reach[1] + out]
    if not reach[1]:
        points.append(stop)
    points.append(stop - along * half + inn)
    points.append(start + along * half + inn)
    if not reach[0]:
        points.append(start)
    return np.stack(points)
