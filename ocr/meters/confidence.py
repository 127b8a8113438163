"""What a reading's probability is worth, by kind of display: fitted on photos that no network was trained on.

The reader's own probability knows the strip it sees, not whether that is the display. So both count: the
logarithm of the odds of the text, and how sure the finder was (logistic calibration, Platt 1999).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

#: Beyond this many, logarithms of odds say nothing that photos could bear out.
_MOST = 9.0


@dataclass(frozen=True)
class Confidence:
    """``weights``: kind of display → constant, factors of the text's log odds and of the finder's score."""

    weights: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def __call__(self, kind: str, text: float, score: float) -> float:
        """The probability that the value is right; ``text`` itself where nothing was fitted."""
        weights = self.weights.get(kind)
        if weights is None:
            return text
        return float(1.0 / (1.0 + np.exp(-float(np.dot(weights, features(text, score))))))

    @classmethod
    def from_json(cls, text: str) -> Confidence:
        """What ``as_json`` wrote; raises ``ValueError`` for anything else."""
        found = json.loads(text)
        if not isinstance(found, dict) or any(len(each) != 3 for each in found.values()):
            raise ValueError("not a calibration of displays")
        return cls({kind: (float(a), float(b), float(c)) for kind, (a, b, c) in found.items()})

    def as_json(self) -> str:
        """For the weights' metadata."""
        return json.dumps({kind: [round(w, 5) for w in weights] for kind, weights in self.weights.items()})


def features(text: float, score: float) -> tuple[float, float, float]:
    """A constant, the bounded log odds of ``text``, and the finder's score about its usual value."""
    bounded = min(max(text, 1e-6), 1 - 1e-6)
    odds = float(np.clip(np.log(bounded / (1 - bounded)), -_MOST, _MOST))
    return 1.0, odds, 10.0 * (score - 0.9)
