"""One training run: reads the cache, resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.cache import FOLDER
from training.checkpoints import follow, save
from training.net import SHALLOW, CellNet
from training.sources import fold

RUNS = Path(__file__).parent / "runs"


@dataclass(frozen=True)
class Plan:
    """What a run trains on: sources with their weight in the mix, what is left out, and for how long.

    ``flat`` keeps the rate: such a run may be stopped at any step; one that starts from it cools down.
    ``smoothing`` of labels steadies early training; the last run does without, for confidence must near 1.
    """

    name: str
    mix: tuple[tuple[str, float], ...]
    steps: int
    leave_out_fold: int | None = None
    batch: int = 128
    rate: float = 3e-3
    start_from: str | None = None
    flat: bool = False
    smoothing: float = 0.02
    seed: int = 1
    depths: tuple[int, int, int] = SHALLOW


def load_mix(plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everything rendered of the plan's sources: x, y and each example's chance to be drawn."""
    xs, ys, chances = [], [], []
    for source, weight in plan.mix:
        parts = sorted(FOLDER.glob(f"{source}-[0-9]*.npz"))
        if not parts:
            raise FileNotFoundError(f"nothing rendered of {source}: run `python -m training.digits render`")
        sx, sy = [], []
        for part in parts:
            with np.load(part) as data:
                keep = np.ones(len(data["y"]), dtype=bool)
                if source == "unipen" and plan.leave_out_fold is not None:
                    keep = fold(data["group"]) != plan.leave_out_fold
                sx.append(data["x"][keep])
                sy.append(data["y"][keep])
        count = sum(map(len, sy))
        xs += sx
        ys += sy
        chances.append(np.full(count, weight / count))
    chance = np.concatenate(chances)
    return np.concatenate(xs), np.concatenate(ys), chance / chance.sum()


def run(plan: Plan, minutes: float = 110.0) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint."""
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    folder = RUNS / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    x, y, chance = load_mix(plan)
    model = CellNet(depths=plan.depths).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=0.02, fused=True)
    step = 0
    if last.exists():
        state = torch.load(last, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    elif plan.start_from is not None:
        state = torch.load(RUNS / plan.start_from / "last.pt", weights_only=True)
        for network in (model, average):
            network.grow_from(state["average"], _depths(plan.start_from))
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
    started, shown = time.monotonic(), 0.0
    model.train()
    while step < plan.steps and time.monotonic() - started < minutes * 60:
        rng = np.random.default_rng([plan.seed, step])
        for picked in np.split(rng.choice(len(y), plan.batch * 50, p=chance), 50):
            if step >= plan.steps:
                break
            _warm_cosine(optimiser, plan, step)
            batch = _augment(torch.from_numpy(x[picked]).float().div_(255), rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(batch.contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(
                logits.float(), torch.from_numpy(y[picked]).long(), label_smoothing=plan.smoothing
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            step += 1
            shown = 0.97 * shown + 0.03 * float(loss.detach())
            follow(average, model, min(0.9985, step / (step + 20)))
        if (step // 50) % 10 == 0 or step >= plan.steps:
            save(last, model, average, optimiser, step)
            print(f"{plan.name} step {step} loss {shown:.4f} {time.monotonic() - started:.0f} s", flush=True)
    save(last, model, average, optimiser, step)
    return last


def trained(name: str) -> CellNet:
    """The averaged weights of a run, ready to measure."""
    model = CellNet(depths=_depths(name)).eval()
    model.load_state_dict(torch.load(RUNS / name / "last.pt", weights_only=True)["average"])
    return model


def _depths(name: str) -> tuple[int, int, int]:
    """The blocks of a run's network."""
    told = json.loads((RUNS / name / "plan.json").read_text())
    first, second, third = told.get("depths", SHALLOW)
    return first, second, third


def logits_of(model: CellNet, x: np.ndarray) -> np.ndarray:
    """Logits float32 (N, 12) of examples uint8 (N, 2, S, S)."""
    torch.set_num_threads(1)
    out = []
    with torch.inference_mode():
        for start in range(0, len(x), 512):
            batch = torch.from_numpy(x[start : start + 512]).float().div_(255)
            out.append(model(batch).numpy())
    return np.concatenate(out) if out else np.zeros((0, 12), np.float32)


def _augment(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Every example turned, sheared, scaled, bent and moved a little and its contrast changed.

    No cut is exact and no writer's hand was recorded often enough.
    """
    count, size = len(batch), batch.shape[-1]
    turn, shear = rng.normal(0, 0.06, count), rng.normal(0, 0.07, count)
    scale = np.exp(rng.normal(0, 0.06, (2, count)))
    cos, sin = np.cos(turn), np.sin(turn)
    rows = np.stack(
        [
            np.stack([cos / scale[0], (shear - sin) / scale[0], rng.normal(0, 1.6 / size, count)], 1),
            np.stack([sin / scale[1], cos / scale[1], rng.normal(0, 1.6 / size, count)], 1),
        ],
        1,
    ).astype(np.float32)
    grid = functional.affine_grid(torch.from_numpy(rows), list(batch.shape), align_corners=False)
    # Smooth random displacements of about a pixel (Simard et al. 2003): shapes nobody recorded.
    knots = torch.from_numpy(rng.normal(0, 1.8 / size, (count, 2, 5, 5)).astype(np.float32))
    bent = functional.interpolate(knots, (size, size), mode="bicubic", align_corners=True)
    grid = grid + bent.permute(0, 2, 3, 1)
    moved = functional.grid_sample(batch, grid, align_corners=False)
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.2, (count, 1, 1, 1))).astype(np.float32))
    return moved.clamp_(1e-4, 1.0) ** gamma


def _warm_cosine(optimiser: torch.optim.Optimizer, plan: Plan, step: int) -> None:
    warm = min(1.0, (step + 1) / 200)
    cooled = 1.0 if plan.flat else 0.5 * (1 + float(np.cos(np.pi * step / plan.steps))) + 0.005
    rate = plan.rate * warm * cooled
    for group in optimiser.param_groups:
        group["lr"] = rate
