"""The worst errors of the shipped weights, drawn by our own invented hands: docs/errors.png.

    python -m training.contact

No data set's digit may be shown in the documents, so the cells are written by ``simulate.hands``, which no
training has seen, under the hardest conditions of ``training.scenes``; the most confident errors come first.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np

from ocr.cells import CellClassifier
from ocr.cells.picture import Cut
from simulate.hands import HANDS
from simulate.strokes import normalise
from training.scenes import HARD, Scene
from training.sources import Source, load

_TILE, _COLUMNS, _ROWS = 88, 10, 4


def invented(count: int, rng: np.random.Generator) -> Source:
    """``count`` digits by all invented hands as a source of glyphs."""
    labels = rng.integers(0, 10, count).astype(np.uint8)
    group = rng.integers(0, len(HANDS), count).astype(np.int32)
    strokes = [normalise(HANDS[hand].digit(int(d), rng)) for d, hand in zip(labels, group, strict=True)]
    return Source("invented", labels, group, strokes=strokes)


@click.command(help=__doc__)
@click.option("--cells", default=6000, show_default=True)
@click.option("--to", "path", default=Path("docs/errors.png"), type=click.Path(path_type=Path))
def main(cells: int, path: Path) -> None:
    """Draw, read, and show what went wrong."""
    rng = np.random.default_rng(20)
    source = invented(cells, rng)
    scene = Scene(source, None, load("shapes"), HARD)
    classifier = CellClassifier.load()
    cuts, truth = [], []
    for index in range(cells):
        cut, label = scene.other(index, rng) if rng.random() < 0.15 else scene.digit(index, rng)
        cuts.append(cut)
        truth.append(label)
    probabilities = np.concatenate(
        [
            classifier.probabilities([cut.grey for cut in cuts[k : k + 500]], cuts[0].margin)
            for k in range(0, cells, 500)
        ]
    )
    read, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(read != np.array(truth))
    worst = wrong[np.argsort(-confidence[wrong])][: _COLUMNS * _ROWS]
    tiles = [_tile(cuts[i], truth[i], int(read[i]), float(confidence[i])) for i in worst]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[k : k + _COLUMNS]) for k in range(0, len(tiles), _COLUMNS)]
    cv2.imwrite(str(path), np.vstack(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    click.echo(f"{len(wrong)} of {cells} cells wrong; the {len(worst)} most confident are in {path}")


def _tile(cut: Cut, truth: int, read: int, confidence: float) -> np.ndarray:
    """One cut as the reader gets it, and under it: was, read as, confidence."""
    symbols = "0123456789_#"
    factor = (_TILE - 4) / max(cut.grey.shape)
    small = cv2.resize(cut.grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    tile = np.full((_TILE + 14, _TILE), 255, dtype=np.uint8)
    y, x = (_TILE - small.shape[0]) // 2, (_TILE - small.shape[1]) // 2
    tile[y : y + small.shape[0], x : x + small.shape[1]] = small
    text = f"{symbols[truth]} > {symbols[read]} {confidence:.2f}"
    cv2.putText(tile, text, (8, _TILE + 10), cv2.FONT_HERSHEY_SIMPLEX, 0.38, 0, 1, cv2.LINE_AA)
    return tile


if __name__ == "__main__":
    main()
