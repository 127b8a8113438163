"""One training run over lines: resumes from its checkpoint, averages the weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ocr.lines.prepare import HEIGHT
from ocr.lines.views import views
from training.checkpoints import Learner, averaged
from training.line_net import CLASSES, LineNet, frames_of
from training.line_pool import Pool

RUNS = Path(__file__).parent / "runs"
#: One character a class; the last class is CTC's blank.
SYMBOLS = "0123456789#"


@dataclass(frozen=True)
class Plan:
    """How a run trains: ``steps`` batches of strips with about ``columns`` columns together.

    ``quick``: the share of lines that are drawn as it goes, the others are read from disk. ``flat`` keeps the
    rate: such a run may be stopped at any step; one that starts from it cools down. ``cells``: the run over
    cells whose body a fresh network begins with, where it is there.
    """

    name: str
    steps: int
    quick: float = 0.5
    columns: int = 9000
    rate: float = 2e-3
    flat: bool = False
    start_from: str | None = None
    cells: str | None = None
    seed: int = 1


def run(plan: Plan, minutes: float = 110.0) -> Path:
    """Train until done or ``minutes`` are over; call again to go on. Returns the checkpoint."""
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    learner = Learner(plan, RUNS / plan.name, LineNet(), begin=lambda *both: _begin(plan, *both), clip=5.0)
    pool = Pool(plan.quick, plan.seed)
    for step in learner.steps(minutes, tell=100):
        rng = np.random.default_rng([plan.seed, step])
        strips, texts = pool.batch(plan.columns, rng)
        widths = np.array([strip.shape[2] for strip in strips])
        loss = _loss(learner.model, _augment(stacked(strips), rng), texts, widths)
        learner.learn(loss, flat=plan.flat)
    return learner.file


def _begin(plan: Plan, model: LineNet, average: LineNet) -> None:
    """From another run, or with the body of the cells' network where it is there."""
    for network in (model, average):
        if plan.start_from is not None:
            network.load_state_dict(averaged(RUNS / plan.start_from))
        elif plan.cells is not None and (RUNS / plan.cells / "last.pt").exists():
            network.begin_with_cells(RUNS / plan.cells / "last.pt")


def trained(name: str) -> LineNet:
    """The averaged weights of a run, ready to measure; ``a+b``: their mean over runs of which one began with
    the other (Wortsman et al. 2022)."""
    states = [averaged(RUNS / each) for each in name.split("+")]
    mean = {
        key: sum(state[key] for state in states) / len(states) if value.is_floating_point() else value
        for key, value in states[0].items()
    }
    model = LineNet().eval()
    model.load_state_dict(mean)
    return model


def logits_of(model: LineNet, strips: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Logits float32 (frames, 12) of each strip's views, one at a time as at run time."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        return [[model(stacked([view]))[0].numpy() for view in views(strip)] for strip in strips]


def stacked(strips: list[np.ndarray]) -> torch.Tensor:
    """Strips side by side in a batch, the shorter ones followed by bare paper; float32 in 0-1."""
    wide = max(strip.shape[2] for strip in strips)
    out = np.zeros((len(strips), 2, HEIGHT, wide), np.uint8)
    for k, strip in enumerate(strips):
        out[k, :, :, : strip.shape[2]] = strip
    return torch.from_numpy(out).float().div_(255)


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
    """Every strip sheared, scaled, bent and moved a little and its contrast changed."""
    n, _, high, wide = batch.shape
    shear = rng.normal(0, 0.09, n) * high / wide
    across, down = np.exp(rng.normal(0, 0.03, n)), np.exp(rng.normal(0, 0.07, n))
    level = np.zeros(n)
    turn = rng.normal(0, 0.5, n) / high
    rows = np.stack(
        [
            np.stack([1 / across, shear, rng.normal(0, 1.5, n) / wide], 1),
            np.stack([turn, 1 / down, level + rng.normal(0, 1.6, n) / high], 1),
        ],
        1,
    ).astype(np.float32)
    grid = functional.affine_grid(torch.from_numpy(rows), list(batch.shape), align_corners=False)
    # Smooth random displacements of about a pixel (Simard et al. 2003): shapes nobody recorded.
    knots = rng.normal(0, 1.0, (n, 2, 5, max(2, wide // 9))) / np.array([wide / 2, high / 2])[:, None, None]
    bent = functional.interpolate(
        torch.from_numpy(knots.astype(np.float32)), (high, wide), mode="bilinear", align_corners=True
    )
    moved = functional.grid_sample(batch, grid + bent.permute(0, 2, 3, 1), align_corners=False)
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.25, (n, 1, 1, 1))).astype(np.float32))
    return moved.clamp_(1e-4, 1.0) ** gamma
