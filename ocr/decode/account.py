"""The account, decoded jointly against the register.

P(a) ∝ prior(a) · Πᵢ pᵢ(aᵢ) over all registered accounts and "not in the register". The search is exact:
a branch of the trie is left out only when its whole mass is provably below ``NEGLIGIBLE`` of the best
account's, and the sum of what was left out is part of the result (``ignored``).

The prior of an unregistered number has two parts: any number at all, and a registered one with one digit
written wrongly. Without the second, a clearly written number that is not in the register would be
overruled by a registered neighbour, since registered numbers are so much more likely beforehand.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.decode.evidence import check_shape, digit_evidence, raw_text
from ocr.decode.trie import Level, block_scores, build_levels, expand

NEGLIGIBLE = 1e-9
#: Share of slips with a number that has nothing to do with the register (another supplier's, an old one).
FOREIGN = 2e-3
#: Share of slips on which the writer got one digit wrong.
MISWRITTEN = 5e-3
_CANDIDATES = 16
#: Posterior from which a second account is a rival; a clearly written number leaves its neighbours far less.
_RIVAL = 0.06
#: Candidates are listed until this much of the ink's evidence is covered.
_COVERED = 0.99


@dataclass(frozen=True)
class AccountPosterior:
    """``value`` with its posterior ``probability``; ``raw`` is the ink alone, one symbol a cell.

    ``runner_up`` is the posterior of the best *other* account (registered), ``runner_up_value`` that account
    ("" when there is none). ``ignored`` bounds the posterior mass that the search left out.
    """

    value: str
    probability: float
    in_register: bool
    raw: str
    runner_up: float = 0.0
    runner_up_value: str = ""
    ignored: float = 0.0


def is_neighbour(account: str, other: str, probability: float) -> bool:
    """Whether ``other``, registered, one digit away and of that posterior, could be meant just as well."""
    if probability < _RIVAL or len(account) != len(other):
        return False
    return sum(ours != theirs for ours, theirs in zip(account, other, strict=True)) == 1


class AccountIndex:
    """All registered accounts of one length, searchable in well under a millisecond; about 20 bytes each."""

    def __init__(self, accounts: NDArray[np.uint64], length: int) -> None:
        self._accounts = accounts
        self.length = length
        self._levels: tuple[Level, ...] = build_levels(accounts, length) if len(accounts) else ()

    def __len__(self) -> int:
        """How many different accounts there are."""
        return len(self._accounts)

    def __contains__(self, account: str) -> bool:
        """Whether ``account`` (text of the right length) is registered."""
        if len(account) != self.length or not account.isdigit():
            return False
        return bool(self._registered(np.array([int(account)], dtype=np.uint64))[0])

    @classmethod
    def build(cls, accounts: Iterable[str], length: int = 12) -> AccountIndex:
        """Index the accounts that have ``length`` digits; others cannot stand in as many cells."""
        numbers = np.fromiter(
            (int(a) for a in accounts if len(a) == length and a.isascii() and a.isdigit()), dtype=np.uint64
        )
        return cls(np.unique(numbers), length)

    def save(self, path: Path) -> None:
        """Write the sorted accounts as a .npy file that worker processes load at once."""
        np.save(path, np.concatenate((np.array([self.length], dtype=np.uint64), self._accounts)))

    @classmethod
    def load(cls, path: Path) -> AccountIndex:
        """Read what ``save`` wrote."""
        stored: NDArray[np.uint64] = np.load(path, allow_pickle=False)
        return cls(stored[1:].copy(), int(stored[0]))

    def decode(self, probabilities: NDArray[np.float64]) -> AccountPosterior:
        """Decode one account field: probabilities of shape (length, 12), float64."""
        check_shape(probabilities, self.length)
        raw = raw_text(probabilities)
        evidence = digit_evidence(probabilities)
        candidates = _most_probable(evidence, _CANDIDATES)
        leaves, scores, ignored = self._search(evidence)
        registered = np.exp(scores) * ((1.0 - FOREIGN - MISWRITTEN) / max(len(self), 1))
        strangers = self._strangers(candidates)
        rest = max(0.0, 1.0 - sum(p for _, p in candidates)) * self._prior_of_stranger(1.0)
        total = float(registered.sum()) + sum(strangers.values()) + rest
        total += ignored * (1.0 - FOREIGN - MISWRITTEN) / max(len(self), 1)
        order = np.argsort(-registered)[:2]
        best = [(str(self._accounts[leaves[i]]).zfill(self.length), float(registered[i])) for i in order]
        stranger = max(strangers.items(), key=lambda item: item[1], default=None)
        if best and (stranger is None or best[0][1] >= stranger[1]):
            value, mass, known, others = best[0][0], best[0][1], True, best[1:]
        else:
            # With neither candidate the field is empty of evidence; the most probable string still stands.
            value, mass = stranger if stranger is not None else (candidates[0][0], 0.0)
            known, others = False, best[:1]
        return AccountPosterior(
            value=value,
            probability=min(mass / total, 1.0) if total > 0 else 0.0,
            in_register=known,
            raw=raw,
            runner_up=others[0][1] / total if others else 0.0,
            runner_up_value=others[0][0] if others else "",
            ignored=ignored * (1.0 - FOREIGN - MISWRITTEN) / max(len(self), 1) / total if total > 0 else 0.0,
        )

    def _search(self, evidence: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Positions and log evidence of all accounts that matter, and the mass of those that do not."""
        if not self._levels:
            return np.zeros(0, dtype=np.int64), np.zeros(0), 0.0
        log_evidence = np.log(evidence)
        tables, rests, row = [], [], 0
        for level in self._levels:
            tables.append(block_scores(log_evidence[row : row + level.digits]))
            row += level.digits
            rests.append(float(log_evidence[row:].max(axis=1).sum()) if row < self.length else 0.0)
        floor = self._good_score(tables, rests) + np.log(NEGLIGIBLE)
        return self._beam(tables, rests, floor=floor, width=None)

    def _good_score(self, tables: list[NDArray[np.float64]], rests: list[float]) -> float:
        """A score that some account reaches: a lower bound of the best one, by a narrow beam."""
        _, scores, _ = self._beam(tables, rests, floor=-np.inf, width=8)
        return float(scores.max())

    def _beam(
        self, tables: list[NDArray[np.float64]], rests: list[float], *, floor: float, width: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        nodes = np.arange(len(self._levels[0].block), dtype=np.int64)
        scores = tables[0][self._levels[0].block]
        ignored = 0.0
        for depth, level in enumerate(self._levels):
            if width is not None:
                if len(nodes) > width:
                    kept = np.argpartition(-scores, width)[:width]
                    nodes, scores = nodes[kept], scores[kept]
            else:
                # The evidence of all digit strings sums to 1, so whatever stands below a node weighs at most
                # the node's own evidence, and no account below it more than the best continuation.
                count = level.first_child[nodes + 1] - level.first_child[nodes]
                bound = scores + (rests[depth] if depth + 1 == len(self._levels) else 0.0)
                keep = (bound >= floor) & (count > 0)
                ignored += float(np.exp(scores[~keep]).sum())
                nodes, scores = nodes[keep], scores[keep]
            if depth + 1 < len(self._levels):
                nodes, parents = expand(level, nodes)
                scores = scores[parents] + tables[depth + 1][self._levels[depth + 1].block[nodes]]
        return nodes, scores, ignored

    def _strangers(self, candidates: list[tuple[str, float]]) -> dict[str, float]:
        """Unnormalised mass of the candidates that are not registered."""
        if not candidates:
            return {}
        numbers = np.array([int(text) for text, _ in candidates], dtype=np.uint64)
        unknown = np.flatnonzero(~self._registered(numbers))
        neighbours = self._neighbours(numbers[unknown])
        return {
            candidates[i][0]: candidates[i][1] * self._prior_of_stranger(float(count))
            for i, count in zip(unknown, neighbours, strict=True)
        }

    def _prior_of_stranger(self, neighbours: float) -> float:
        """Prior of one unregistered number with so many registered numbers one digit away."""
        anything: float = FOREIGN / 10.0**self.length
        return anything + MISWRITTEN * neighbours / (9 * self.length * max(len(self), 1))

    def _neighbours(self, numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How many registered accounts differ from each number in one digit."""
        if not len(numbers):
            return np.zeros(0, dtype=np.int64)
        powers = 10 ** np.arange(self.length, dtype=np.int64)
        signed = numbers.astype(np.int64)
        digits = signed[:, None] // powers % 10
        change = (np.arange(10) - digits[:, :, None]) * powers[:, None]
        others = (signed[:, None, None] + change).astype(np.uint64)
        # A change by nothing is among them too, but strangers are not registered, so it counts nothing.
        counts: NDArray[np.int64] = self._registered(others.ravel()).reshape(len(numbers), -1).sum(axis=1)
        return counts

    def _registered(self, numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if not len(self._accounts):
            return np.zeros(len(numbers), dtype=np.bool_)
        position = np.minimum(np.searchsorted(self._accounts, numbers), len(self._accounts) - 1)
        found: NDArray[np.bool_] = self._accounts[position] == numbers
        return found


def _most_probable(evidence: NDArray[np.float64], count: int) -> list[tuple[str, float]]:
    """Up to ``count`` most probable digit strings with their evidence, best first."""
    order = np.argsort(-evidence, axis=1)
    ranked = np.take_along_axis(np.log(evidence), order, axis=1)
    steps = (ranked[:, :-1] - ranked[:, 1:]).tolist()
    start = (0,) * len(evidence)
    heap = [(-float(ranked[:, 0].sum()), start)]
    seen = {start}
    found: list[tuple[str, float]] = []
    covered = 0.0
    while heap and len(found) < count and covered < _COVERED:
        cost, ranks = heapq.heappop(heap)
        text = "".join(str(order[i, rank]) for i, rank in enumerate(ranks))
        found.append((text, math.exp(-cost)))
        covered += found[-1][1]
        for i, rank in enumerate(ranks):
            if rank < len(steps[i]):
                following = (*ranks[:i], rank + 1, *ranks[i + 1 :])
                if following not in seen:
                    seen.add(following)
                    heapq.heappush(heap, (cost + steps[i][rank], following))
    return found
