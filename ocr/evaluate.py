"""How right a reader is, from what it said and what is true: pure arithmetic, no files.

Intervals of shares are Clopper-Pearson's (``domain.risk``) and count examples as independent. Those of one
writer are not: where groups are known, a cluster bootstrap over them says how much that matters (Davison and
Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.risk import interval, upper_bound

#: One-sided level of every upper bound, two-sided level of every interval.
LEVEL = 0.95
THRESHOLDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
#: Blank and struck out / not a digit, as truth and as answer for a cell.
NO_DIGIT = frozenset("_#")
_BINS, _LEAST_IN_BIN = 15, 20
_RESAMPLES, _SEED = 2000, 20260101


@dataclass(frozen=True)
class Example:
    """One value: what is true and what was read.

    ``value`` "" with ``read`` False: the input was unreadable, which is wrong and never accepted.
    ``characters``: (right, confidence) of each character whose truth is known. ``registered``: whether the
    register has ``value``; None where no register was asked. ``place``: which row it is, to find its picture.
    ``sort``: what kind of thing was read, where there are several (a meter's display: drum or lcd).
    """

    truth: str
    value: str
    confidence: float
    group: str = ""
    read: bool = True
    characters: tuple[tuple[bool, float], ...] = ()
    registered: bool | None = None
    place: int = 0
    sort: str = ""

    @property
    def right(self) -> bool:
        """Whether the value is exactly the truth."""
        return self.read and self.value == self.truth


@dataclass(frozen=True)
class Share:
    """``count`` of ``n`` with the two-sided Clopper-Pearson interval."""

    count: int
    n: int

    @property
    def share(self) -> float:
        """The share; 0 of none."""
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The interval; all of 0 … 1 without examples."""
        return interval(self.count, self.n, LEVEL) if self.n else (0.0, 1.0)

    @property
    def bound(self) -> float:
        """The one-sided upper bound."""
        return upper_bound(self.count, self.n, 1.0 - LEVEL) if self.n else 1.0


@dataclass(frozen=True)
class Coverage:
    """What a threshold accepts of ``n``: how many, how many of them wrong, or wrong and yet registered."""

    threshold: float
    n: int
    accepted: int
    wrong: int
    wrong_registered: int | None = None

    @property
    def coverage(self) -> float:
        """Share of all that is accepted."""
        return self.accepted / self.n if self.n else 0.0

    @property
    def error(self) -> Share:
        """Wrong among accepted."""
        return Share(self.wrong, self.accepted)


@dataclass(frozen=True)
class Bin:
    """Examples of about one confidence: their mean confidence, and how many are right."""

    confidence: float
    right: Share


@dataclass(frozen=True)
class Calibration:
    """Expected calibration error over equally filled bins, and what it would be by chance alone.

    ``by_chance``: the mean error of a perfectly calibrated reader with the same confidences (simulated): with
    few examples it is far from 0.
    """

    error: float
    by_chance: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class OverGroups:
    """A share's 95 % interval over ``groups``, resampled as wholes; ``with_errors`` groups have any error."""

    groups: int
    with_errors: int
    interval: tuple[float, float]


def exact(examples: Sequence[Example]) -> Share:
    """Exact matches."""
    return Share(sum(e.right for e in examples), len(examples))


def characters_right(examples: Sequence[Example]) -> Share:
    """True characters that were read, after the cheapest alignment; a character too much costs one too."""
    n = sum(len(e.truth) for e in examples)
    right = 0
    for example in examples:
        wrong = sum(t != v for t, v in aligned(example.truth, example.value))
        right += max(0, len(example.truth) - wrong)
    return Share(right, n)


def aligned(truth: str, value: str) -> list[tuple[str, str]]:
    """Pairs of true and read characters with the fewest differences; "" where one side has none."""
    rows, columns = len(truth), len(value)
    cost = [[i + j if i * j == 0 else 0 for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            same = cost[i - 1][j - 1] + (truth[i - 1] != value[j - 1])
            cost[i][j] = min(same, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    pairs: list[tuple[str, str]] = []
    i, j = rows, columns
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (truth[i - 1] != value[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((truth[i], value[j]))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((truth[i], ""))
        else:
            j -= 1
            pairs.append(("", value[j]))
    return pairs[::-1]


def confusion(examples: Sequence[Example]) -> Counter[tuple[str, str]]:
    """How often each true character was read as each other one, right ones included."""
    return Counter(pair for e in examples if e.read for pair in aligned(e.truth, e.value))


def coverage(examples: Sequence[Example], thresholds: Sequence[float] = THRESHOLDS) -> tuple[Coverage, ...]:
    """What each threshold accepts; an unreadable input is never accepted."""
    read = [e for e in examples if e.read]
    order = np.argsort([-e.confidence for e in read], kind="stable")
    confidence = np.array([read[i].confidence for i in order])
    wrong = np.cumsum([0, *(not read[i].right for i in order)])
    registered = np.cumsum([0, *(bool(read[i].registered) and not read[i].right for i in order)])
    known = any(e.registered is not None for e in examples)
    rows = []
    for threshold in thresholds:
        accepted = int(np.searchsorted(-confidence, -threshold, side="right"))
        bad = int(registered[accepted]) if known else None
        rows.append(Coverage(threshold, len(examples), accepted, int(wrong[accepted]), bad))
    return tuple(rows)


def curve(examples: Sequence[Example], points: int = 400) -> tuple[Coverage, ...]:
    """Error against coverage at thresholds that lie evenly over what was read, surest first."""
    sure = sorted({e.confidence for e in examples if e.read}, reverse=True)
    step = max(1, len(sure) // points)
    return coverage(examples, list(dict.fromkeys([*sure[::step], sure[-1]]))) if sure else ()


def surest(examples: Sequence[Example], share: float) -> Share:
    """Right among the surest ``share`` of all, unreadable ones last; of equally sure ones the first come."""
    count = round(share * len(examples))
    order = sorted(examples, key=lambda e: (not e.read, -e.confidence))
    return Share(sum(e.right for e in order[:count]), count)


def wrong_but_registered(examples: Sequence[Example]) -> Share:
    """Wrong values that the register has: the worst error there is."""
    asked = [e for e in examples if e.registered is not None]
    return Share(sum(bool(e.registered) and not e.right for e in asked), len(asked))


def false_digits(examples: Sequence[Example], above: float = 0.0) -> Share:
    """Blanks and marks that are no digit, taken for digits with more than this confidence."""
    none = [e for e in examples if not set(e.truth) - NO_DIGIT]
    taken = sum(e.read and bool(set(e.value) - NO_DIGIT) and e.confidence > above for e in none)
    return Share(taken, len(none))


def calibration(answers: Sequence[tuple[bool, float]]) -> Calibration | None:
    """Of (right, confidence); None without any."""
    if not answers:
        return None
    right = np.array([r for r, _ in answers], dtype=np.float64)
    confidence = np.array([c for _, c in answers], dtype=np.float64)
    order = np.argsort(confidence, kind="stable")
    right, confidence = right[order], confidence[order]
    parts = np.array_split(np.arange(len(right)), max(1, min(_BINS, len(right) // _LEAST_IN_BIN)))
    starts = np.array([part[0] for part in parts])

    def error(outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
        gaps: NDArray[np.float64] = np.add.reduceat(outcomes - confidence, starts, axis=-1)
        return np.asarray(np.abs(gaps).sum(axis=-1) / len(confidence))

    rng = np.random.default_rng(_SEED)
    tries = max(1, min(200, 4_000_000 // len(right)))
    chance = float(
        np.mean([error((rng.random(len(right)) < confidence).astype(np.float64)) for _ in range(tries)])
    )
    bins = tuple(
        Bin(float(confidence[part].mean()), Share(int(right[part].sum()), len(part))) for part in parts
    )
    return Calibration(float(error(right)), chance, bins)


def over_groups(examples: Sequence[Example]) -> OverGroups | None:
    """Exact match over groups drawn with replacement, 2,000 times, fixed seed; None with fewer than two."""
    names = sorted({e.group for e in examples})
    if len(names) < 2:
        return None
    place = {name: i for i, name in enumerate(names)}
    counts, rights = np.zeros(len(names)), np.zeros(len(names))
    for example in examples:
        counts[place[example.group]] += 1
        rights[place[example.group]] += example.right
    rng = np.random.default_rng(_SEED)
    shares = np.empty(_RESAMPLES)
    for i in range(_RESAMPLES):
        drawn = rng.integers(0, len(names), len(names))
        shares[i] = rights[drawn].sum() / counts[drawn].sum()
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return OverGroups(len(names), int((rights < counts).sum()), (float(low), float(high)))
