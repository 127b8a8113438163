"""The network over strips: plain convolutions, (N, 2, 40, W) in 0-1 -> logits (N, W / 2, 12)."""

from __future__ import annotations

import torch
from torch import nn

#: Digits, ``#``, and CTC's blank.
CLASSES = 12
#: Columns of a strip that share one vector, and frames that are read out of it.
_COLUMNS, FRAMES = 4, 2


def _block(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class _Along(nn.Module):
    """A residual convolution along the line: what stands beside a stroke tells what it belongs to."""

    def __init__(self, channels: int, apart: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels, channels, (1, 5), padding=(0, 2 * apart), dilation=(1, apart), bias=False
        )
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


class LineNet(nn.Module):
    """A 5x5 and five 3x3 convolutions, the rows folded into one, three along the line; 0.5 M parameters.

    A vector stands for four columns; the head reads two frames out of each, so that a tight 11 still has the
    three frames that CTC needs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _block(2, 24, 5, 2), _block(24, 32), nn.MaxPool2d(2),
            _block(32, 64), _block(64, 64), nn.MaxPool2d((2, 1)),
            _block(64, 96), _block(96, 96),
        )  # fmt: skip
        self.fold = nn.Sequential(
            nn.Conv2d(96, 128, (5, 1), bias=False), nn.BatchNorm2d(128), nn.ReLU(inplace=True)
        )
        self.along = nn.Sequential(_Along(128, 1), _Along(128, 2), _Along(128, 3), nn.Dropout(0.1))
        self.head = nn.Conv2d(128, FRAMES * CLASSES, 1)

    def forward(self, strips: torch.Tensor) -> torch.Tensor:
        out = self.head(self.along(self.fold(self.body(strips))))
        n, _, _, columns = out.shape
        frames = out.reshape(n, FRAMES, CLASSES, columns).permute(0, 3, 1, 2)
        return frames.reshape(n, columns * FRAMES, CLASSES)


def frames_of(width: int) -> int:
    """Frames that a strip of this width gives."""
    return width // _COLUMNS * FRAMES
