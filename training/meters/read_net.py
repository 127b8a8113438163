"""The network that reads strips: float32 (N, 3, 48, W) -> logits (N, W / 4, 21); 1.1 M parameters.

21 classes: a digit before the mark (0–9), a digit behind it (10–19), CTC's empty symbol (20).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

CLASSES = 21
EMPTY = 20


class Residual(nn.Module):
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


def halving(inside: int, outside: int, stride: int | tuple[int, int] = 2, kernel: int = 3) -> nn.Sequential:
    """A convolution that makes the picture smaller."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class _Along(nn.Module):
    """A look at the neighbours left and right: a turning drum is decided by them."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, (1, 5), 1, (0, 2 * dilation), (1, dilation), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.body(x))


class ReadNet(nn.Module):
    """Convolutions down to one row, then along it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            halving(3, 24, 2, 5),
            halving(24, 48),
            Residual(48),
            Residual(48),
            halving(48, 80, (2, 1)),
            Residual(80),
            Residual(80),
            halving(80, 112, (2, 1)),
            Residual(112),
            nn.Conv2d(112, 144, (3, 1), bias=False),
            nn.BatchNorm2d(144),
            nn.ReLU(inplace=True),
            _Along(144, 1),
            _Along(144, 3),
            _Along(144, 6),
        )
        self.drop = nn.Dropout(0.1)
        self.head = nn.Conv2d(144, CLASSES, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.drop(self.body(x)))
        return logits[:, :, 0].transpose(1, 2)


def losses(logits: torch.Tensor, frames: torch.Tensor, texts: list[list[int]]) -> torch.Tensor:
    """CTC (Graves et al. 2006) in which a place may be any digit: minus log probability of each text (N,).

    ``frames`` (N,): how many of the frames count. The forward recursion runs over all of a batch at once.
    """
    logp = functional.log_softmax(logits.float(), dim=2)
    anything = torch.stack([logp[..., :10].logsumexp(2), logp[..., 10:20].logsumexp(2)], 2)
    # Classes as in training.meters.strips: 20 and 21 are "any"; the empty symbol goes to the end.
    scores = torch.cat([logp[..., :20], anything, logp[..., EMPTY:]], 2)
    empty = scores.shape[2] - 1
    n, longest = len(texts), max(1, *map(len, texts))
    states = 2 * longest + 1
    symbols = torch.full((n, states), empty)
    for k, text in enumerate(texts):
        symbols[k, 1 : 2 * len(text) : 2] = torch.tensor(text, dtype=torch.long)
    ends = torch.tensor([2 * len(text) for text in texts])
    skip = torch.zeros(n, states, dtype=torch.bool)
    skip[:, 3::2] = symbols[:, 3::2] != symbols[:, 1:-2:2]
    never = -1e4
    emitted = scores.gather(2, symbols[:, None, :].expand(-1, scores.shape[1], -1))
    first = torch.full((n, states), never)
    first[:, :2] = 0.0
    alpha = first + emitted[:, 0]
    one = torch.full((n, 1), never)
    two = torch.full((n, 2), never)
    barred = torch.where(skip, 0.0, never)
    for t in range(1, scores.shape[1]):
        came = torch.stack(
            [alpha, torch.cat([one, alpha[:, :-1]], 1), torch.cat([two, alpha[:, :-2]], 1) + barred]
        ).logsumexp(0)
        alpha = torch.where((t < frames)[:, None], came + emitted[:, t], alpha)
    rows = torch.arange(n)
    last = alpha[rows, ends]
    before = torch.where(ends > 0, alpha[rows, (ends - 1).clamp(min=0)], torch.tensor(never))
    return -torch.logaddexp(last, before)
