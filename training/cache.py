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
from training.cuts import prepared
from training.scenes import HARD, PLAIN, Scene
from training.sources import Source, fold, illegible, load

FOLDER = Path(__file__).parent / "cache"
_OTHER, _BLANK, _PICTURE, _PLAIN = 0.18, 0.12, 0.3, 0.45
#: Cuts prepared together.
_CHUNK = 500


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


def _write(
    path: Path, glyphs: Source, count: int, rng: np.random.Generator, around: Source, *, tell: bool = False
) -> Path:
    """``tell``: letters that are drawn like digits, too, and ``what`` (N,) tells what no digit was drawn."""
    FOLDER.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    letters = load("every-letter" if tell else "letters")
    plain, hard = (Scene(glyphs, letters, around, conditions) for conditions in (PLAIN, HARD))
    x = np.zeros((count, 2, SIZE, SIZE), dtype=np.uint8)
    y, group, index = np.zeros(count, np.uint8), np.zeros(count, np.int32), np.zeros(count, np.int32)
    what = np.full(count, "", dtype="<U12")
    order = np.concatenate(
        [rng.permutation(len(glyphs.labels)) for _ in range(count // len(glyphs.labels) + 1)]
    )
    started = time.monotonic()
    for start in range(0, count, _CHUNK):
        cuts = []
        for k in range(start, min(start + _CHUNK, count)):
            i, kind, picture = int(order[k]), rng.random(), rng.random() < _PICTURE
            scene = plain if rng.random() < _PLAIN else hard
            if kind < _OTHER:
                cut, y[k] = scene.other(i, rng, picture)
                what[k] = scene.drawn
            elif kind < _OTHER + _BLANK:
                cut, y[k] = scene.blank(rng, picture)
            else:
                cut, y[k] = scene.digit(i, rng, picture)
            cuts.append(cut)
            group[k], index[k] = glyphs.group[i], i
        x[start : start + len(cuts)] = prepared(cuts)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(file, x=x, y=y, group=group, index=index, **({"what": what} if tell else {}))
    draft.replace(path)
    print(f"{path.name}: {count} examples in {time.monotonic() - started:.0f} s", flush=True)
    return path


def held_out(number: int, count: int = 6000) -> list[Path]:
    """Examples of every kind by writers whom no shipped run has seen: what confidence is fitted on.

    One file of the UNIPEN writers of fold ``number``, one of the MNIST test writers, without the samples that
    a person could not read as labelled.
    """
    every, test = load("unipen"), load("mnist-test")
    assert every.strokes is not None and every.places is not None and test.images is not None
    mine = np.flatnonzero((fold(every.group) == number) & ~np.isin(every.places, illegible("unipen")))
    clear = np.setdiff1d(np.arange(len(test.labels)), illegible("mnist"))
    writers = Source(
        every.name, every.labels[mine], every.group[mine], strokes=[every.strokes[i] for i in mine]
    )
    tested = Source(test.name, test.labels[clear], test.group[clear], test.images[clear])
    paths = []
    for name, source in ((f"held-unipen-{number}", writers), ("held-mnist", tested)):
        path = FOLDER / f"{name}.npz"
        if not path.exists():
            _write(
                path,
                source,
                count,
                np.random.default_rng([number, zlib.crc32(name.encode())]),
                load("shapes"),
                tell=True,
            )
        paths.append(path)
    return paths


def evaluate_set(source: str, *, limit: int | None = None, picture: bool = False, hard: bool = False) -> Path:
    """Every digit of a source once, in a box, for measuring: scanned, or each a picture of one box.

    ``x`` holds every view of a picture; ``owner`` says which digit of ``y``, ``group``, ``index`` it shows.
    """
    kind = f"{'hard' if hard else 'plain'}-{'picture' if picture else 'scan'}"
    path = FOLDER / f"eval-{kind}-{source}.npz"
    if path.exists():
        return path
    FOLDER.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    glyphs = load(source)
    scene = Scene(glyphs, None, load("shapes"), HARD if hard else PLAIN)
    rng = np.random.default_rng([zlib.crc32(source.encode()), zlib.crc32(kind.encode())])
    chosen = np.arange(len(glyphs.labels))
    if limit is not None and limit < len(chosen):
        chosen = np.sort(rng.choice(chosen, limit, replace=False))
    parts, owner = [], []
    for start in range(0, len(chosen), _CHUNK):
        cuts = []
        for k in range(start, min(start + _CHUNK, len(chosen))):
            views = scene.views(int(chosen[k]), rng) if picture else [scene.digit(int(chosen[k]), rng)[0]]
            cuts += views
            owner += [k] * len(views)
        parts.append(prepared(cuts))
    with path.open("wb") as file:
        np.savez(
            file,
            x=np.concatenate(parts),
            owner=np.array(owner),
            y=glyphs.labels[chosen],
            group=glyphs.group[chosen],
            index=chosen.astype(np.int32),
        )
    return path
