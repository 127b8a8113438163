"""The network that finds rows of digits: float32 (N, 3, H, W) in 0–1 -> maps (N, 8, H / 4, W / 4); 1.2 M.

H and W are multiples of 32. A pyramid of residual blocks with a way back up (Lin et al. 2017). Its maps are
logits but for the direction and the height: see ``training.meters.crops``.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from training.meters.crops import MAPS
from training.meters.read_net import Residual, halving

_UP = 48


class FindNet(nn.Module):
    """Five halvings down, three steps up."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = halving(3, 16)
        self.four = nn.Sequential(halving(16, 32), Residual(32))
        self.eight = nn.Sequential(halving(32, 64), Residual(64), Residual(64))
        self.sixteen = nn.Sequential(halving(64, 96), Residual(96), Residual(96))
        self.thirtytwo = nn.Sequential(halving(96, 104), Residual(104), Residual(104))
        self.sides = nn.ModuleList(nn.Conv2d(width, _UP, 1) for width in (32, 64, 96, 104))
        self.smooth = nn.ModuleList(Residual(_UP) for _ in range(3))
        self.head = nn.Sequential(
            nn.Conv2d(_UP, _UP, 3, 1, 1, bias=False),
            nn.BatchNorm2d(_UP),
            nn.ReLU(inplace=True),
            nn.Conv2d(_UP, MAPS, 1),
        )
        # Rows are rare: begin by expecting none.
        with torch.no_grad():
            last = self.head[3]
            assert isinstance(last, nn.Conv2d) and last.bias is not None
            last.bias[0] = last.bias[7] = -3.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        four = self.four(self.stem(x - 0.45))
        eight = self.eight(four)
        sixteen = self.sixteen(eight)
        up = self.sides[3](self.thirtytwo(sixteen))
        for k, finer in ((2, sixteen), (1, eight), (0, four)):
            grown = functional.interpolate(up, scale_factor=2.0, mode="nearest")
            up = self.smooth[k](grown + self.sides[k](finer)) if k else grown + self.sides[k](finer)
        maps: torch.Tensor = self.head(up)
        return maps


def loss_of(maps: torch.Tensor, wanted: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """One number. ``counts`` (N, h, w): 0 where nothing is asked."""
    maps = maps.float()
    row, on = wanted[:, 0], (wanted[:, 0] > 0.5) & (counts > 0)
    free = counts.float()
    each = functional.binary_cross_entropy_with_logits(maps[:, 0], row, reduction="none")
    chance = torch.sigmoid(maps[:, 0])
    focus = torch.where(row > 0.5, 1 - chance, chance) ** 1.5
    total = 8.0 * (each * focus * free).mean()
    # Overlap (Milletari et al. 2016) over the batch: rows are a hundredth of the pixels.
    both = 2 * (chance * row * free).sum() + 50.0
    total = total + 1.0 - both / ((chance * free).sum() + (row * free).sum() + 50.0)
    bump = wanted[:, 7]
    spot = torch.sigmoid(maps[:, 7]).clamp(1e-5, 1 - 1e-5)
    peak = bump > 0.999
    hit = -((1 - spot) ** 2) * torch.log(spot) * peak
    miss = -((1 - bump) ** 4) * spot**2 * torch.log(1 - spot) * ~peak * free
    total = total + 0.5 * (hit.sum() + miss.sum()) / (peak.sum() + 20.0)
    if on.any():
        for k, weight in ((1, 0.5), (2, 0.5), (3, 0.2)):
            picked = maps[:, k][on]
            total = total + weight * functional.binary_cross_entropy_with_logits(picked, wanted[:, k][on])
        way = torch.stack([maps[:, 4][on], maps[:, 5][on]], 1)
        true = torch.stack([wanted[:, 4][on], wanted[:, 5][on]], 1)
        total = (
            total
            + (1 - functional.cosine_similarity(way, true)).mean()
            + 0.05 * (way.norm(dim=1) - 1).abs().mean()
        )
        total = total + 0.5 * (maps[:, 6][on] - wanted[:, 6][on]).abs().mean()
    return total
