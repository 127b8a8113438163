"""Whether the confidences of recent sheets are distributed as they were when thresholds were proven.

A threshold's bound holds for sheets like those it was proven from. When scanners, pens or forms change, the
confidences mostly move first, long before blind audits can tell.

Measured by the population stability index over fixed bins, PSI = Σ (p − q) · ln(p / q). When nothing changed,
PSI · n·m / (n + m) is about χ² with one degree of freedom less than there are bins (Yurdakul and Naranjo
2020, Statistical properties of the population stability index), which tells chance from change.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Edges between the bins, finest where acceptance is decided.
EDGES = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995)
BINS = len(EDGES) + 1
#: Half a sheet in every bin: an empty one would make the index infinite.
_PRIOR = 0.5
#: Standard normal quantile of 0.999.
_Z = 3.0902


def histogram(confidences: Iterable[float]) -> tuple[int, ...]:
    """How many confidences lie in each bin; an edge belongs to the bin above it."""
    counts = [0] * BINS
    for confidence in confidences:
        counts[bisect_right(EDGES, confidence)] += 1
    return tuple(counts)


@dataclass(frozen=True)
class Drift:
    """``psi`` between ``n`` recent sheets and ``reference`` earlier ones.

    ``chance``: what the index stays under with 99.9 % probability when nothing has changed. ``lower``: the
    share of recent sheets that lies in lower bins than before outweighs the one in higher bins.
    """

    psi: float
    chance: float
    n: int
    reference: int
    lower: bool


def drift(recent: Sequence[int], reference: Sequence[int]) -> Drift:
    """Compare two histograms of ``BINS`` counts; raises ``ValueError`` for another length, or no sheets."""
    n, m = sum(recent), sum(reference)
    if len(recent) != BINS or len(reference) != BINS or not n or not m:
        raise ValueError("two histograms with sheets in them are needed")
    p = [(count + _PRIOR) / (n + BINS * _PRIOR) for count in recent]
    q = [(count + _PRIOR) / (m + BINS * _PRIOR) for count in reference]
    psi = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    mean_bin = sum(place * (a - b) for place, (a, b) in enumerate(zip(p, q, strict=True)))
    return Drift(psi, _chi2_quantile(BINS - 1) * (1 / n + 1 / m), n, m, mean_bin < 0)


def _chi2_quantile(degrees: int) -> float:
    """The 0.999 quantile of χ² (Wilson and Hilferty 1931; within 0.5 % from three degrees on)."""
    spread = 2.0 / (9.0 * degrees)
    return float(degrees * (1.0 - spread + _Z * math.sqrt(spread)) ** 3)
