"""One training run over lines: reads the cache, resumes from its checkpoint, averages the weights."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ocr.lines.prepare import HEIGHT
from training import line_cache
from training.checkpoints import follow, save
from training.line_net import CLASSES, LineNet, frames_of

RUNS = Path(__file__).parent / "runs"
#: One character a class; the last class is CTC's blank.
SYMBOLS = "0123456789#"


@dataclass(frozen=True)
class Plan:
    """How a run trains: ``steps`` batches of strips with about ``columns`` columns together."""

    name: str
    steps: int
    columns: int = 8000
    rate: float = 2.5e-3
    start_from: str | None = None
    seed: int = 1


def run(plan: Plan, minutes: float = 110.0) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint."""
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    folder = RUNS / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    lines = line_cache.read(*line_cache.training_files())
    if not lines.strips:
        raise FileNotFoundError("nothing rendered: run `python -m training.lines render`")
    model, step = LineNet().to(memory_format=torch.channels_last), 0
    average = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=0.02, fused=True)
    if last.exists():
        state = torch.load(last, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    elif plan.start_from is not None:
        state = torch.load(RUNS / plan.start_from / "last.pt", weights_only=True)
        model.load_state_dict(state["average"])
        average.load_state_dict(state["average"])
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
    widths = np.array([strip.shape[2] for strip in lines.strips])
    started, shown = time.monotonic(), 0.0
    model.train()
    while step < plan.steps and time.monotonic() - started < minutes * 60:
        rng = np.random.default_rng([plan.seed, step])
        picked = _batch(widths, plan.columns, rng)
        _warm_cosine(optimiser, plan, step)
        x = _augment(stacked([lines.strips[i] for i in picked]), rng)
        loss = _loss(model, x, [lines.texts[i] for i in picked], widths[picked])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        shown = 0.97 * shown + 0.03 * float(loss.detach())
        follow(average, model, min(0.998, step / (step + 20)))
        if step % 100 == 0 or step >= plan.steps:
            save(last, model, average, optimiser, step)
            print(f"{plan.name} step {step} loss {shown:.4f} {time.monotonic() - started:.0f} s", flush=True)
    save(last, model, average, optimiser, step)
    return last


def trained(name: str) -> LineNet:
    """The averaged weights of a run, ready to measure."""
    model = LineNet().eval()
    model.load_state_dict(torch.load(RUNS / name / "last.pt", weights_only=True)["average"])
    return model


def logits_of(model: LineNet, strips: list[np.ndarray]) -> list[np.ndarray]:
    """Logits float32 (frames, 12) of each strip, one at a time as at run time."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        return [model(stacked([strip]))[0].numpy() for strip in strips]


def stacked(strips: list[np.ndarray]) -> torch.Tensor:
    """Strips side by side in a batch, the shorter ones followed by bare paper; float32 in 0-1."""
    wide = max(strip.shape[2] for strip in strips)
    out = np.zeros((len(strips), 2, HEIGHT, wide), np.uint8)
    for k, strip in enumerate(strips):
        out[k, :, :, : strip.shape[2]] = strip
    return torch.from_numpy(out).float().div_(255)


def _batch(widths: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Strips of about one width: padding is work for nothing."""
    pool = rng.integers(0, len(widths), 512)
    pool = pool[np.argsort(widths[pool], kind="stable")]
    start = int(rng.integers(0, len(pool)))
    # As likely begun anywhere; strips of one batch are neighbours in width.
    end = start + 1
    while end < len(pool) and (end + 1 - start) * widths[pool[end]] <= columns:
        end += 1
    while start > 0 and (end - start + 1) * widths[pool[end - 1]] <= columns:
        start -= 1
    return pool[start:end]


def _loss(model: LineNet, x: torch.Tensor, texts: list[str], widths: np.ndarray) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(x.contiguous(memory_format=torch.channels_last))
    frames = torch.tensor([min(frames_of(int(w)), logits.shape[1]) for w in widths])
    targets = torch.tensor([SYMBOLS.index(c) for text in texts for c in text], dtype=torch.long)
    lengths = torch.tensor([len(text) for text in texts])
    logp = functional.log_softmax(logits.float(), dim=2).transpose(0, 1)
    losses = functional.ctc_loss(
        logp, targets, frames, lengths, blank=CLASSES - 1, reduction="none", zero_infinity=True
    )
    return losses.mean()


def _augment(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """The whole batch stretched, moved and its contrast changed; widths stay multiples of four."""
    n, _, high, wide = batch.shape
    if rng.random() < 0.6:
        tall = float(np.exp(rng.normal(0, 0.1)))
        theta = torch.tensor([[[1.0, float(rng.normal(0, 0.05)) * high / wide, 0.0], [0.0, 1 / tall, 0.0]]])
        theta[0, 1, 2] = float(rng.normal(0, 0.06))
        grid = functional.affine_grid(theta.expand(n, -1, -1), list(batch.shape), align_corners=False)
        batch = functional.grid_sample(batch, grid, align_corners=False)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    return batch.clamp_min(1e-4) ** gamma


def _warm_cosine(optimiser: torch.optim.Optimizer, plan: Plan, step: int) -> None:
    warm = min(1.0, (step + 1) / 200)
    rate = plan.rate * warm * (0.5 * (1 + float(np.cos(np.pi * step / plan.steps))) + 0.005)
    for group in optimiser.param_groups:
        group["lr"] = rate
