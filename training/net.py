"""The network over prepared cells: a small plain CNN, float32 (N, 2, 32, 32) -> logits (N, 12)."""

from __future__ import annotations

import torch
from torch import nn

CLASSES = 12


def _block(inside: int, outside: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class CellNet(nn.Module):
    """Seven 3x3 convolutions in four scales, then the mean and a linear layer; 0.3 M parameters."""

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 64, 128), drop: float = 0.15) -> None:
        super().__init__()
        a, b, c, d = widths
        self.body = nn.Sequential(
            _block(2, a, 1), _block(a, b, 2), _block(b, b, 1), _block(b, c, 2), _block(c, c, 1),
            _block(c, d, 2), _block(d, d, 1),
        )  # fmt: skip
        self.drop = nn.Dropout(drop)
        self.head = nn.Linear(d * 4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = nn.functional.max_pool2d(self.body(x), 2)
        return self.head(self.drop(features.flatten(1)))
