"""Rendered examples on disk: one file a source and part, so that training only reads.

A file holds ``x`` uint8 (N, 2, S, S), ``y`` uint8 (N,) class, ``group`` int32 (N,) writer of the main glyph,
``index`` int32 (N,) its place in the source. The same (source, part, count) gives the same file.
"""

from __future__ import annotations

import time
import zlib
from pathlib import Path

import cv2
import numpy as np

from ocr.cells.prepare import SIZE
from training.scenes import Scene
from training.sources import Source, fold, load

FOLDER = Path(__file__).parent / "cache"
_OTHER, _BLANK, _PICTURE = 0.14, 0.12, 0.25


def path_of(source: str, part: int) -> Path:
    return FOLDER / f"{source}-{part}.npz"


def render(source: str, part: int, count: int, *, around: str = "shapes") -> Path:
    """Render ``count`` examples of a source into its cache file, unless the file is there."""
    path = path_of(source, part)
    if path.exists():
        return path
    return _write(
        path, load(source), count, np.random.default_rng([zlib.crc32(source.encode()), part]), load(around)
    )


def _write(path: Path, glyphs: Source, count: int, rng: np.random.Generator, around: Source) -> Path:
    FOLDER.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    scene = Scene(glyphs, load("letters"), around)
    x = np.zeros((count, 2, SIZE, SIZE), dtype=np.uint8)
    y, group, index = np.zeros(count, np.uint8), np.zeros(count, np.int32), np.zeros(count, np.int32)
    order = np.concatenate(
        [rng.permutation(len(glyphs.labels)) for _ in range(count // len(glyphs.labels) + 1)]
    )
    started = time.monotonic()
    for k in range(count):
        i, kind, picture = int(order[k]), rng.random(), rng.random() < _PICTURE
        if kind < _OTHER:
            x[k], y[k] = scene.other(i, rng, picture)
        elif kind < _OTHER + _BLANK:
            x[k], y[k] = scene.blank(rng, picture)
        else:
            x[k], y[k] = scene.digit(i, rng, picture)
        group[k], index[k] = glyphs.group[i], i
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(file, x=x, y=y, group=group, index=index)
    draft.replace(path)
    print(f"{path.name}: {count} examples in {time.monotonic() - started:.0f} s", flush=True)
    return path


def held_out(number: int, count: int = 6000) -> Path:
    """Examples of every kind by the UNIPEN writers of one fold, marks and blanks as in training."""
    path = path_of("held-unipen", number)
    if path.exists():
        return path
    every = load("unipen")
    assert every.strokes is not None
    mine = np.flatnonzero(fold(every.group) == number)
    part = Source(every.name, every.labels[mine], every.group[mine], strokes=[every.strokes[i] for i in mine])
    return _write(path, part, count, np.random.default_rng([number, 77]), load("shapes"))


def evaluate_set(source: str, *, part: int = 900, limit: int | None = None, picture: float = 0.0) -> Path:
    """Every digit of a source once, in boxes, for measuring; ``picture``: share photographed alone."""
    path = path_of(f"eval{round(picture * 100):03d}-{source}", part)
    if path.exists():
        return path
    FOLDER.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    glyphs = load(source)
    scene = Scene(glyphs, None, load("shapes"))
    rng = np.random.default_rng([zlib.crc32(source.encode()), part, round(picture * 100)])
    chosen = np.arange(len(glyphs.labels))
    if limit is not None and limit < len(chosen):
        chosen = np.sort(rng.choice(chosen, limit, replace=False))
    x = np.zeros((len(chosen), 2, SIZE, SIZE), dtype=np.uint8)
    for k, i in enumerate(chosen):
        x[k], _ = scene.digit(int(i), rng, rng.random() < picture)
    with path.open("wb") as file:
        np.savez(
            file, x=x, y=glyphs.labels[chosen], group=glyphs.group[chosen], index=chosen.astype(np.int32)
        )
    return path
