"""The network over prepared cells: a small residual CNN, float32 (N, 2, 32, 32) -> logits (N, 12)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

CLASSES = 12
#: Residual blocks a scale: of the first runs, and of what is shipped.
SHALLOW, DEEP = (1, 1, 1), (1, 3, 2)


class _Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(inner)))


def _halving(inside: int, outside: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, 2, kernel // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class CellNet(nn.Module):
    """Three scales of a halving and residual blocks, the maximum, a linear layer.

    The first convolution already halves: at full size memory, not arithmetic, would take the time.
    """

    def __init__(
        self,
        widths: tuple[int, int, int] = (32, 64, 128),
        depths: tuple[int, int, int] = SHALLOW,
        drop: float = 0.15,
    ) -> None:
        super().__init__()
        self.depths = depths
        layers: list[nn.Module] = []
        for inside, width, kernel, depth in zip((2, *widths), widths, (5, 3, 3), depths, strict=False):
            layers.append(_halving(inside, width, kernel))
            layers += [_Residual(width) for _ in range(depth)]
        self.body = nn.Sequential(*layers)
        self.drop = nn.Dropout(drop)
        self.head = nn.Linear(widths[2] * 4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = functional.max_pool2d(self.body(x), 2)
        return self.head(self.drop(features.flatten(1)))

    def grow_from(self, state: dict[str, torch.Tensor], depths: tuple[int, int, int]) -> None:
        """Take the weights of a network with ``depths``; further blocks begin as the identity.

        What a block adds is scaled by its last normalisation, which starts at zero, and what it passes on is
        never negative: the grown network answers as the smaller one did (Net2Net, Chen et al. 2016).
        """
        if any(new < old for new, old in zip(self.depths, depths, strict=True)):
            raise ValueError(f"blocks {self.depths} are fewer than {depths}: a network grows only")
        places = {
            _start(depths, stage) + k: _start(self.depths, stage) + k
            for stage in range(3)
            for k in range(1 + depths[stage])
        }
        for name, module in self.body.named_children():
            if isinstance(module, _Residual) and int(name) not in places.values():
                nn.init.zeros_(module.second_norm.weight)
        moved = {}
        for key, value in state.items():
            room, number, *rest = key.split(".")
            place = str(places[int(number)]) if room == "body" else number
            moved[".".join((room, place, *rest))] = value
        self.load_state_dict({**self.state_dict(), **moved})


def _start(depths: tuple[int, int, int], stage: int) -> int:
    """The place of a stage's halving among the layers."""
    return sum(1 + depth for depth in depths[:stage])
