"""How the reader of strips is trained: batches without an end, and their loss."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import IterableDataset

from ocr.meters.strip import HEIGHT, normal
from training.meters import loop, store
from training.meters.read_net import ReadNet, losses
from training.meters.strips import elsewhere, example

#: Of this set a tenth stays out of every run: for the temperature.
_HELD = "chongqing"
_BATCH = 48
_POOL = 8

Batch = tuple[torch.Tensor, torch.Tensor, list[list[int]]]


@dataclass(frozen=True)
class Plan(loop.Plan):
    """``nothing``: how often a strip is of a place where no display is."""

    nothing: float = 0.07


class Strips(IterableDataset[Batch]):
    """Batches without an end: strips of about one width, their frames that count, and their texts."""

    def __init__(self, plan: Plan, step: int) -> None:
        self._plan, self._step = plan, step
        self._sources = [(gathered(name), weight) for name, weight in plan.mix]

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self._plan.seed, self._step])
        chance = np.array([weight for _, weight in self._sources])
        while True:
            pool = [self._one(rng, chance / chance.sum()) for _ in range(_BATCH * _POOL)]
            pool.sort(key=lambda item: item[0].shape[1])
            for k in rng.permutation(_POOL).tolist():
                yield stacked(pool[k * _BATCH : (k + 1) * _BATCH])

    def _one(self, rng: np.random.Generator, chance: np.ndarray) -> tuple[np.ndarray, list[int]]:
        while True:
            stored, _ = self._sources[int(rng.choice(len(self._sources), p=chance))]
            picture = stored[int(rng.integers(len(stored)))].picture()
            if rng.random() < self._plan.nothing or not picture.rows:
                found = elsewhere(picture, rng)
                if found is None:
                    continue
                return found
            row = picture.rows[int(rng.integers(len(picture.rows)))]
            if row.means == "reading" and len(row.digits) >= 3:
                return example(picture, row, rng)


def gathered(name: str) -> list[store.Stored]:
    """Every picture of the cache's files whose names begin so.

    ``photo-chongqing:held``: the tenth of that set which no run is trained on; without it: the others.
    """
    name, _, part = name.partition(":")
    files = sorted(store.FOLDER.glob(f"{name}.npz")) or sorted(store.FOLDER.glob(f"{name}-[0-9]*.npz"))
    if not files:
        raise FileNotFoundError(f"nothing kept of {name}: run `python -m training.meters.make render`")
    every = [stored for file in files for stored in store.read(file)]
    if part == "all" or not name.endswith(_HELD):
        return every
    return [stored for stored in every if (zlib.crc32(stored.group.encode()) % 10 == 0) == (part == "held")]


def stacked(pool: list[tuple[np.ndarray, list[int]]]) -> Batch:
    """Strips side by side, the shorter ones followed by nothing; how many frames of each count; the texts."""
    widest = max(strip.shape[1] for strip, _ in pool)
    x = np.zeros((len(pool), 3, HEIGHT, widest), np.float32)
    for k, (strip, _) in enumerate(pool):
        x[k, :, :, : strip.shape[1]] = normal(strip)
    frames = torch.tensor([strip.shape[1] // 4 for strip, _ in pool])
    return torch.from_numpy(x), frames, [text for _, text in pool]


def run(plan: Plan, minutes: float = 110.0) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint."""
    return loop.run(plan, ReadNet(), lambda step: Strips(plan, step), _loss, minutes)


def _loss(model: nn.Module, batch: Batch) -> torch.Tensor:
    x, frames, texts = batch
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(x.contiguous(memory_format=torch.channels_last))
    # One strip that nobody can read must not move the others.
    return losses(logits, frames, texts).clamp(max=60.0).mean()


def trained(name: str) -> ReadNet:
    """The averaged weights of a run, ready to measure."""
    return loop.trained(name, ReadNet())
