"""One training run: reads the cache, resumes from its checkpoint, keeps an average of the weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.cache import FOLDER
from training.checkpoints import Learner, averaged
from training.net import SHALLOW, CellNet
from training.sources import fold

RUNS = Path(__file__).parent / "runs"


@dataclass(frozen=True)
class Plan:
    """What a run trains on: sources with their weight in the mix, what is left out, and for how long.

    ``flat`` keeps the rate: such a run may be stopped at any step; one that starts from it cools down.
    ``smoothing`` of labels steadies early training; the last run does without, for confidence must near 1.
    ``teachers``: runs whose geometric mean is learned beside the label, half and half (Hinton et al. 2015).
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
    teachers: tuple[str, ...] = ()


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
    x, y, chance = load_mix(plan)
    learner = Learner(
        plan, RUNS / plan.name, CellNet(depths=plan.depths), begin=lambda *both: _begin(plan, *both)
    )
    teachers = [trained(name).to(memory_format=torch.channels_last) for name in plan.teachers]
    drawn: list[np.ndarray] = []
    rng = np.random.default_rng(plan.seed)
    for step in learner.steps(minutes, tell=500):
        if not drawn:
            rng = np.random.default_rng([plan.seed, step])
            drawn = np.split(rng.choice(len(y), plan.batch * 50, p=chance), 50)
        picked = drawn.pop(0)
        batch = _augment(torch.from_numpy(x[picked]).float().div_(255), rng)
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = learner.model(batch)
        loss = functional.cross_entropy(
            logits.float(), torch.from_numpy(y[picked]).long(), label_smoothing=plan.smoothing
        )
        if teachers:
            loss = 0.5 * loss + 0.5 * functional.cross_entropy(logits.float(), _taught(teachers, batch))
        learner.learn(loss, flat=plan.flat)
    return learner.file


def _taught(teachers: Sequence[CellNet], batch: torch.Tensor) -> torch.Tensor:
    """Probabilities float32 (N, 12): the geometric mean of what the teachers say."""
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        said = torch.stack([torch.log_softmax(teacher(batch).float(), dim=1) for teacher in teachers])
    return torch.softmax(said.mean(dim=0), dim=1).clone()


def _begin(plan: Plan, model: CellNet, average: CellNet) -> None:
    """From another run, where the plan names one; its network may be shallower."""
    for network in (model, average) if plan.start_from is not None else ():
        network.grow_from(averaged(RUNS / str(plan.start_from)), _depths(str(plan.start_from)))


def trained(name: str) -> CellNet:
    """The averaged weights of a run, ready to measure."""
    model = CellNet(depths=_depths(name)).eval()
    model.load_state_dict(averaged(RUNS / name))
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
