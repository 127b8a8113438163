"""Connectionist temporal classification: from frames to strings, with exact probabilities.

``frames``: float64 (T, C), each row a distribution over an alphabet and CTC's empty symbol (last); the
alphabet of handwriting is the ten digits and ``#`` (no digit). A string's probability is the sum over all
alignments that spell it; over all strings it sums to 1 (Graves et al. 2006).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float64]

SYMBOLS = "0123456789#"
EMPTY = len(SYMBOLS)
_TINY = 1e-300


def distributions(logits: NDArray[np.float32], temperature: float) -> Frames:
    """Logits (T, 12) -> frames."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float64)


def log_probabilities(frames: Frames, strings: Sequence[str], alphabet: str = SYMBOLS) -> NDArray[np.float64]:
    """The logarithm of each string's probability, all alignments summed (the forward algorithm)."""
    if not strings:
        return np.zeros(0)
    longest = max(map(len, strings))
    n, states = len(strings), 2 * longest + 1
    symbols = np.full((n, states), len(alphabet))
    for k, string in enumerate(strings):
        symbols[k, 1 : 2 * len(string) : 2] = [alphabet.index(c) for c in string]
    ends = np.array([2 * len(string) for string in strings])
    inside = np.arange(states)[None, :] <= ends[:, None]
    # An empty frame between two symbols may be skipped, unless they are the same.
    skip = np.zeros((n, states), dtype=bool)
    skip[:, 3::2] = symbols[:, 3::2] != symbols[:, 1:-2:2]
    alpha = np.zeros((n, states))
    alpha[:, 0] = 1.0
    logs = np.zeros(n)
    for t, frame in enumerate(frames):
        came = alpha.copy()
        came[:, 1:] += alpha[:, :-1] if t else 0.0
        came[:, 2:] += alpha[:, :-2] * skip[:, 2:] if t else 0.0
        if t == 0 and states > 1:
            came[:, 1] = 1.0
        alpha = came * frame[symbols] * inside
        total = np.maximum(alpha.sum(axis=1), _TINY)
        alpha /= total[:, None]
        logs += np.log(total)
    rows = np.arange(n)
    last = alpha[rows, ends] + np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], 0.0)
    return np.asarray(logs + np.log(np.maximum(last, _TINY)), dtype=np.float64)


def log_means(seen: Sequence[Frames], strings: Sequence[str]) -> NDArray[np.float64]:
    """The logarithm of each string's mean probability over several frames of the same line."""
    logs = [log_probabilities(frames, strings) for frames in seen]
    return np.asarray(np.logaddexp.reduce(logs, axis=0) - np.log(len(seen)), dtype=np.float64)


def log_counts(frames: Frames, most: int) -> NDArray[np.float64]:
    """The logarithm of the probability that there are 0, 1 … ``most`` symbols, float64 (most + 1,)."""
    # Mass by count and by the symbol of the frame (last: empty).
    empty = frames.shape[1] - 1
    mass = np.zeros((most + 2, empty + 1))
    mass[0, empty] = 1.0
    logs = 0.0
    for frame in frames:
        total = mass.sum(axis=1)
        new = np.zeros_like(mass)
        new[:, empty] = total * frame[empty]
        new[:, :empty] = mass[:, :empty] * frame[:empty]
        new[1:, :empty] += (total[:-1, None] - mass[:-1, :empty]) * frame[:empty]
        # What has more symbols than asked for never comes back.
        new[most + 1] = 0.0
        scale = max(float(new.sum()), _TINY)
        mass = new / scale
        logs += np.log(scale)
    return np.asarray(np.log(np.maximum(mass.sum(axis=1)[: most + 1], _TINY)) + logs, dtype=np.float64)


def candidates(
    frames: Frames, *, beam: int = 24, symbols: int | None = None, alphabet: str = SYMBOLS
) -> list[str]:
    """Likely strings, the likeliest (about) first: prefix beam search (Graves 2008).

    ``symbols``: only strings with so many. Its scores are lower bounds; ``log_probabilities`` is exact.
    """
    # prefix -> (ends in an empty frame, ends in its last symbol)
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    place = {symbol: k for k, symbol in enumerate(alphabet)}
    for frame in frames:
        likely: list[int] = np.flatnonzero(frame[: len(alphabet)] > 1e-6).tolist()
        empty = float(frame[len(alphabet)])
        grown: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for prefix, (ended, open_) in beams.items():
            total = ended + open_
            here = grown[prefix]
            here[0] += total * empty
            if prefix:
                here[1] += open_ * float(frame[place[prefix[-1]]])
            if symbols is not None and len(prefix) >= symbols:
                continue
            for k in likely:
                symbol = alphabet[k]
                came = ended if prefix and prefix[-1] == symbol else total
                if came > 0.0:
                    grown[prefix + symbol][1] += came * float(frame[k])
        ranked = sorted(grown.items(), key=lambda item: -(item[1][0] + item[1][1]))
        kept = ranked[:beam]
        if symbols is not None:
            # Short prefixes fall behind long ones where the ink is unclear; keep some of every length.
            kept += _shortest(ranked[beam:], beam // 4)
        scale = max(sum(p[0] + p[1] for _, p in kept), _TINY)
        beams = {prefix: (p[0] / scale, p[1] / scale) for prefix, p in kept}
    found = [prefix for prefix in beams if symbols is None or len(prefix) == symbols]
    return found if found or symbols is None else _forced(frames, symbols, alphabet)


def _shortest(ranked: list[tuple[str, list[float]]], count: int) -> list[tuple[str, list[float]]]:
    best: dict[int, tuple[str, list[float]]] = {}
    for prefix, p in ranked:
        best.setdefault(len(prefix), (prefix, p))
    return list(best.values())[: max(count, 1) * 4]


def _forced(frames: Frames, symbols: int, alphabet: str) -> list[str]:
    """The best single alignment with exactly so many symbols; none where the strip has too few frames."""
    empty = len(alphabet)
    states = empty + 1
    best = np.full((symbols + 1, states), -np.inf)
    best[0, empty] = 0.0
    logs = np.log(np.maximum(frames, _TINY))
    back: list[NDArray[np.intp]] = []
    for row in logs:
        flat = np.full((symbols + 1, states), -np.inf)
        came = np.zeros((symbols + 1, states, 2), dtype=np.intp)
        for count in range(symbols + 1):
            stay = int(best[count].argmax())
            flat[count, empty] = best[count, stay] + row[empty]
            came[count, empty] = (count, stay)
            for k in range(empty):
                flat[count, k] = best[count, k] + row[k]
                came[count, k] = (count, k)
                if count:
                    others = best[count - 1].copy()
                    others[k] = -np.inf
                    other = int(others.argmax())
                    if others[other] + row[k] > flat[count, k]:
                        flat[count, k] = others[other] + row[k]
                        came[count, k] = (count - 1, other)
        back.append(came)
        best = flat
    state = int(best[symbols].argmax())
    if not np.isfinite(best[symbols, state]):
        return []
    count, out = symbols, ""
    for came in reversed(back):
        before, previous = (int(v) for v in came[count, state])
        if before < count:
            out = alphabet[state] + out
        count, state = before, previous
    return [out]
