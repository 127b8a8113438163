"""Hands of real writers: recorded pen strokes from METERDROP_DATA, one fold of the writers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulate.curves import Strokes
from simulate.strokes import normalise

#: A writer needs so many different digits of his own; the missing ones are borrowed within the fold.
_LEAST_DIGITS = 5


@dataclass(frozen=True)
class RecordedHand:
    """One writer. ``own`` and ``others``: digit → that digit as pen strokes, several times."""

    name: str
    own: dict[int, list[Strokes]]
    others: dict[int, list[Strokes]]

    def digit(self, d: int, rng: np.random.Generator) -> Strokes:
        """One of his own; another writer's where he never wrote it."""
        samples = self.own.get(d) or self.others[d]
        return samples[int(rng.integers(len(samples)))]


def fold_of(writers: NDArray[np.int32]) -> NDArray[np.int64]:
    """The five folds by which ``training`` leaves writers out (its ``train.fold``)."""
    return (writers.astype(np.int64) * 2654435761 >> 7) % 5


def recorded_hands(fold: int) -> list[RecordedHand]:
    """The writers of ``fold``; raises ``SystemExit`` with what to do where the data set is not at hand."""
    folder = Path(os.environ.get("METERDROP_DATA", "../shared/data"))
    path = folder / "handwriting" / "unipen_strokes.npz"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: set METERDROP_DATA, or take --hands invented")
    with np.load(path, allow_pickle=False) as data:
        labels, writers = data["labels"], data["writer"]
        points, stroke_at, sample_at = data["stroke_points"], data["stroke_offsets"], data["sample_offsets"]
    by_writer: dict[int, dict[int, list[Strokes]]] = {}
    everybody: dict[int, list[Strokes]] = {d: [] for d in range(10)}
    for index in np.flatnonzero(fold_of(writers) == fold):
        first, last = int(sample_at[index]), int(sample_at[index + 1])
        strokes = tuple(normalise([points[stroke_at[s] : stroke_at[s + 1]] for s in range(first, last)]))
        digit = int(labels[index])
        everybody[digit].append(strokes)
        by_writer.setdefault(int(writers[index]), {}).setdefault(digit, []).append(strokes)
    return [
        RecordedHand(f"writer {writer}", own, everybody)
        for writer, own in sorted(by_writer.items())
        if len(own) >= _LEAST_DIGITS
    ]
