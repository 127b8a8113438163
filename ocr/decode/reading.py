"""The reading, decoded with the meter's digit count and history as evidence. Exact.

P(v) ∝ Σ over runs of cells [ blanks around · Π pᵢ(vᵢ) · length prior · history(v) ]: numbers, not texts, are
what is compared, so a leading zero that may or may not be there does not split a number in two. The sum over
all numbers is exact, by segments of equal weight with cumulative masses of independent digits. History is
capped (``domain.history``): a number that ink and digit count give ``CLEAR_INK`` is never replaced, and
history never makes the answer surer than the ink is.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from domain.history import Expectation
from ocr.decode.evidence import BLANK, OUTLIERS, check_shape, raw_text

#: How often a reading has the meter's digit count, fewer (leading zeros left out), or more (decimals added);
#: and any one length where the digit count is not known.
_EXACT, _SHORTER, _LONGER, _ANY = 0.95, 0.045, 0.005, 0.25
#: Strings of digits looked at. Cells that do not settle it with so many say nearly nothing: see ``exact``.
_MOST = 1024


@dataclass(frozen=True)
class ReadingPosterior:
    """``value``: digits as they stand in their cells, "" when nothing is written.

    ``probability``: with digit count and history; ``ink``: the same value's without the history;
    ``confidence``: the lower of the two. ``runner_up``: posterior of the best other number,
    ``runner_up_value`` its digits. ``raw``: one symbol a cell; ``start``: the first cell of ``value``.
    ``tie_broken``: the ink alone would have said another number. ``unusual``: history speaks against the
    value. ``other_length``: no meter has as many digits. ``exact``: False when the cells say so little that
    the search for the best number was given up; its probability is exact all the same.
    """

    value: str
    probability: float
    ink: float
    raw: str
    start: int = 0
    runner_up: float = 0.0
    runner_up_value: str = ""
    tie_broken: bool = False
    unusual: bool = False
    other_length: bool = False
    exact: bool = True

    @property
    def confidence(self) -> float:
        """What a threshold is held against: history may lower it, never raise it."""
        return min(self.probability, self.ink)


def decode_reading(
    probabilities: NDArray[np.float64], meters: Sequence[Expectation] = ()
) -> ReadingPosterior:
    """Decode cells of shape (n, 12) for the meters that may be meant; none: nothing is known.

    The shares of ``meters`` sum to at most 1; what is left is for a meter of which nothing is known.
    """
    check_shape(probabilities)
    cells = _Cells((1.0 - OUTLIERS) * probabilities + OUTLIERS / probabilities.shape[1])
    prior = Prior(meters)
    total_ink, total = cells.totals(prior)
    found, exact = _search(cells, prior)
    empty = cells.empty * prior.heaviest(cells.count)
    if not found or empty >= max(ink for ink, _ in found.values()):
        best = max(found, key=lambda number: found[number][1], default=None)
        rest = (
            (0.0, "") if best is None else (found[best][1] / total, cells.text(best, prior, history=True)[0])
        )
        return ReadingPosterior(
            "", empty / total, empty / total_ink, raw_text(probabilities), 0, *rest, exact=exact
        )
    by_ink = max(found, key=lambda number: found[number][0])
    # The ink's choice first: a tie is no reason to leave it.
    order = sorted(found, key=lambda number: (-found[number][1], number != by_ink))
    best = order[0]
    text, start = cells.text(best, prior, history=True)
    other = order[1] if len(order) > 1 else None
    return ReadingPosterior(
        value=text,
        probability=min(found[best][1] / total, 1.0),
        ink=min(found[best][0] / total_ink, 1.0),
        raw=raw_text(probabilities),
        start=start,
        runner_up=0.0 if other is None else found[other][1] / total,
        runner_up_value="" if other is None else cells.text(other, prior, history=True)[0],
        tie_broken=best != by_ink,
        unusual=prior.against(best),
        other_length=bool(meters) and all(m.digits not in (None, len(text)) for m in meters),
        exact=exact,
    )


class Prior:
    """Weights of numbers by their length and value: a mixture over the meters that may be meant."""

    def __init__(self, meters: Sequence[Expectation]) -> None:
        self._meters = tuple(meters)
        self._unknown = max(0.0, 1.0 - sum(m.share for m in meters))
        self._ink: dict[int, float] = {}

    def ink(self, length: int) -> float:
        """Weight of ``length`` digits, before any history; no weight with history is above it."""
        known = self._ink.get(length)
        if known is None:
            known = self._unknown * _ANY + sum(m.share * _length(length, m.digits) for m in self._meters)
            self._ink[length] = known
        return known

    def weight(self, length: int, number: int) -> float:
        """Weight of ``number`` written with ``length`` digits."""
        return self._unknown * _ANY + sum(
            m.share * _length(length, m.digits) * m.weight(number) for m in self._meters
        )

    def heaviest(self, cells: int) -> float:
        """For nothing written, and for what no run of digits explains: doubt is never free."""
        return max(self.ink(length) for length in range(1, cells + 1))

    def edges(self, length: int) -> list[int]:
        """Where the weight of numbers below 10 ** length may change, with both ends."""
        end = 10**length
        inner = {edge for m in self._meters for b in m.bands for edge in (b.first, b.last + 1)}
        return [0, *sorted(edge for edge in inner if 0 < edge < end), end]

    def against(self, number: int) -> bool:
        """Whether every meter's history finds the number anything but usual."""
        return bool(self._meters) and all(m.weight(number) < 1.0 for m in self._meters)


def _length(length: int, digits: int | None) -> float:
    if digits is None:
        return _ANY
    if length == digits:
        return _EXACT
    return _SHORTER if length < digits else _LONGER


