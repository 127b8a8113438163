"""The network that reads an LCD's symbols, from drawn screens: float32 (N, 1, 64, 192) -> logits (N, 11)."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ocr.meters.screen import MEANINGS, SIZE, TARIFFS, around, normal
from training.checkpoints import follow
from training.meters.look import photographed
from training.meters.read_net import Residual, halving
from training.meters.read_train import RUNS, gathered
from training.meters.strips import jittered

#: Of the drawn screens every so manieth is kept for measuring.
_HELD = 8
_BATCH = 64


class ScreenNet(nn.Module):
    """Four halvings; the strongest answer anywhere counts, for a symbol may stand anywhere; 0.2 M."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            halving(1, 16, 2, 5),
            halving(16, 32),
            Residual(32),
            halving(32, 64),
            Residual(64),
            halving(64, 96),
        )
        self.head = nn.Linear(192, len(MEANINGS) + len(TARIFFS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.body(x)
        pooled = torch.cat([seen.amax((2, 3)), seen.mean((2, 3))], 1)
        logits: torch.Tensor = self.head(pooled)
        return logits


def examples(rng: np.random.Generator, held: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drawn screens as a camera sees them: uint8 (N, H, W), meanings and tariffs (-1: not asked)."""
    xs, meanings, tariffs = [], [], []
    for k, stored in enumerate(gathered("strip-lcd")):
        if (k % _HELD == 0) != held:
            continue
        picture = stored.picture()
        for row in picture.rows:
            if len(row.digits) < 2:
                continue
            small = np.log(8), np.log(40)
            quad = jittered(row.quad, rng, 0.7)
            seen = around(photographed(picture.image, rng, 0.5), quad)
            high = float(np.exp(rng.uniform(*small)))
            xs.append(_coarse(seen, high))
            meanings.append(MEANINGS.index(row.means))
            tariffs.append(TARIFFS.index(row.tariff) if row.means == "reading" else -1)
    return np.stack(xs), np.array(meanings), np.array(tariffs)


def _coarse(grey: np.ndarray, digit: float) -> np.ndarray:
    """As it looks when the photo's digits were ``digit`` pixels high."""
    scale = min(1.0, digit / 18.0)
    if scale >= 1.0:
        return grey
    tensor = torch.from_numpy(grey)[None, None].float()
    small = functional.interpolate(tensor, scale_factor=scale, mode="area")
    back = functional.interpolate(small, SIZE, mode="bilinear", align_corners=False)
    return back[0, 0].round().clamp(0, 255).byte().numpy()


def run(steps: int = 2400, rounds: int = 3, rate: float = 2e-3) -> Path:
    """Train; the screens are looked at anew ``rounds`` times. Returns the weights' file."""
    torch.set_num_threads(1)
    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    model, average = ScreenNet(), ScreenNet()
    average.load_state_dict(model.state_dict())
    average.eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.02, fused=True)
    started, step = time.monotonic(), 0
    for _ in range(rounds):
        xs, meanings, tariffs = examples(rng, held=False)
        for _ in range(steps // rounds):
            picked = rng.integers(0, len(xs), _BATCH)
            x = torch.from_numpy(np.stack([normal(xs[k]) for k in picked]))
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * step / steps))
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(x).float()
            split = len(MEANINGS)
            loss = functional.cross_entropy(logits[:, :split], torch.from_numpy(meanings[picked]))
            asked = torch.from_numpy(tariffs[picked])
            loss = loss + functional.cross_entropy(logits[:, split:], asked, ignore_index=-1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            step += 1
            follow(average, model, min(0.995, step / (step + 20)))
            if step % 200 == 0:
                print(
                    f"screen step {step} loss {float(loss):.3f} {time.monotonic() - started:.0f} s",
                    flush=True,
                )
    path = RUNS / "screen" / "last.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(average.state_dict(), path)
    return path


def trained() -> ScreenNet:
    """The averaged weights."""
    model = ScreenNet()
    model.load_state_dict(torch.load(RUNS / "screen" / "last.pt", weights_only=True))
    return model.eval()


def measured(seed: int = 5) -> str:
    """What the weights say of drawn screens that were kept back."""
    xs, meanings, tariffs = examples(np.random.default_rng(seed), held=True)
    with torch.inference_mode():
        logits = trained()(torch.from_numpy(np.stack([normal(x) for x in xs]))).numpy()
    split = len(MEANINGS)
    right = logits[:, :split].argmax(1) == meanings
    asked = tariffs >= 0
    which = logits[asked, split:].argmax(1) == tariffs[asked]
    reading = (logits[:, :split].argmax(1) == 0) == (meanings == 0)
    return (
        f"meaning {right.mean():.3f} of {len(xs)}; reading or not {reading.mean():.3f}; "
        f"tariff {which.mean():.3f} of {asked.sum()}"
    )
