"""How the finder is trained: batches of crops without an end, and their loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import IterableDataset

from simulate.meters.model import Picture
from training.meters import loop
from training.meters.crops import example
from training.meters.find_net import FindNet, loss_of
from training.meters.pasted import pasted
from training.meters.prolonged import prolonged
from training.meters.read_train import gathered

_BATCH = 16
_POOL = 6
_CUTS = 4
#: How often a display's window is longer than its digits.
_LONGER = 0.5

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Plan(loop.Plan):
    """``displays``: other displays that are pasted into photographs, and how often."""

    displays: tuple[str, ...] = ("strip-composed", "strip-drums", "strip-lcd")
    paste: float = 0.6


class Crops(IterableDataset[Batch]):
    """Batches without an end."""

    def __init__(self, plan: Plan, step: int) -> None:
        self._plan, self._step = plan, step
        self._sources = [(name, gathered(name), weight) for name, weight in plan.mix]
        self._displays = [gathered(name) for name in plan.displays]

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self._plan.seed, self._step])
        chance = np.array([weight for _, _, weight in self._sources])
        chance /= chance.sum()
        while True:
            pool = []
            while len(pool) < _BATCH * _POOL:
                picture = self._picture(rng, chance)
                # Several cuts of one picture, in different batches: decoding and pasting are dear.
                pool += [example(picture, rng) for _ in range(_CUTS)]
            order = rng.permutation(len(pool)).reshape(_POOL, _BATCH)
            for picked in order.tolist():
                yield (
                    torch.from_numpy(np.stack([pool[k][0].transpose(2, 0, 1) for k in picked])),
                    torch.from_numpy(np.stack([pool[k][1] for k in picked])),
                    torch.from_numpy(np.stack([pool[k][2] for k in picked])),
                )

    def _picture(self, rng: np.random.Generator, chance: np.ndarray) -> Picture:
        name, stored, _ = self._sources[int(rng.choice(len(self._sources), p=chance))]
        picture = stored[int(rng.integers(len(stored)))].picture()
        if name.startswith("strip") and rng.random() < _LONGER:
            return prolonged(picture, rng)
        if not name.startswith("photo") or rng.random() > self._plan.paste:
            return picture
        displays = self._displays[int(rng.integers(len(self._displays)))]
        display = displays[int(rng.integers(len(displays)))].picture()
        return pasted(picture, prolonged(display, rng) if rng.random() < _LONGER else display, rng)


def run(plan: Plan, minutes: float = 110.0) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint."""
    return loop.run(plan, FindNet(), lambda step: Crops(plan, step), _loss, minutes)


def _loss(model: nn.Module, batch: Batch) -> torch.Tensor:
    images, wanted, counts = batch
    x = images.float().div_(255).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        maps = model(x)
    return loss_of(maps, wanted, counts)


def trained(name: str) -> FindNet:
    """The averaged weights of a run, ready to measure."""
    return loop.trained(name, FindNet())
