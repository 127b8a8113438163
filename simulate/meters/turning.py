"""How the drums of a counter stand: the last turns with what it counts, each other only with its neighbour.

While a drum goes from 9 to 0, a pinion carries the drum on its left along, by exactly one digit; at all other
times that drum is locked. So a run of 9s at the end turns as one, and the digit left of it with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stand:
    """``digits``: what has been counted in full; ``turns``: 0 to 1, how far each has moved beyond its digit.

    ``shown``: digit plus turn as the picture has it: slack and wear move it a little.
    """

    digits: tuple[int, ...]
    turns: tuple[float, ...]
    shown: tuple[float, ...]


def turns(digits: Sequence[int], phase: float) -> tuple[float, ...]:
    """Each drum's turn when the last one stands ``phase`` beyond its digit."""
    answer = [phase]
    for right in reversed(digits[1:]):
        answer.append(answer[-1] if right == 9 else 0.0)
    return tuple(reversed(answer))


def some_stand(rng: np.random.Generator, places: int) -> Stand:
    """A stand as meters have them: many leading zeros, and a quarter of them in the middle of a carry."""
    digits = [int(d) for d in rng.integers(0, 10, places)]
    if rng.random() < 0.45:
        zeros = int(rng.integers(1, max(places - 1, 2)))
        digits[:zeros] = [0] * zeros
    running = rng.random() < 0.75  # the last drum moves all the time; others are stepped by impulses
    phase = float(rng.uniform(0.0, 0.95)) if running else 0.0
    kind = rng.random()
    if kind < 0.25 and places > 1:
        run = min(1 + int(rng.geometric(0.5)), places - 1) if rng.random() < 0.4 else 1
        digits[places - run :] = [9] * run
        phase = float(rng.uniform(0.04, 0.92))
    elif kind < 0.33 and places > 1:  # just over
        run = min(int(rng.geometric(0.5)), places - 1)
        digits[places - run :] = [0] * run
        phase = float(rng.uniform(0.0, 0.2))
    elif kind < 0.42:
        phase = float(rng.uniform(0.0, 0.06))
    turned = turns(digits, phase)
    return Stand(tuple(digits), turned, _shown(rng, digits, turned))


def _shown(rng: np.random.Generator, digits: Sequence[int], turned: Sequence[float]) -> tuple[float, ...]:
    slack = float(rng.choice([0.01, 0.035, 0.08], p=[0.35, 0.4, 0.25]))
    lag = float(rng.uniform(0.05, 0.3)) if rng.random() < 0.2 else 0.0
    shown = []
    for place, (digit, turn) in enumerate(zip(digits, turned, strict=True)):
        value = digit + turn + float(np.clip(rng.normal(0.0, slack), -0.16, 0.16))
        if place + 1 < len(digits):
            right = digits[place + 1] + turned[place + 1]
            if right >= 9.0:
                value -= lag * (right - 9.0) * turn
            elif right < 1.0:  # a worn drum arrives late
                value -= lag * (1.0 - right)
        shown.append(value)
    return tuple(shown)
