"""One training run of a meters' network: resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from training.checkpoints import follow, save

RUNS = Path(__file__).parent.parent / "runs"

Batch = TypeVar("Batch")
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class Plan:
    """What every run has: its name, the files of the cache with their weight in the mix, and for how long."""

    name: str
    mix: tuple[tuple[str, float], ...]
    steps: int
    rate: float = 2e-3
    start_from: str | None = None
    seed: int = 1


def run(
    plan: Plan,
    model: nn.Module,
    batches: Callable[[int], IterableDataset[Batch]],
    loss_of: Callable[[nn.Module, Batch], torch.Tensor],
    minutes: float,
) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint.

    ``batches``: from a step on, without an end; they are made in a process of their own.
    """
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    folder = RUNS / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
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
    loader = iter(DataLoader(batches(step), batch_size=None, num_workers=1, prefetch_factor=8))
    started, shown = time.monotonic(), 0.0
    model.train()
    while step < plan.steps and time.monotonic() - started < minutes * 60:
        batch = next(loader)
        cooled = 0.5 * (1 + float(np.cos(np.pi * step / plan.steps))) + 0.005
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, (step + 1) / 300) * cooled
        loss = loss_of(model, batch)
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


def trained(name: str, model: Net) -> Net:
    """``model`` with the averaged weights of a run, ready to measure."""
    model.load_state_dict(torch.load(RUNS / name / "last.pt", weights_only=True)["average"])
    return model.eval()
