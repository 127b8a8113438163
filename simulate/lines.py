"""Free handwriting: an address or a name as a hurried line, and a signature as a loop."""

from __future__ import annotations

import numpy as np

from simulate.curves import Strokes, spline
from simulate.hands import InventedHand

_CAPITAL = 1.25  # a capital is this much wider than its small letter


def line(text: str, hand: InventedHand, rng: np.random.Generator) -> Strokes:
    """``text`` in the look of joined Cyrillic handwriting, in ems (a digit's height is 1), left edge at 0.

    Figures are real digits of ``hand``; letters are only letter-like: nobody is meant to read them back.
    """
    written: list[np.ndarray] = []
    x = 0.0
    for character in text:
        if character == " ":
            x += 0.4 + float(rng.normal(0.0, 0.05))
            continue
        strokes = (
            hand.digit(int(character), rng) if character in "0123456789" else _letter(character, hand, rng)
        )
        drift = float(rng.normal(0.0, 0.02))
        written.extend(stroke + np.array([x, drift]) for stroke in strokes)
        x += max(float(stroke[:, 0].max()) for stroke in strokes) + 0.06 + abs(float(rng.normal(0.0, 0.02)))
    return tuple(written)


def _letter(character: str, hand: InventedHand, rng: np.random.Generator) -> Strokes:
    strokes = hand.letter(character, rng)
    if not character.isupper():
        return strokes
    # A capital is its small letter stretched up from the foot line to the height of a digit.
    top = min(float(stroke[:, 1].min()) for stroke in strokes)
    up = 1.05 / max(1.0 - top, 0.3)
    return tuple(np.column_stack([s[:, 0] * _CAPITAL, 1.0 - (1.0 - s[:, 1]) * up]) for s in strokes)


def signature(rng: np.random.Generator) -> Strokes:
    """A random signature, in ems: an initial, a few narrowing loops, a flourish; about 3 wide."""
    initial = [(0.1, 0.9), (0.25, 0.05), (0.55, 0.0), (0.6, 0.4), (0.2, 0.6), (0.5, 1.0)]
    points = [(x + float(rng.normal(0, 0.08)), y + float(rng.normal(0, 0.08))) for x, y in initial]
    x, height = 0.6, 0.6
    for _ in range(int(rng.integers(3, 7))):
        step = float(rng.uniform(0.18, 0.34))
        points += [(x + step * 0.6, 1.0 - height), (x + step * 0.2, 0.95), (x + step, 0.9)]
        x += step
        height = max(0.2, height * float(rng.uniform(0.6, 1.05)))
    points += [(x + 0.5, float(rng.uniform(0.5, 0.9))), (x + 1.0, float(rng.uniform(0.3, 0.8)))]
    strokes = [spline(points)]
    if rng.random() < 0.5:
        strokes.append(spline([(x + 0.9, 1.15), (x * 0.5, 1.2), (0.2, float(rng.uniform(1.05, 1.4)))]))
    return tuple(strokes)


def strike(width: float, rng: np.random.Generator) -> Strokes:
    """What somebody puts over a digit to take it back, in ems over a digit ``width`` wide."""
    kind = int(rng.integers(0, 3))
    if kind == 0:  # two or three strong bars
        bars = int(rng.integers(2, 4))
        heights = np.linspace(0.3, 0.75, bars)
        return tuple(
            spline([(-0.1, y + float(rng.normal(0, 0.04))), (width + 0.12, y + float(rng.normal(0, 0.05)))])
            for y in heights
        )
    if kind == 1:  # a cross
        return (spline([(-0.08, 0.0), (width + 0.1, 1.0)]), spline([(width + 0.1, 0.02), (-0.06, 0.98)]))
    zigzag = [
        (width * (0.5 + (0.62 if i % 2 else -0.62)) + float(rng.normal(0, 0.04)), 0.05 + 0.9 * i / 9)
        for i in range(10)
    ]
    return (spline(zigzag),)
