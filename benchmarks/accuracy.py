"""How right the reader is on simulated scans: located, cells, accounts against registers, with intervals.

    python -m benchmarks.accuracy                      # recorded pen strokes and invented hands
    python -m benchmarks.accuracy --weights W.onnx     # other weights

Writers: fold 0 of the recorded ones (METERDROP_DATA), which the shipped weights left out of their training
(``ocr/weights/digits.md``); say ``--seen`` for weights that did not. The invented hands of ``simulate.hands``
are in no training set.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.intervals import Share
from benchmarks.recorded import recorded_hands
from benchmarks.scans import Scanned, scanned
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader
from ocr.load import PageImage
from ocr.results import SlipReading
from simulate import registers
from simulate.hands import HANDS, Hand
from templates import find

TEMPLATE = "krasnoyarsk-dropbox"


@dataclass
class Score:
    """What a set of slips gave."""

    located: Share = field(default_factory=Share)
    cells: Share = field(default_factory=Share)
    digits: Share = field(default_factory=Share)
    account: Share = field(default_factory=Share)
    reading: Share = field(default_factory=Share)
    written_on: Share = field(default_factory=Share)
    unsure: Share = field(default_factory=Share)
    values_from_bad: int = 0
    shifted: int = 0
    confusions: Counter[str] = field(default_factory=Counter)

    def add(self, slips: Sequence[SlipReading], truth: Scanned) -> None:
        """One page that shows one slip."""
        slip = slips[0]
        found = len(slips) == 1 and slip.outcome == "read"
        self.located.add(found)
        self.values_from_bad += sum(bool(each.fields) for each in slips if each.outcome == "unreadable")
        if not found:
            return
        for name, says in truth.cells.items():
            raw = slip.fields[name].raw or ""
            self._cells(raw, says)
        account = slip.fields["account"]
        self.account.add(account.value == truth.account)
        self.unsure.add(account.confidence < 0.99)
        self.reading.add(slip.fields["reading"].value == truth.reading)
        self.written_on.add(slip.fields["date"].value == truth.written_on)

    def _cells(self, raw: str, says: str) -> None:
        for got, true in itertools.zip_longest(raw, says, fillvalue="?"):
            self.cells.add(got == true)
            if true != "_":
                self.digits.add(got == true)
            if got != true:
                self.confusions[f"{true}>{got}"] += 1
        written = says.strip("_")
        # The right digits in the wrong cells: what a registration that is off by a cell would give.
        self.shifted += len(written) > 3 and written in raw and raw.find(written) != says.find(written)

    def show(self, title: str) -> None:
        """Print it."""
        print(f"## {title}")
        for label, share in (
            ("located", self.located),
            ("cells right, blank ones too", self.cells),
            ("cells with a digit right", self.digits),
            ("account right", self.account),
            ("account below 0.99 confidence", self.unsure),
            ("reading right", self.reading),
            ("date right", self.written_on),
        ):
            print(f"{label:30s} {share}")
        print(f"{'values from unreadable slips':30s} {self.values_from_bad}")
        print(f"{'fields read shifted by a cell':30s} {self.shifted}")
        print(f"{'most frequent confusions':30s} {dict(self.confusions.most_common(10))}\n", flush=True)


def measure(
    hands: Sequence[Hand], accounts: list[str], classifier: CellClassifier, n: int, seed: int
) -> Score:
    """Fill, scan and read ``n`` slips of customers in ``accounts``."""
    template = find(TEMPLATE)
    reader = FormReader([template], classifier, AccountIndex.build(accounts))
    score = Score()
    for number in range(n):
        truth = scanned(template, hands, accounts, seed + number)
        page = PageImage(grey=truth.grey, dpi=float(truth.dpi), empty=False)
        score.add(reader.read_page(page), truth)
    return score


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slips", type=int, default=200, help="slips a line (default 200)")
    parser.add_argument("--accounts", type=int, default=100_000, help="size of the registers")
    parser.add_argument("--weights", type=Path, default=None, help="an ONNX file; default: the shipped one")
    parser.add_argument("--seen", action="store_true", help="the weights were trained on fold 0 too")
    parser.add_argument("--hands", choices=("recorded", "invented", "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = CellClassifier.load(given.weights)
    seen = "SEEN in training" if given.seen else "left out of training"
    sets: dict[str, Sequence[Hand]] = {}
    if given.hands in ("recorded", "both"):
        sets[f"recorded strokes, UNIPEN fold 0, {seen}"] = recorded_hands(0)
    if given.hands in ("invented", "both"):
        sets["invented hands"] = HANDS
    print(f"# {classifier.model}; 200 and 300 dpi, any quarter turn, skew to ±5°, noise, JPEG 75\n")
    rng = np.random.default_rng([1, given.seed])
    for title, hands in sets.items():
        for kind in ("random", "consecutive"):
            numbers = registers.accounts(given.accounts, rng, consecutive=kind == "consecutive")
            score = measure(hands, numbers, classifier, given.slips, given.seed)
            score.show(f"{title}; {len(hands)} writers; register: {len(numbers):,} {kind} accounts")


if __name__ == "__main__":
    main()
