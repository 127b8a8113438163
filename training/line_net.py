"""The network over strips: plain convolutions, (N, 2, 40, W) in 0-1 -> logits (N, W / 2, 12)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

#: Digits, ``#``, and CTC's blank.
CLASSES = 12
#: Columns of a strip that share one vector, and frames that are read out of it.
_COLUMNS, FRAMES = 4, 2


class _Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016), their columns ``apart``."""

    def __init__(self, width: int, apart: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, (1, apart), (1, apart), bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, 1, (1, apart), (1, apart), bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(inner)))


def _halving(inside: int, outside: int, kernel: int, stride: tuple[int, int] = (2, 2)) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
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
        return functional.relu(x + self.norm(self.conv(x)))


class LineNet(nn.Module):
    """The body of ``training.net.CellNet``, the rows folded into one, three along the line; 1.7 M parameters.

    The body's last halving leaves the columns, and what follows has holes instead (Chen et al. 2015), so that
    it computes what it does over a cell, at every fourth column. A vector stands for four columns; the head
    reads two frames out of each, so that a tight 11 still has the three frames that CTC needs.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128), along: int = 256) -> None:
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            _halving(2, a, 5), _Residual(a), _halving(a, b, 3), _Residual(b),
            _halving(b, c, 3, (2, 1)), _Residual(c, 2),
        )  # fmt: skip
        self.fold = nn.Sequential(
            nn.Conv2d(c, along, (5, 1), bias=False), nn.BatchNorm2d(along), nn.ReLU(inplace=True)
        )
        self.along = nn.Sequential(_Along(along, 1), _Along(along, 2), _Along(along, 4), nn.Dropout(0.1))
        self.head = nn.Conv2d(along, FRAMES * CLASSES, 1)

    def forward(self, strips: torch.Tensor) -> torch.Tensor:
        out = self.head(self.along(self.fold(self.body(strips))))
        n, _, _, columns = out.shape
        frames = out.reshape(n, FRAMES, CLASSES, columns).permute(0, 3, 1, 2)
        return frames.reshape(n, columns * FRAMES, CLASSES)

    def begin_with_cells(self, checkpoint: Path) -> None:
        """Take the body of a run over cells (``training.train``): strokes are the same in both."""
        state = torch.load(checkpoint, weights_only=True)["average"]
        body = {name[5:]: value for name, value in state.items() if name.startswith("body.")}
        self.body.load_state_dict(body)


def frames_of(width: int) -> int:
    """Frames that a strip of this width gives."""
    return width // _COLUMNS * FRAMES
