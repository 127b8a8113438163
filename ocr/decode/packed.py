"""Cell probabilities as few bytes that travel and are kept with a result, and back.

Two bytes a probability: its surprisal −log₂ p in steps of 1/2048 bit, 32 bits at most. Read back and made to
sum to 1 again, odds between two classes are right to 0.04 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import SYMBOLS, check_shape

_STEPS = 2048.0


def pack(probabilities: NDArray[np.float64]) -> bytes:
    """Probabilities of shape (cells, 12) as 24 bytes a cell."""
    check_shape(probabilities)
    surprisal = -np.log2(np.maximum(probabilities, 2.0**-40))
    steps = np.minimum(np.rint(surprisal * _STEPS), 65535)
    return steps.astype("<u2").tobytes()


def unpack(packed: bytes) -> NDArray[np.float64]:
    """What ``pack`` made, float64 (cells, 12), rows summing to 1; raises ``ValueError`` for other bytes."""
    if not packed or len(packed) % (2 * len(SYMBOLS)):
        raise ValueError(f"{len(packed)} bytes are no packed cells: 24 bytes make one")
    surprisal = np.frombuffer(packed, dtype="<u2").reshape(-1, len(SYMBOLS)) / _STEPS
    probabilities: NDArray[np.float64] = np.exp2(-surprisal)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities
