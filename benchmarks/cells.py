"""How long 30 cells take on one core, and how right whole sources are, beside PP-OCR where it is installed.

    python -m benchmarks.cells                   # time alone
    python -m benchmarks.cells --data            # also the sources in METERDROP_DATA that nobody trained on
    python -m benchmarks.cells --data --rival rec.onnx   # PP-OCR's recogniser, e.g. of rapidocr

Pictures of single boxes are what both get; PP-OCR's output is decoded over the digits alone, as its best use.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from benchmarks.intervals import Share
from ocr.cells import CellClassifier
from simulate.hands import HANDS
from simulate.strokes import Pen, draw, lay


def drawn_cells(count: int) -> list[np.ndarray]:
    """Cuts of cells as the form reader makes them (200 dpi, a fifth around), written by invented hands."""
    rng = np.random.default_rng(3)
    cuts = []
    for k in range(count):
        page = np.full((70, 56), 245, dtype=np.uint8)
        cv2.rectangle(page, (8, 10), (48, 60), 90, 1)
        lay(page, draw(HANDS[k % len(HANDS)].digit(k % 10, rng), 34, Pen(width=0.09), rng), 18, 16)
        cuts.append(page)
    return cuts


def milliseconds(classifier: CellClassifier, cuts: list[np.ndarray], rounds: int = 40) -> tuple[float, float]:
    """Least and median milliseconds for all cuts in one call, preparation included, on one thread."""
    classifier.probabilities(cuts, 0.2)
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        classifier.probabilities(cuts, 0.2)
        took.append((time.perf_counter() - began) * 1000)
    return min(took), float(np.median(took))


class Rival:
    """PP-OCR's text recogniser over one picture: three channels, 48 pixels high, CTC over the digits."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path.read_bytes(), options)
        characters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._digits = [characters.index(str(d)) + 1 for d in range(10)]

    def read(self, picture: np.ndarray) -> str:
        """The digits that it sees, possibly none or several."""
        wide = max(48, round(picture.shape[1] * 48 / picture.shape[0]))
        small = cv2.resize(picture, (wide, 48)).astype(np.float32) / 127.5 - 1
        told = self._session.run(None, {self._session.get_inputs()[0].name: np.stack([small] * 3)[None]})[0][
            0
        ]
        best = told[:, [0, *self._digits]].argmax(axis=1)
        return "".join(
            str(c - 1) for c, before in zip(best, [0, *best[:-1]], strict=True) if c and c != before
        )


def sources(classifier: CellClassifier, rival: Rival | None, limit: int) -> None:
    """USPS and MNIST test digits, each in a picture of its box."""
    from training.cuts import photo
    from training.scenes import PLAIN, Scene
    from training.sources import load

    for name in ("usps", "mnist-test"):
        source = load(name)
        scene = Scene(source, None, load("shapes"), PLAIN)
        rng = np.random.default_rng(9)
        ours, theirs = Share(), Share()
        for index in rng.permutation(len(source.labels))[:limit].tolist():
            picture = photo(scene.paper(index, rng), rng, PLAIN.shadows)
            digit = int(source.labels[index])
            ours.add(int(classifier.read_picture(picture).argmax()) == digit)
            if rival is not None:
                theirs.add(rival.read(picture) == str(digit))
        print(f"{name}, pictures of boxes: ours {ours}" + (f", PP-OCR {theirs}" if rival is not None else ""))


def main() -> None:
    """Time, then accuracy where asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--data", action="store_true")
    arguments.add_argument("--rival", type=Path)
    arguments.add_argument("--limit", type=int, default=1000)
    given = arguments.parse_args()
    cv2.setNumThreads(1)
    classifier = CellClassifier.load()
    least, median = milliseconds(classifier, drawn_cells(30))
    print(f"{classifier.model}: 30 cells in {least:.1f} ms at best, {median:.1f} ms median, one thread")
    if given.data:
        sources(classifier, Rival(given.rival) if given.rival else None, given.limit)


if __name__ == "__main__":
    main()
