"""Invented hands: digits drawn stroke by stroke, each hand with its own habits.

Frame of a glyph (``Strokes``): x to the right, y down, a digit's nominal height is 1 (top 0, baseline 1), its
left edge near 0; widths are as written, about 0.1 (a bare 1) to 0.7. Nothing here comes from a data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulate import glyphs
from simulate.curves import Strokes, spline

__all__ = ["HANDS", "Hand", "InventedHand", "Strokes", "hand"]


class Hand(Protocol):
    """Whoever writes digits: an invented hand, or the recorded strokes of a real writer (benchmarks)."""

    @property
    def name(self) -> str:
        """A name for reports."""
        ...

    def digit(self, d: int, rng: np.random.Generator) -> Strokes:
        """Digit ``d`` (0–9) written once more, in the glyph frame."""
        ...


@dataclass(frozen=True)
class InventedHand:
    """One writer's habits.

    ``variants``: glyph names a digit, the usual one first; ``fidelity``: how often the usual one is used.
    ``slant``: horizontal shift per unit of height (positive leans right). ``stretch``: width factor.
    ``wobble``: how far control points wander, in digit heights. ``tremor``: fine shaking, in digit heights.
    """

    name: str
    variants: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    slant: float = 0.1
    stretch: float = 1.0
    wobble: float = 0.025
    tremor: float = 0.004
    fidelity: float = 0.9

    def digit(self, d: int, rng: np.random.Generator) -> Strokes:
        """Digit ``d`` in this hand; ``rng`` decides what differs from one time to the next."""
        names = self.variants.get(d) or (glyphs.PLAIN[d],)
        name = names[0] if len(names) == 1 or rng.random() < self.fidelity else str(rng.choice(names[1:]))
        return self._write(glyphs.DIGITS[name], rng)

    def letter(self, letter: str, rng: np.random.Generator) -> Strokes:
        """A letter-like scribble for addresses and names; unknown letters become a wave."""
        return self._write(glyphs.LETTERS.get(letter.lower(), glyphs.LETTERS["и"]), rng)

    def _write(self, glyph: glyphs.Glyph, rng: np.random.Generator) -> Strokes:
        slant = self.slant + rng.normal(0.0, 0.03)
        stretch = self.stretch * float(np.exp(rng.normal(0.0, 0.06)))
        written = []
        for stroke in glyph:
            points = spline(_wander(stroke, self.wobble, rng))
            points = points + _shake(len(points), self.tremor, rng)
            x = points[:, 0] * stretch + (1.0 - points[:, 1]) * slant
            written.append(np.column_stack([x, points[:, 1]]))
        return tuple(written)


def _wander(points: glyphs.Stroke, sigma: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Move each control point a little; a doubled point is a corner and must stay doubled."""
    moved: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(points):
        if index and points[index - 1] == (x, y):
            moved.append(moved[-1])
            continue
        dx, dy = rng.normal(0.0, sigma, 2)
        moved.append((x + float(dx), y + float(dy)))
    return moved


def _shake(n: int, sigma: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise along a stroke: a hand does not jump from one sample to the next."""
    raw = rng.normal(0.0, 1.0, (n + 8, 2))
    window = np.hanning(9)
    smooth = np.column_stack([np.convolve(raw[:, axis], window, mode="valid") for axis in (0, 1)])
    return smooth * (sigma / float(np.sqrt(np.sum(window**2))))


def _habits(zero: str, one: str, two: str, three: str, four: str, *rest: str) -> dict[int, tuple[str, ...]]:
    """The usual variant of each digit, 0 to 9, written ``usual`` or ``usual/seldom``."""
    return {
        digit: tuple(names.split("/")) for digit, names in enumerate((zero, one, two, three, four, *rest))
    }


#: The hands the demo and the tests use. Russian schools teach a flagged 1, a looped 2 and an open 4; many
#: cross their 7.
HANDS: tuple[InventedHand, ...] = (
    InventedHand(
        "Schoolteacher",
        _habits("0", "1-flag", "2-loop", "3", "4-open", "5", "6", "7-cross", "8", "9-curl"),
        slant=0.22,
        wobble=0.016,
    ),
    InventedHand(
        "Engineer",
        _habits("0-slash/0", "1-flag", "2-z", "3-flat", "4-closed", "5", "6", "7-cross", "8-circles", "9"),
        slant=0.0,
        stretch=0.95,
        wobble=0.018,
    ),
    InventedHand(
        "Pensioner",
        _habits("0", "1-flag/1-long", "2-loop/2", "3", "4-open", "5-one", "6", "7/7-cross", "8", "9-curl/9"),
        slant=0.12,
        wobble=0.03,
        tremor=0.014,
    ),
    InventedHand(
        "Hurried",
        _habits("0-open/0", "1/1-flag", "2", "3", "4-open/4-closed", "5-one/5", "6", "7", "8", "9"),
        slant=0.3,
        stretch=1.12,
        wobble=0.036,
        fidelity=0.75,
    ),
    InventedHand(
        "Accountant",
        _habits("0", "1-base/1-flag", "2/2-z", "3-flat/3", "4-closed", "5", "6", "7-serif", "8", "9-curl"),
        slant=0.05,
        wobble=0.015,
    ),
    InventedHand(
        "Student",
        _habits(
            "0/0-open",
            "1-long/1-flag",
            "2-z/2",
            "3",
            "4-tall/4-open",
            "5/5-one",
            "6",
            "7-cross/7",
            "8",
            "9/9-curl",
        ),
        slant=-0.08,
        stretch=1.05,
        wobble=0.028,
    ),
)


def hand(name: str) -> InventedHand:
    """The invented hand of that name; raises ``KeyError``."""
    return {each.name: each for each in HANDS}[name]
