"""Bounds on the share of wrong values, from counts alone.

Clopper and Pearson 1934 for one proportion; Geifman and El-Yaniv 2017 (Selective classification for deep
neural networks) for choosing a threshold: the bound at each tried one holds with δ split over all tried.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = 60  # bisection steps: below float64's resolution of the result
#: Shares of values that the tried thresholds accept, unless others are asked for.
_COVERAGES = tuple(step / 20 for step in range(1, 21))


def binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X ≤ k) for X ~ Binomial(n, p)."""
    if k < 0:
        return 0.0
    if k >= n or p <= 0.0:
        return 1.0
    if p >= 1.0:
        return 0.0
    log_term = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(p)
        + (n - k) * math.log1p(-p)
    )
    # Downwards from k: below the mean the terms only shrink, so the sum may stop early.
    odds = (1.0 - p) / p
    relative, total = 1.0, 1.0
    for i in range(k, 0, -1):
        relative *= i / (n - i + 1) * odds
        total += relative
        if total > 1e200:
            log_term += math.log(total)
            relative, total = relative / total, 1.0
        if relative < total * 1e-17 and i < n * p:
            break
    return min(1.0, math.exp(log_term + math.log(total)))


def upper_bound(wrong: int, n: int, delta: float) -> float:
    """One-sided Clopper–Pearson upper bound on a proportion: exceeded with probability at most ``delta``.

    With ``wrong`` 0 and ``delta`` 0.05: n = 598 gives 0.5 %, n = 2,995 gives 0.1 %.
    """
    _check(wrong, n, delta)
    if wrong == n:
        return 1.0
    low, high = wrong / n, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if binomial_cdf(wrong, n, middle) > delta:
            low = middle
        else:
            high = middle
    return high


def lower_bound(right: int, n: int, delta: float) -> float:
    """One-sided Clopper–Pearson lower bound on the proportion of ``right``."""
    return 1.0 - upper_bound(n - right, n, delta)


def interval(right: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Two-sided Clopper–Pearson interval of ``right`` out of ``n``."""
    half = (1.0 - level) / 2
    return lower_bound(right, n, half), upper_bound(right, n, half)


@dataclass(frozen=True)
class ChosenThreshold:
    """``threshold`` None: no threshold keeps the target, so everything goes to review."""

    threshold: float | None
    n: int
    accepted: int
    wrong: int
    bound: float
    target: float
    delta: float


def choose_threshold(
    confidences: Sequence[float],
    right: Sequence[bool],
    target: float,
    delta: float,
    coverages: Sequence[float] = _COVERAGES,
) -> ChosenThreshold:
    """The lowest of the tried thresholds whose bound on wrong-among-accepted is at most ``target``.

    The tried thresholds are fixed before looking, by the shares of values that they accept, rising
    (``coverages``), and each gets ``delta / len(coverages)``: all their bounds hold at once, for whichever is
    chosen and for whatever target.
    """
    if len(confidences) != len(right):
        raise ValueError("confidences and right differ in length")
    n = len(confidences)
    order = sorted(range(n), key=lambda i: -confidences[i])
    best = ChosenThreshold(None, n, 0, 0, 1.0, target, delta)
    wrong_up_to = [0]
    for index in order:
        wrong_up_to.append(wrong_up_to[-1] + (not right[index]))
    for coverage in coverages:
        accepted = int(n * coverage)
        # Equal confidences are accepted together.
        while 0 < accepted < n and confidences[order[accepted]] == confidences[order[accepted - 1]]:
            accepted += 1
        if accepted == 0:
            continue
        wrong = wrong_up_to[accepted]
        if wrong / accepted > target:
            continue
        bound = upper_bound(wrong, accepted, delta / len(coverages))
        if bound <= target:
            best = ChosenThreshold(confidences[order[accepted - 1]], n, accepted, wrong, bound, target, delta)
    return best


def _check(wrong: int, n: int, delta: float) -> None:
    if not 0 <= wrong <= n:
        raise ValueError(f"{wrong} wrong among {n} is impossible")
    if not 0.0 < delta < 1.0:
        raise ValueError("delta must lie between 0 and 1")
