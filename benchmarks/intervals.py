"""Shares with their Clopper–Pearson intervals."""

from __future__ import annotations

from dataclasses import dataclass

from domain.risk import interval


@dataclass
class Share:
    """``right`` of ``n``; counts are added up with ``add``."""

    right: int = 0
    n: int = 0

    def add(self, right: bool | int, n: int = 1) -> None:
        """One more observation, or ``right`` of ``n`` more."""
        self.right += int(right)
        self.n += n

    def __str__(self) -> str:
        if not self.n:
            return "none"
        low, high = interval(self.right, self.n)
        counts = f"{self.right}/{self.n}, 95 % CI {100 * low:.2f}–{100 * high:.2f}"
        return f"{100 * self.right / self.n:6.2f} %  ({counts})"
