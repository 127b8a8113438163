"""One training run of a meters' network: resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from training.checkpoints import Learner, averaged

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

    def begin(model: nn.Module, average: nn.Module) -> None:
        for network in (model, average) if plan.start_from is not None else ():
            network.load_state_dict(averaged(RUNS / str(plan.start_from)))

    learner = Learner(plan, RUNS / plan.name, model, begin=begin, slow=0.998, clip=5.0)
    loader = iter(DataLoader(batches(learner.step), batch_size=None, num_workers=1, prefetch_factor=8))
    for _ in learner.steps(minutes, tell=100):
        learner.learn(loss_of(learner.model, next(loader)))
    return learner.file


def trained(name: str, model: Net) -> Net:
    """``model`` with the averaged weights of a run, ready to measure."""
    model.load_state_dict(averaged(RUNS / name))
    return model.eval()
