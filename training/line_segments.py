"""The rival of the network over lines: cut where ink is thin, read the pieces as cells, choose the best cuts.

Over-segmentation with dynamic programming (as in Matan et al. 1992), on the same prepared strips, with the
shipped classifier of cells. Measured against ``training.lines``; not shipped.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from ocr.cells import CellClassifier
from ocr.lines.prepare import DIGIT, HEIGHT
from training import line_measure as measuring
from training.measure import Score

#: At most so many neighbouring pieces make one character, and it is at most so wide.
_PIECES, _WIDEST = 4, 1.5 * DIGIT
_MARGIN = 0.2


def cuts(ink: np.ndarray) -> list[int]:
    """Columns where a character may begin or end: gaps, and the thinnest places of what is joined."""
    profile = ink.sum(axis=0) / 255.0
    inked = np.flatnonzero(profile > 0.5)
    if not len(inked):
        return []
    found = [int(inked[0])]
    for x in range(int(inked[0]) + 1, int(inked[-1]) + 1):
        near = profile[max(0, x - 3) : x + 4]
        if profile[x] <= near.min() + 1e-6 and profile[x] < 0.3 * DIGIT and x - found[-1] >= 3:
            found.append(x)
    return [*found, int(inked[-1]) + 1]


def read(strip: np.ndarray, classifier: CellClassifier) -> str:
    """The best string over all ways to join neighbouring pieces."""
    at = cuts(strip[0])
    spans = [
        (i, j)
        for i in range(len(at) - 1)
        for j in range(i + 1, min(len(at), i + _PIECES + 1))
        if at[j] - at[i] <= _WIDEST
    ]
    # What is too wide for a character is one piece, and not read.
    spans += [(i, i + 1) for i in range(len(at) - 1) if at[i + 1] - at[i] > _WIDEST]
    if not spans:
        return ""
    crops = [_crop(strip, at[i], at[j]) for i, j in spans]
    logs = np.log(np.maximum(classifier.probabilities(crops, _MARGIN), 1e-9))
    best: list[tuple[float, str]] = [(0.0, "")] + [(-np.inf, "")] * (len(at) - 1)
    for (i, j), row in sorted(zip(spans, logs, strict=True), key=lambda pair: pair[0]):
        for k in range(12):
            score = best[i][0] + (at[j] - at[i]) * float(row[k])
            if score > best[j][0]:
                best[j] = (score, best[i][1] + ("0123456789_#"[k]))
    text = best[-1][1].replace("_", "")
    while "##" in text:
        text = text.replace("##", "#")
    return text


def _crop(strip: np.ndarray, start: int, end: int) -> np.ndarray:
    """The piece's ink alone, on white, as a cut of a cell with its margin."""
    ink = strip[0, :, start:end]
    wide = max(HEIGHT, end - start + 8)
    page = np.zeros((HEIGHT, wide), np.uint8)
    left = (wide - (end - start)) // 2
    page[:, left : left + end - start] = ink
    side = round(_MARGIN * max(HEIGHT, wide))
    return np.asarray(255 - np.pad(page, side), dtype=np.uint8)


@click.command()
@click.option("--set", "sets", multiple=True, type=click.Choice(measuring.SETS), default=measuring.SETS[2:])
@click.option("--weights", type=click.Path(path_type=Path), help="Weights of cells.")
@click.option("--limit", default=500, show_default=True)
def main(sets: tuple[str, ...], weights: Path | None, limit: int) -> None:
    """Exact match by cutting and the classifier of cells."""
    classifier = CellClassifier.load(weights)
    for name in sets:
        lines = measuring.lines_of(name)
        texts = lines.texts[:limit]
        found = [read(strip, classifier) for strip in lines.strips[:limit]]
        right = sum(a == b for a, b in zip(found, texts, strict=True))
        click.echo(f"cutting on {name}: exact {Score(right, len(texts))}")


if __name__ == "__main__":
    main()
