"""What every training run does beside its own loss: a running average of the weights, and checkpoints."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn


def follow(average: nn.Module, model: nn.Module, keep: float) -> None:
    """Move the averaged weights a little towards the present ones; ``keep`` of them stays."""
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - keep)
            else:
                kept.copy_(new)


def save(
    path: Path, model: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, step: int
) -> None:
    """Write a checkpoint whole or not at all."""
    draft = path.with_suffix(".part")
    torch.save(
        {
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
        },
        draft,
    )
    draft.replace(path)
