"""The data sets as writers: the glyphs of one hand at a time, for strings that one person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulate.strokes import Ink, Pen
from training.sources import Source, data_folder, fold, load

#: What strings are drawn from, and how often. MNIST's digits come from forms with long boxes.
MIX = {
    "mnist": 0.34,
    "unipen": 0.30,
    "bhmsds": 0.12,
    "shapes": 0.12,
    "semeion": 0.06,
    "optdigits": 0.06,
}


class Writers(Protocol):
    """Whoever writes lines: so many hands, each of which can be asked for a digit."""

    @property
    def count(self) -> int:
        """How many hands there are."""

    def write(
        self, writer: int, wanted: int, height: float, pen: Pen, rng: np.random.Generator
    ) -> tuple[int, Ink]:
        """The wanted digit, or another where this writer has none: (digit, its ink)."""


@dataclass(frozen=True)
class Hands:
    """A source by writers: ``of[w][d]`` are the glyphs of digit d by writer w; ``ids`` their numbers."""

    source: Source
    ids: np.ndarray
    of: list[list[np.ndarray]]

    @property
    def count(self) -> int:
        """How many writers there are."""
        return len(self.of)

    def write(
        self, writer: int, wanted: int, height: float, pen: Pen, rng: np.random.Generator
    ) -> tuple[int, Ink]:
        """The wanted digit, or another where this writer has none: (digit, its ink)."""
        glyphs = self.of[writer]
        if not len(glyphs[wanted]):
            there = [digit for digit in range(10) if len(glyphs[digit])]
            wanted = int(rng.choice(there))
        index = int(rng.choice(glyphs[wanted]))
        return wanted, self.source.ink(index, height, pen, rng)


def hands(name: str, *, held_out: bool = False) -> Hands:
    """A source's writers; ``held_out``: those no shipped weights were trained on (UNIPEN fold 0, MNIST test).

    A source without writers' ids counts as one hand.
    """
    source = _mnist(held_out) if name == "mnist" else load(name)
    chosen = np.arange(len(source.labels))
    if name == "unipen":
        chosen = np.flatnonzero((fold(source.group) == 0) == held_out)
    elif held_out and name != "mnist":
        raise ValueError(f"no writers of {name} are left out; take unipen or mnist")
    labels, group = source.labels[chosen], source.group[chosen]
    ids, inverse = np.unique(group, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
    of = [[chosen[part[labels[part] == digit]] for digit in range(10)] for part in parts]
    return Hands(source, ids, of)


def _mnist(test: bool) -> Source:
    """All of MNIST: unlike single cells, strings need many digits of each writer."""
    with np.load(data_folder() / f"mnist_{'test' if test else 'train'}.npz", allow_pickle=False) as data:
        return Source("mnist", data["labels"], data["writer"].astype(np.int32), data["images"])
