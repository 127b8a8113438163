"""What is written into fields without cells: digits on a line, and marks in a box to tick. Strokes in ems."""

from __future__ import annotations

from typing import Literal

import numpy as np

from simulate.curves import Strokes, spline
from simulate.hands import Hand

#: A box is ticked, or ticked and then blacked out by somebody who did not mean it.
TickState = Literal["ticked", "crossed_out"]
_SIGNS = ".,/-"


def figures(text: str, hand: Hand, rng: np.random.Generator) -> Strokes:
    """Digits side by side as people write them on a rule; a digit's height is 1, the left edge at 0.

    A blank is a gap; ``.``, ``,``, ``/`` and ``-`` part the numbers of a date. Raises ``ValueError`` for
    anything else.
    """
    written: list[np.ndarray] = []
    x = 0.0
    spacing = float(rng.uniform(0.12, 0.3))
    for character in text:
        if character == " ":
            x += 0.35
            continue
        if character in _SIGNS:
            strokes = _sign(character, rng)
        elif character.isdecimal() and character.isascii():
            strokes = hand.digit(int(character), rng)
        else:
            raise ValueError(f"no figure: {character!r}")
        left = float(min(stroke[:, 0].min() for stroke in strokes))
        drift = float(rng.normal(0.0, 0.03))
        written.extend(stroke + np.array([x - left, drift]) for stroke in strokes)
        x = max(float(stroke[:, 0].max()) for stroke in written[-len(strokes) :])
        x += spacing + abs(float(rng.normal(0.0, 0.04)))
    return tuple(written)


def tick(state: TickState, rng: np.random.Generator) -> Strokes:
    """A mark for a box of height and width 1 whose top left is (0, 0); most reach over its edge."""
    kind = int(rng.integers(0, 3))
    if kind == 0:  # a check mark
        foot = (0.35 + float(rng.normal(0, 0.05)), 0.85 + float(rng.normal(0, 0.06)))
        head = (1.0 + float(rng.uniform(-0.15, 0.35)), float(rng.uniform(-0.35, 0.2)))
        marks: Strokes = (
            spline([(float(rng.uniform(0.02, 0.2)), float(rng.uniform(0.4, 0.6))), foot, head]),
        )
    elif kind == 1:  # a cross from corner to corner
        near, far = float(rng.uniform(-0.05, 0.2)), float(rng.uniform(0.8, 1.08))
        marks = (
            spline([(near, near), (far, far + float(rng.normal(0, 0.05)))]),
            spline([(far, near + float(rng.normal(0, 0.05))), (near, far)]),
        )
    else:  # a hasty "v"
        marks = (spline([(0.15, 0.2), (0.45, 0.9), (0.85 + float(rng.normal(0, 0.08)), 0.1)]),)
    return marks if state == "ticked" else (*marks, *_blackened(rng))


def _blackened(rng: np.random.Generator) -> Strokes:
    """A box filled from edge to edge: what people do to take a tick back."""
    turns = int(rng.integers(11, 17))
    points = []
    for i in range(turns):
        side = 0.06 if i % 2 else 0.94
        points.append((side + float(rng.normal(0, 0.05)), 0.04 + 0.92 * i / (turns - 1)))
    return (spline(points), spline([(y, x) for x, y in points]))


def _sign(character: str, rng: np.random.Generator) -> Strokes:
    y = 0.95 + float(rng.normal(0.0, 0.03))
    if character == "/":
        return (spline([(0.3, -0.05), (0.0, 1.1)]),)
    if character == "-":
        return (spline([(0.0, 0.55), (0.35, 0.52)]),)
    if character == ",":
        return (spline([(0.06, y - 0.05), (0.08, y + 0.08), (0.0, y + 0.22)]),)
    return (spline([(0.0, y), (0.05, y + 0.05), (0.02, y + 0.02)]),)
