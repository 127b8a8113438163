"""What a run over lines draws its batches from: lines on disk, and ever new quick ones."""

from __future__ import annotations

import numpy as np

from training import line_cache
from training.line_quick import QuickLines, bank
from training.sources import load

#: Hands in a bank, quick lines at hand, and how many of them each batch renews.
_HANDS, _QUICK, _RENEWED = 5000, 6000, 14


class Pool:
    """Strips and texts; ``quick`` of a batch comes from lines drawn as it goes, each seen a few times.

    ``hands``: how many the quick lines' bank has.
    """

    def __init__(self, quick: float, seed: int, hands: int = _HANDS) -> None:
        lines = line_cache.read(*line_cache.training_files()) if quick < 1.0 else line_cache.read()
        if quick < 1.0 and not lines.strips:
            raise FileNotFoundError("nothing rendered: run `python -m training.lines render`")
        self._strips, self._texts = list(lines.strips), list(lines.texts)
        self._drawn = len(self._strips)
        self._quick = quick
        self._source = QuickLines(bank(hands, seed), load("letters")) if quick > 0 else None
        if self._source is not None:
            rng = np.random.default_rng([seed, 1])
            for _ in range(min(_QUICK, 4 * hands)):
                self._add(*self._source.draw(rng))
        self._widths = np.array([strip.shape[2] for strip in self._strips])

    def _add(self, strip: np.ndarray, text: str) -> None:
        self._strips.append(strip)
        self._texts.append(text)

    def batch(self, columns: int, rng: np.random.Generator) -> tuple[list[np.ndarray], list[str]]:
        """Strips of about one width, for padding is work for nothing; about so many columns together."""
        if self._source is not None:
            for place in rng.integers(self._drawn, len(self._strips), _RENEWED).tolist():
                self._strips[place], self._texts[place] = self._source.draw(rng)
                self._widths[place] = self._strips[place].shape[2]
        total = len(self._strips)
        pool = rng.integers(self._drawn if self._quick > 0 else 0, total, 512)
        if self._drawn:
            written = rng.random(512) >= self._quick
            pool[written] = rng.integers(0, self._drawn, int(written.sum()))
        pool = pool[np.argsort(self._widths[pool], kind="stable")]
        start = int(rng.integers(0, len(pool)))
        end = start + 1
        while end < len(pool) and (end + 1 - start) * self._widths[pool[end]] <= columns:
            end += 1
        while start > 0 and (end - start + 1) * self._widths[pool[end - 1]] <= columns:
            start -= 1
        picked = pool[start:end].tolist()
        return [self._strips[i] for i in picked], [self._texts[i] for i in picked]
