"""Sorted accounts as a flat trie of two-digit blocks: the search structure behind ``AccountIndex``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 2


@dataclass(frozen=True)
class Level:
    """Nodes of one level in sorted order.

    ``block``: uint16, the node's own digits as a number. ``first_child``: int32 of length nodes + 1, the
    range of its children in the next level; at the last level the range of its accounts (always one).
    """

    digits: int
    block: NDArray[np.uint16]
    first_child: NDArray[np.int32]


def build_levels(accounts: NDArray[np.uint64], length: int) -> tuple[Level, ...]:
    """Levels for sorted unique ``accounts`` (uint64, each of ``length`` digits)."""
    sizes = [BLOCK] * (length // BLOCK) + ([length % BLOCK] if length % BLOCK else [])
    levels: list[Level] = []
    left = length
    starts = [np.zeros(1, dtype=np.int64)]
    prefixes: list[NDArray[np.uint64]] = []
    for size in sizes:
        left -= size
        prefix = accounts // np.uint64(10**left)
        start = np.flatnonzero(np.concatenate(([True], prefix[1:] != prefix[:-1])))
        starts.append(start)
        prefixes.append(prefix[start])
    for depth, size in enumerate(sizes):
        own = starts[depth + 1]
        below = starts[depth + 2] if depth + 2 < len(starts) else np.arange(len(accounts))
        first_child = np.append(np.searchsorted(below, own), len(below)).astype(np.int32)
        block = (prefixes[depth] % np.uint64(10**size)).astype(np.uint16)
        levels.append(Level(size, block, first_child))
    return tuple(levels)


def block_scores(log_evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log evidence of every number with ``len(log_evidence)`` digits, shape (10 ** digits,)."""
    scores: NDArray[np.float64] = log_evidence[0]
    for row in log_evidence[1:]:
        scores = (scores[:, None] + row[None, :]).ravel()
    return scores


def expand(level: Level, nodes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Children of ``nodes`` and, for each child, the position of its parent in ``nodes``."""
    first = level.first_child[nodes].astype(np.int64)
    counts = level.first_child[nodes + 1] - first
    parents = np.repeat(np.arange(len(nodes)), counts)
    ends = np.cumsum(counts)
    children = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts) + first[parents]
    return children, parents