@dataclass(frozen=True)
class _Run:
    """Cells ``start`` … ``start + length`` hold the digits; ``outside``: that all others are blank."""

    start: int
    length: int
    outside: float


class _Cells:
    """Independent cells, (n, 12): masses of runs, numbers and ranges of numbers."""

    def __init__(self, softened: NDArray[np.float64]) -> None:
        self.count = len(softened)
        self.digits: list[list[float]] = softened[:, :10].tolist()
        blank: list[float] = softened[:, BLANK].tolist()
        self.mass = [sum(row) for row in self.digits]
        self.below = [list(accumulate(row, initial=0.0)) for row in self.digits]
        self.empty = math.prod(blank)
        self.runs = [
            _Run(start, end - start, math.prod(blank[:start]) * math.prod(blank[end:]))
            for start in range(self.count)
            for end in range(start + 1, self.count + 1)
        ]

    def totals(self, prior: Prior) -> tuple[float, float]:
        """The weighted mass of everything, without and with the history."""
        ink = history = 0.0
        explained = self.empty
        edges = {length: prior.edges(length) for length in range(1, self.count + 1)}
        weights = {
            length: [prior.weight(length, first) for first in places[:-1]] for length, places in edges.items()
        }
        for run in self.runs:
            whole = self._whole(run)
            explained += whole
            ink += whole * prior.ink(run.length)
            below = [self._below(run, edge) for edge in edges[run.length]]
            for (a, b), weight in zip(pairwise(below), weights[run.length], strict=True):
                history += (b - a) * weight
        doubt = (self.empty + max(0.0, 1.0 - explained)) * prior.heaviest(self.count)
        return ink + doubt, history + doubt

    def _whole(self, run: _Run) -> float:
        """The mass of all numbers in a run."""
        mass: float = run.outside * math.prod(self.mass[run.start : run.start + run.length])
        return mass

    def _below(self, run: _Run, number: int) -> float:
        """The mass of all numbers below ``number`` in a run."""
        if number >= 10**run.length:
            return self._whole(run)
        total, same = 0.0, run.outside
        for i, digit in enumerate(map(int, str(number).zfill(run.length)), start=run.start):
            total += same * self.below[i][digit] * math.prod(self.mass[i + 1 : run.start + run.length])
            same *= self.digits[i][digit]
        return total

    def at(self, run: _Run, number: int) -> float:
        """The ink's mass of ``number`` in a run; 0 where it does not fit."""
        if number >= 10**run.length:
            return 0.0
        mass = run.outside
        for i, digit in enumerate(map(int, str(number).zfill(run.length)), start=run.start):
            mass *= self.digits[i][digit]
        return mass

    def number(self, number: int, prior: Prior) -> tuple[float, float]:
        """The weighted mass of ``number`` over all runs, without and with the history."""
        ink = history = 0.0
        weights = [prior.weight(length, number) for length in range(self.count + 1)]
        for run in self.runs:
            mass = self.at(run, number)
            ink += mass * prior.ink(run.length)
            history += mass * weights[run.length]
        return ink, history

    def text(self, number: int, prior: Prior, *, history: bool) -> tuple[str, int]:
        """How ``number`` is most probably written, and in which cell it begins."""

        def mass(run: _Run) -> float:
            weight = prior.weight(run.length, number) if history else prior.ink(run.length)
            return self.at(run, number) * weight

        run = max(self.runs, key=mass)
        return str(number).zfill(run.length), run.start


def _search(cells: _Cells, prior: Prior) -> tuple[dict[int, tuple[float, float]], bool]:
    """Numbers with their masses (ink alone, with history), the two best by either among them.

    Digit strings come best first by ink. A number not seen yet weighs at most what the next string weighs in
    each run, or what the run's best string weighs; once that is below the second best, the rest is settled.
    """
    tops = [
        run.outside
        * prior.ink(run.length)
        * math.prod(max(row) for row in cells.digits[run.start : run.start + run.length])
        for run in cells.runs
    ]
    found: dict[int, tuple[float, float]] = {}
    for seen, (bound, number) in enumerate(_strings(cells, prior)):
        if len(found) > 1:
            unseen = sum(min(bound, top) for top in tops)
            if all(unseen < heapq.nlargest(2, (f[i] for f in found.values()))[1] for i in (0, 1)):
                return found, True
        if seen == _MOST:
            return found, False
        if number not in found:
            found[number] = cells.number(number, prior)
    return found, True


def _strings(cells: _Cells, prior: Prior) -> Iterator[tuple[float, int]]:
    """(weighted ink, number) of every digit string in every run, heaviest first."""
    ranked = [sorted(range(10), key=lambda d, row=row: -row[d]) for row in cells.digits]  # type: ignore[misc]
    logs = [[math.log(row[d]) for d in order] for row, order in zip(cells.digits, ranked, strict=True)]
    heap = []
    for place, run in enumerate(cells.runs):
        weight = math.log(run.outside * prior.ink(run.length))
        top = weight + sum(logs[i][0] for i in range(run.start, run.start + run.length))
        heap.append((-top, place, (0,) * run.length, 0))
    heapq.heapify(heap)
    while heap:
        cost, place, ranks, last = heapq.heappop(heap)
        start = cells.runs[place].start
        yield math.exp(-cost), int("".join(str(ranked[start + i][rank]) for i, rank in enumerate(ranks)))
        # Each string is reached once: only places at or after the last one changed are changed further.
        for i in range(last, len(ranks)):
            if ranks[i] < 9:
                step = logs[start + i][ranks[i]] - logs[start + i][ranks[i] + 1]
                heapq.heappush(heap, (cost + step, place, (*ranks[:i], ranks[i] + 1, *ranks[i + 1 :]), i))
