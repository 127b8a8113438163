"""The network over prepared cells: a small residual CNN, float32 (N, 2, 32, 32) -> logits (N, 12)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

CLASSES = 12


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
    """Three scales of a halving and a residual block, the maximum, a linear layer; 0.49 M parameters.

    The first convolution already halves: at full size memory, not arithmetic, would take the time.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128), drop: float = 0.15) -> None:
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            _halving(2, a, 5), _Residual(a), _halving(a, b, 3), _Residual(b), _halving(b, c, 3), _Residual(c)
        )
        self.drop = nn.Dropout(drop)
        self.head = nn.Linear(c * 4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = functional.max_pool2d(self.body(x), 2)
        return self.head(self.drop(features.flatten(1)))
