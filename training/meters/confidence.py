"""What a photo's reading is worth: fitted on drawn photos, and on a few real ones, that no network saw.

\b
    python -m training.meters.confidence collect --photos 3000 --to training/runs/photos.csv
    python -m training.meters.confidence fit        the calibration, into the weights
    python -m training.meters.confidence draw       further ones, then:
    python -m training.meters.prove training/runs/drawn/manifest.csv --simulated
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import click
import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from ocr.meters.confidence import Confidence, features
from ocr.meters.reader import Candidate, MeterReader
from simulate.meters.model import Picture
from simulate.meters.scene import draw_scene
from training.meters.measure import overlap_of
from training.meters.read_train import gathered

RUNS = Path(__file__).parent.parent / "runs"
WEIGHTS = Path("ocr/weights")
COLUMNS = ("seed", "kind", "text", "score", "right", "value", "shown")
#: Drawn photos begin here: training's seeds are of another kind altogether.
_FIRST, _FURTHER = 5_000_000, 6_000_000
_HELP = __doc__


@click.group(help=_HELP)
def main() -> None:
    """Calibrate photos."""


@main.command()
@click.option("--photos", default=3000, show_default=True)
@click.option("--minutes", default=60.0, show_default=True)
@click.option("--to", "path", default=RUNS / "photos.csv", type=click.Path(path_type=Path), show_default=True)
def collect(photos: int, minutes: float, path: Path) -> None:
    """Draw and read photos; those already in the file are not done again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = sum(1 for _ in csv.reader(path.open(encoding="utf-8"))) - 1 if path.exists() else 0
    reader = MeterReader.load()
    end = time.monotonic() + minutes * 60
    with path.open("a", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        if not done:
            writer.writerow(COLUMNS)
            for stored in gathered("photo-chongqing:held"):
                picture = stored.picture()
                writer.writerow(_row(stored.group, picture, reader.candidates(picture.image)))
                done += 1
        while done < photos and time.monotonic() < end:
            seed = _FIRST + done
            picture = draw_scene(np.random.default_rng(seed))
            writer.writerow(_row(str(seed), picture, reader.candidates(picture.image)))
            done += 1
            if done % 100 == 0:
                out.flush()
                click.echo(f"{done} photos", err=True)


def _row(seed: str, picture: Picture, found: list[Candidate]) -> list[object]:
    shown = [row for row in picture.rows if row.means == "reading" and row.digits]
    says = "/".join(row.value for row in shown)
    if not found:
        return [seed, "", 0.0, 0.0, 0, "", says]
    best = found[0]
    value = best.decoded.texts[0].value
    right = any(_same(row.value, value) and overlap_of(best.quad, row.quad) > 0.2 for row in shown)
    text, score = f"{best.decoded.confidence:.6f}", f"{best.found.score:.4f}"
    return [seed, best.found.display, text, score, int(right), value, says]


def _same(true: str, value: str) -> bool:
    return len(true) == len(value) and all(a in ("?", b) for a, b in zip(true, value, strict=True))


@main.command()
@click.option("--from", "path", default=RUNS / "photos.csv", type=click.Path(path_type=Path))
def fit(path: Path) -> None:
    """Fit the calibration and write it into the reader's weights."""
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    weights = {}
    for kind in ("drum", "lcd"):
        own = [row for row in rows if row["kind"] == kind]
        x = np.array([features(float(row["text"]), float(row["score"])) for row in own])
        y = np.array([float(row["right"]) for row in own])
        a, b, c = logistic(x, y).tolist()
        weights[kind] = (a, b, c)
        click.echo(f"{kind}: {len(own)} photos, {a:.3f} {b:.3f} {c:.3f}")
    target = WEIGHTS / "meter-reader.onnx"
    proto = onnx.load(str(target))
    kept = [entry for entry in proto.metadata_props if entry.key != "confidence"]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    entry = proto.metadata_props.add()
    entry.key, entry.value = "confidence", Confidence(weights).as_json()
    onnx.save(proto, str(target))


def logistic(x: NDArray[np.float64], y: NDArray[np.float64], ridge: float = 1.0) -> NDArray[np.float64]:
    """Weights of a logistic regression (N, K) on (N,): Newton in short steps, pulled to (0, 1, 0)."""
    prior = np.array([0.0, 1.0, 0.0])
    weights = prior.copy()
    for _ in range(200):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + ridge * (weights - prior)
        bend = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(x.shape[1])
        step = np.linalg.solve(bend, slope)
        weights = weights - step * min(1.0, 0.5 / float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(weights, np.float64)


@main.command()
@click.option("--photos", default=2000, show_default=True)
@click.option("--to", "folder", default=RUNS / "drawn", type=click.Path(path_type=Path), show_default=True)
def draw(photos: int, folder: Path) -> None:
    """Draw further photos, each with one reading, and their manifest for ``training.meters.prove``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("path", "value", "digits"))
        seed, done = _FURTHER, 0
        while done < photos:
            seed += 1
            picture = draw_scene(np.random.default_rng(seed))
            shown = [row.value for row in picture.rows if row.means == "reading" and row.digits]
            if len(shown) != 1:
                continue
            cv2.imwrite(str(folder / f"{seed}.jpg"), picture.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            writer.writerow((f"{seed}.jpg", shown[0], len(shown[0])))
            done += 1


if __name__ == "__main__":
    main()
