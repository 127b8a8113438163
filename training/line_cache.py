"""Drawn and prepared lines on disk: a file a source and part, so that training only reads.

A file holds ``x`` uint8 (2, H, sum of widths), strips side by side; ``width`` int32 (N,); ``text`` (N,)
strings; ``writer`` int32 (N,), the writer's id in its source. The same (source, part, count) gives the
same file.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocr.lines.prepare import prepare
from training.line_scenes import LineScene
from training.line_sources import MIX, hands
from training.sources import load

FOLDER = Path(__file__).parent / "cache"
#: Lines a part of all sources together, parts, and lines of a set that is held out.
_PART, PARTS, _HELD = 6000, 14, 500
#: Digits that a form's fields have.
FIELDS = (2, 3, 4, 5, 6, 10)


@dataclass(frozen=True)
class Lines:
    """Strips (2, H, W) with their texts and writers."""

    strips: list[np.ndarray]
    texts: list[str]
    writers: np.ndarray


def render() -> None:
    """Draw everything that training reads, half of it forms; files that exist are kept."""
    for part in range(PARTS):
        for source, share in MIX.items():
            _render(_path(source, part), source, round(_PART * share), part, form=part % 2 == 0)


def held_out(source: str, *, form: bool = False) -> Path:
    """Lines by writers left out; ``form``: fields of a printed form, digits alone."""
    path = FOLDER / f"lines-held-{source}{'-form' if form else ''}.npz"
    return _render(path, source, _HELD, 900, held=True, form=form)


def _path(source: str, part: int) -> Path:
    return FOLDER / f"lines-{source}-{part}.npz"


def _render(
    path: Path, source: str, count: int, part: int, *, held: bool = False, form: bool = False
) -> Path:
    if path.exists():
        return path
    FOLDER.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    writers = hands(source, held_out=held)
    scene = LineScene(writers, load("letters"), form=form)
    rng = np.random.default_rng([zlib.crc32(source.encode()), part, int(held), int(form)])
    strips, texts, ids = [], [], np.zeros(count, np.int32)
    started = time.monotonic()
    for k in range(count):
        drawn = scene.draw(rng, digits=int(rng.choice(FIELDS)) if form else None)
        strips.append(prepare(drawn.grey))
        texts.append(drawn.text)
        ids[k] = writers.ids[drawn.writer]
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(
            file, x=np.concatenate(strips, axis=2), text=np.array(texts), writer=ids,
            width=np.array([strip.shape[2] for strip in strips], np.int32),
        )  # fmt: skip
    draft.replace(path)
    print(f"{path.name}: {count} lines in {time.monotonic() - started:.0f} s", flush=True)
    return path


def read(*paths: Path) -> Lines:
    """Files of lines, in order."""
    strips: list[np.ndarray] = []
    texts: list[str] = []
    writers = []
    for path in paths:
        with np.load(path) as data:
            strips += np.split(data["x"], np.cumsum(data["width"])[:-1], axis=2)
            texts += [str(text) for text in data["text"]]
            writers.append(data["writer"])
    return Lines(strips, texts, np.concatenate(writers) if writers else np.zeros(0, np.int32))


def training_files() -> list[Path]:
    """What has been rendered for training."""
    files = [_path(source, part) for part in range(PARTS) for source in MIX]
    return [path for path in files if path.exists()]
