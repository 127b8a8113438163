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
from functools import cached_property
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
    return ReadingCells(probabilities).decode(meters)


class ReadingCells:
    """A reading's cells, (n, 12), to be decoded more than once: what the ink says is worked out once."""

    def __init__(self, probabilities: NDArray[np.float64]) -> None:
        check_shape(probabilities)
        self._raw = raw_text(probabilities)
        self._cells = _Cells((1.0 - OUTLIERS) * probabilities + OUTLIERS / probabilities.shape[1])

    def decode(self, meters: Sequence[Expectation] = ()) -> ReadingPosterior:
        """See ``decode_reading``."""
        return _decoded(self._cells, self._raw, meters)

    def fit(self, meters: Sequence[Expectation]) -> float:
        """The history's weight of what is written, averaged over all that it may be: 1 where it is usual."""
        ink, history = self._cells.totals(Prior(meters))
        return history / ink if ink > 0.0 else 1.0


def _decoded(cells: _Cells, raw: str, meters: Sequence[Expectation]) -> ReadingPosterior:
    prior = Prior(meters)
    total_ink, total = cells.totals(prior)
    found, exact = _search(cells, prior)
    empty = cells.empty * prior.heaviest(cells.count)
    if not found or empty >= max(ink for ink, _ in found.values()):
        best = max(found, key=lambda number: found[number][1], default=None)
        rest = (0.0, "") if best is None else (found[best][1] / total, cells.text(best, prior)[0])
        return ReadingPosterior("", empty / total, empty / total_ink, raw, 0, *rest, exact=exact)
    by_ink = max(found, key=lambda number: found[number][0])
    # The ink's choice first: a tie is no reason to leave it.
    order = sorted(found, key=lambda number: (-found[number][1], number != by_ink))
    best = order[0]
    text, start = cells.text(best, prior)
    other = order[1] if len(order) > 1 else None
    return ReadingPosterior(
        value=text,
        probability=min(found[best][1] / total, 1.0),
        ink=min(found[best][0] / total_ink, 1.0),
        raw=raw,
        start=start,
        runner_up=0.0 if other is None else found[other][1] / total,
        runner_up_value="" if other is None else cells.text(other, prior)[0],
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
        self._inks: list[float] = []
        self._of_length: list[list[float]] = []

    def ink(self, length: int) -> float:
        """Weight of ``length`` digits, before any history; no weight with history is above it."""
        known = self._ink.get(length)
        if known is None:
            known = self._unknown * _ANY + sum(m.share * _length(length, m.digits) for m in self._meters)
            self._ink[length] = known
        return known

    @property
    def plain(self) -> bool:
        """Whether no meter is known: then history weighs nothing."""
        return not self._meters

    def inks(self, longest: int) -> list[float]:
        """``ink`` for each length from 0 to ``longest``."""
        if len(self._inks) != longest + 1:
            self._inks = [self.ink(length) for length in range(longest + 1)]
        return self._inks

    def weight(self, length: int, number: int) -> float:
        """Weight of ``number`` written with ``length`` digits."""
        return self._unknown * _ANY + sum(
            m.share * _length(length, m.digits) * m.weight(number) for m in self._meters
        )

    def weights(self, longest: int, number: int) -> list[float]:
        """``weight`` of ``number`` for each length from 0 to ``longest``."""
        told = [m.weight(number) for m in self._meters]
        return [
            self._unknown * _ANY + sum([share * weight for share, weight in zip(shares, told, strict=True)])
            for shares in self._shares(longest)
        ]

    def _shares(self, longest: int) -> list[list[float]]:
        """What each meter's history is weighed by, for each length from 0 to ``longest``."""
        if len(self._of_length) != longest + 1:
            self._of_length = [
                [m.share * _length(length, m.digits) for m in self._meters] for length in range(longest + 1)
            ]
        return self._of_length

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
        self.best = [max(row) for row in self.digits]
        self.below = [list(accumulate(row, initial=0.0)) for row in self.digits]
        self.empty = math.prod(blank)
        self.runs = [
            _Run(start, end - start, math.prod(blank[:start]) * math.prod(blank[end:]))
            for start in range(self.count)
            for end in range(start + 1, self.count + 1)
        ]
        self.lengths = [run.length for run in self.runs]
        self._at: dict[int, list[float]] = {}

    @cached_property
    def ranked(self) -> list[list[int]]:
        """Each cell's digits, the likeliest first."""
        return [sorted(range(10), key=lambda d, row=row: -row[d]) for row in self.digits]  # type: ignore[misc]

    @cached_property
    def logs(self) -> list[list[float]]:
        """The logarithms of each cell's digits in the order of ``ranked``."""
        return [
            [math.log(row[d]) for d in order] for row, order in zip(self.digits, self.ranked, strict=True)
        ]

    @cached_property
    def wholes(self) -> list[float]:
        """The mass of all numbers in each run."""
        return [run.outside * math.prod(self.mass[run.start : run.start + run.length]) for run in self.runs]

    def totals(self, prior: Prior) -> tuple[float, float]:
        """The weighted mass of everything, without and with the history."""
        ink = history = 0.0
        explained = self.empty
        edges = {length: prior.edges(length) for length in range(1, self.count + 1)}
        weights = {
            length: [prior.weight(length, first) for first in places[:-1]] for length, places in edges.items()
        }
        for run, whole in zip(self.runs, self.wholes, strict=True):
            explained += whole
            ink += whole * prior.ink(run.length)
            if not prior.plain:
                below = [self._below(run, edge, whole) for edge in edges[run.length]]
                for (a, b), weight in zip(pairwise(below), weights[run.length], strict=True):
                    history += (b - a) * weight
        doubt = (self.empty + max(0.0, 1.0 - explained)) * prior.heaviest(self.count)
        return ink + doubt, (ink if prior.plain else history) + doubt

    def _below(self, run: _Run, number: int, whole: float) -> float:
        """The mass of all numbers below ``number`` in a run, whose numbers have ``whole`` together."""
        if number == 0 or number >= 10**run.length:
            return 0.0 if number == 0 else whole
        total, same = 0.0, run.outside
        for i, digit in enumerate(map(int, str(number).zfill(run.length)), start=run.start):
            total += same * self.below[i][digit] * math.prod(self.mass[i + 1 : run.start + run.length])
            same *= self.digits[i][digit]
        return total

    def at(self, number: int) -> list[float]:
        """The ink's mass of ``number`` in each run; 0 where it does not fit."""
        known = self._at.get(number)
        if known is None:
            written = [int(digit) for digit in str(number)]
            spelled = [[0] * (length - len(written)) + written for length in range(self.count + 1)]
            rows, known = self.digits, []
            for run in self.runs:
                mass = run.outside if run.length >= len(written) else 0.0
                for i, digit in enumerate(spelled[run.length] if mass else (), start=run.start):
                    mass *= rows[i][digit]
                known.append(mass)
            self._at[number] = known
        return known

    def number(self, number: int, prior: Prior) -> tuple[float, float]:
        """The weighted mass of ``number`` over all runs, without and with the history."""
        inks, at = prior.inks(self.count), self.at(number)
        ink = sum([mass * inks[length] for length, mass in zip(self.lengths, at, strict=True)])
        if prior.plain:
            return ink, ink
        weights = prior.weights(self.count, number)
        return ink, sum([mass * weights[length] for length, mass in zip(self.lengths, at, strict=True)])

    def text(self, number: int, prior: Prior) -> tuple[str, int]:
        """How ``number`` is most probably written, and in which cell it begins."""
        weights = prior.weights(self.count, number)
        masses = [mass * weights[length] for length, mass in zip(self.lengths, self.at(number), strict=True)]
        run = self.runs[masses.index(max(masses))]
        return str(number).zfill(run.length), run.start


def _search(cells: _Cells, prior: Prior) -> tuple[dict[int, tuple[float, float]], bool]:
    """Numbers with their masses (ink alone, with history), the two best by either among them.

    Digit strings come best first by ink. A number not seen yet weighs at most what the next string weighs in
    each run, or what the run's best string weighs; once that is below the second best, the rest is settled.
    """
    tops = [
        run.outside * prior.ink(run.length) * math.prod(cells.best[run.start : run.start + run.length])
        for run in cells.runs
    ]
    found: dict[int, tuple[float, float]] = {}
    for seen, (bound, number) in enumerate(_strings(cells, prior)):
        if len(found) > 1:
            unseen = sum([min(bound, top) for top in tops])
            if all(unseen < sorted([f[i] for f in found.values()])[-2] for i in (0, 1)):
                return found, True
        if seen == _MOST:
            return found, False
        if number not in found:
            found[number] = cells.number(number, prior)
    return found, True


def _strings(cells: _Cells, prior: Prior) -> Iterator[tuple[float, int]]:
    """(weighted ink, number) of every digit string in every run, heaviest first."""
    ranked, logs = cells.ranked, cells.logs
    heap = []
    for place, run in enumerate(cells.runs):
        weight = math.log(run.outside * prior.ink(run.length))
        top = weight + sum([row[0] for row in logs[run.start : run.start + run.length]])
        heap.append((-top, place, (0,) * run.length, 0))
    heapq.heapify(heap)
    while heap:
        cost, place, ranks, last = heapq.heappop(heap)
        start = cells.runs[place].start
        number = 0
        for order, rank in zip(ranked[start : start + len(ranks)], ranks, strict=True):
            number = 10 * number + order[rank]
        yield math.exp(-cost), number
        # Each string is reached once: only places at or after the last one changed are changed further.
        for i in range(last, len(ranks)):
            if ranks[i] < 9:
                step = logs[start + i][ranks[i]] - logs[start + i][ranks[i] + 1]
                heapq.heappush(heap, (cost + step, place, (*ranks[:i], ranks[i] + 1, *ranks[i + 1 :]), i))
