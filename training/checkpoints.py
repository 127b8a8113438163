"""What every training run does beside its own batches and loss: one step after the other, an average of the
weights, and checkpoints from which it goes on."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)
State = dict[str, Any]

#: Steps over which the rate rises at first.
_WARM = 300


class Learner(Generic[Net]):
    """A network that learns, the average of its weights and its optimiser, all as of ``step``.

    ``folder``: where its plan and its checkpoint lie. ``begin``: called with the network and its average
    where there is no checkpoint yet, to fill them from elsewhere. ``slow``: how much of the average stays in
    a step; ``clip``: longest gradient, where it is bounded.
    """

    def __init__(
        self,
        plan: Any,
        folder: Path,
        model: Net,
        *,
        begin: Callable[[Net, Net], None] | None = None,
        slow: float = 0.9985,
        clip: float | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "last.pt"
        self.model: Net = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).eval()
        self.step = 0
        self._plan, self._slow, self._clip = plan, slow, clip
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=plan.rate, weight_decay=0.02, fused=True
        )
        if self.file.exists():
            state = torch.load(self.file, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self._optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]
        elif begin is not None:
            begin(self.model, self.average)
        (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
        self._loss = 0.0

    def steps(self, minutes: float, tell: int) -> Iterator[int]:
        """The steps that are left, until ``minutes`` are over; every ``tell`` of them kept and told of."""
        started = time.monotonic()
        self.model.train()
        while self.step < self._plan.steps and time.monotonic() - started < minutes * 60:
            yield self.step
            if self.step % tell == 0 or self.step >= self._plan.steps:
                self._save()
                took = time.monotonic() - started
                print(f"{self._plan.name} step {self.step} loss {self._loss:.4f} {took:.0f} s", flush=True)
        self._save()

    def learn(self, loss: torch.Tensor, *, flat: bool = False) -> None:
        """One step down ``loss``; the rate rises at first, then follows a cosine unless it is ``flat``."""
        cooled = 1.0 if flat else 0.5 * (1 + float(np.cos(np.pi * self.step / self._plan.steps))) + 0.005
        for group in self._optimiser.param_groups:
            group["lr"] = self._plan.rate * min(1.0, (self.step + 1) / _WARM) * cooled
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self._clip is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._clip)
        self._optimiser.step()
        self.step += 1
        self._loss = 0.98 * self._loss + 0.02 * float(loss.detach())
        self._follow(min(self._slow, self.step / (self.step + 20)))

    def _follow(self, keep: float) -> None:
        """Move the averaged weights a little towards the present ones."""
        with torch.no_grad():
            states = zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True)
            for kept, new in states:
                if kept.dtype.is_floating_point:
                    kept.lerp_(new, 1 - keep)
                else:
                    kept.copy_(new)

    def _save(self) -> None:
        """Write the checkpoint whole or not at all."""
        draft = self.file.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "step": self.step,
            },
            draft,
        )
        draft.replace(self.file)


def averaged(folder: Path) -> State:
    """The averaged weights of a run's checkpoint."""
    state: State = torch.load(folder / "last.pt", weights_only=True)["average"]
    return state
