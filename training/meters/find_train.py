"""One training run of the finder: resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from simulate.meters.model import Picture
from training.checkpoints import follow, save
from training.meters.crops import example
from training.meters.find_net import FindNet, loss_of
from training.meters.pasted import pasted
from training.meters.prolonged import prolonged
from training.meters.read_train import RUNS, gathered

_BATCH = 16
_POOL = 6
_CUTS = 4
#: How often a display's window is longer than its digits.
_LONGER = 0.5

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """What a run trains on: files of the cache (by their beginning) with their weight in the mix.

    ``displays``: other displays that are pasted into photographs, and how often.
    """

    name: str
    mix: tuple[tuple[str, float], ...]
    steps: int
    rate: float = 2e-3
    start_from: str | None = None
    seed: int = 1
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
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    folder = RUNS / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    model = FindNet().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=0.02, fused=True)
    step = 0
    if last.exists():
        state = torch.load(last, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    elif plan.start_from is not None:
        state = torch.load(RUNS / plan.start_from / "last.pt", weights_only=True)
        model.load_state_dict(state["average"])
        average.load_state_dict(state["average"])
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
    loader = iter(DataLoader(Crops(plan, step), batch_size=None, num_workers=1, prefetch_factor=8))
    started, shown = time.monotonic(), 0.0
    model.train()
    while step < plan.steps and time.monotonic() - started < minutes * 60:
        images, wanted, counts = next(loader)
        cooled = 0.5 * (1 + float(np.cos(np.pi * step / plan.steps))) + 0.005
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, (step + 1) / 300) * cooled
        x = images.float().div_(255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            maps = model(x)
        loss = loss_of(maps, wanted, counts)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        shown = 0.98 * shown + 0.02 * float(loss.detach())
        follow(average, model, min(0.998, step / (step + 20)))
        if step % 100 == 0 or step >= plan.steps:
            save(last, model, average, optimiser, step)
            print(f"{plan.name} step {step} loss {shown:.4f} {time.monotonic() - started:.0f} s", flush=True)
    save(last, model, average, optimiser, step)
    return last


def trained(name: str) -> FindNet:
    """The averaged weights of a run, ready to measure."""
    model = FindNet().eval()
    model.load_state_dict(torch.load(RUNS / name / "last.pt", weights_only=True)["average"])
    return model
