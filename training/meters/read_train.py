"""One training run of the reader of strips: resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

import copy
import json
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from ocr.meters.strip import HEIGHT, normal
from training.checkpoints import follow, save
from training.meters import store
from training.meters.read_net import ReadNet, losses
from training.meters.strips import elsewhere, example

RUNS = Path(__file__).parent.parent / "runs"
#: Of this set a tenth stays out of every run: for the temperature.
_HELD = "chongqing"
_BATCH = 48
_POOL = 8

Batch = tuple[torch.Tensor, torch.Tensor, list[list[int]]]


@dataclass(frozen=True)
class Plan:
    """What a run trains on: files of the cache (by their beginning) with their weight in the mix."""

    name: str
    mix: tuple[tuple[str, float], ...]
    steps: int
    rate: float = 2.5e-3
    start_from: str | None = None
    seed: int = 1
    #: How often a strip is of a place where no display is.
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
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    folder = RUNS / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    model = ReadNet().to(memory_format=torch.channels_last)
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
    loader = iter(DataLoader(Strips(plan, step), batch_size=None, num_workers=1, prefetch_factor=8))
    started, shown = time.monotonic(), 0.0
    model.train()
    while step < plan.steps and time.monotonic() - started < minutes * 60:
        x, frames, texts = next(loader)
        cooled = 0.5 * (1 + float(np.cos(np.pi * step / plan.steps))) + 0.005
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, (step + 1) / 300) * cooled
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(x.contiguous(memory_format=torch.channels_last))
        loss = losses(logits, frames, texts).clamp(max=60.0).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        shown = 0.98 * shown + 0.02 * float(loss.detach())
        follow(average, model, min(0.998, step / (step + 20)))
        if step % 200 == 0 or step >= plan.steps:
            save(last, model, average, optimiser, step)
            print(f"{plan.name} step {step} loss {shown:.4f} {time.monotonic() - started:.0f} s", flush=True)
    save(last, model, average, optimiser, step)
    return last


def trained(name: str) -> ReadNet:
    """The averaged weights of a run, ready to measure."""
    model = ReadNet().eval()
    model.load_state_dict(torch.load(RUNS / name / "last.pt", weights_only=True)["average"])
    return model
