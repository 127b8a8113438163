"""What happens to slips on which people do what no instruction asks for: the table of docs/habits.md.

    python -m benchmarks.habits [--slips 200]

Every habit of ``simulate.habits`` by six invented hands, at 200 and 300 dpi, scanned with noise and kept as
JPEG, read with the shipped weights and a register. A field counts as accepted from a confidence of 0.9
without any reason. ``ordinary`` slips have no habit; ``damaged`` ones a stamp, a fold, dust or print that
shines through. Meters are not known: ``no_comma`` is what the gate has to stop (``reading_too_long``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.intervals import Share
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader
from ocr.load import PageImage
from ocr.results import FieldResult
from simulate.damage import bleed, dust, fold, stamp
from simulate.fill import Manner, Writer
from simulate.habits import HABITS, Habitual, Slip, draw
from simulate.hands import HANDS
from simulate.paper import blank
from simulate.scanner import random_scan, scan
from simulate.strokes import Pen
from templates import find
from templates.model import Template

OUT = Path(__file__).parent / "out"
ACCEPTED = 0.9
_FIRST = 1000
_ORDINARY, _DAMAGED = "ordinary", "damaged"
Grey = NDArray[np.uint8]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slips", type=int, default=200, help="of each habit")
    given = parser.parse_args()
    template = find("krasnoyarsk-dropbox")
    dice = np.random.default_rng(99)
    accounts = [f"{int(each):012d}" for each in dice.integers(0, 10**12, 5000)]
    reader = FormReader([template], CellClassifier.load(), AccountIndex.build(accounts))
    told = {}
    for name in (*HABITS, _ORDINARY, _DAMAGED):
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for seed in range(_FIRST, _FIRST + given.slips):
            _one(reader, template, accounts, name, seed, counts, reasons)
        told[name] = {"counts": dict(counts), "reasons": dict(reasons)}
        print(_line(name, counts, reasons), flush=True)
    OUT.mkdir(exist_ok=True)
    (OUT / "habits.json").write_text(json.dumps(told, indent=1))
    return 0


def _one(
    reader: FormReader,
    template: Template,
    accounts: list[str],
    name: str,
    seed: int,
    counts: Counter[str],
    reasons: Counter[str],
) -> None:
    rng = np.random.default_rng(seed)
    slip = Slip(template, _values(accounts, rng, name), _writer(rng), rng, "reading", _manner(rng))
    habitual = HABITS[name](slip) if name in HABITS else Habitual(slip.filled(), _meant(slip), "reading")
    page, dpi = _page(habitual, template, rng, damaged=name == _DAMAGED)
    read = reader.read_page(PageImage(page, float(dpi)))[0]
    counts["n"] += 1
    if read.outcome != "read":
        counts["unreadable"] += 1
        reasons.update(reason.value for reason in read.reasons)
        return
    names = (
        [habitual.field] if name in HABITS else [field for field in habitual.meant if field in read.fields]
    )
    fields = {field: read.fields[field] for field in names}
    reasons.update(reason.value for field in fields.values() for reason in field.reasons)
    counts[_outcome(fields, habitual.meant)] += 1


def _outcome(fields: Mapping[str, FieldResult], meant: Mapping[str, str]) -> str:
    if any(field.reasons for field in fields.values()):
        return "named"
    if any(field.confidence < ACCEPTED for field in fields.values()):
        return "unsure"
    right = all(field.value == _plain(name, meant[name]) for name, field in fields.items())
    return "right" if right else "wrong"


def _plain(name: str, meant: str) -> str:
    """A date is meant as DDMMYYYY and read as YYYY-MM-DD."""
    return f"{meant[4:]}-{meant[2:4]}-{meant[:2]}" if name == "date" else meant


def _values(accounts: list[str], rng: np.random.Generator, name: str) -> dict[str, str]:
    # A comma needs a cell of its own.
    length = 4 if name == "comma_in_cell" else int(rng.integers(4, 6))
    reading = "".join(str(each) for each in rng.integers(0, 10, length))
    if rng.random() < 0.5:
        reading = "0" + reading[1:]
    date = f"{int(rng.integers(1, 29)):02d}{int(rng.integers(1, 13)):02d}2026"
    account = accounts[int(rng.integers(len(accounts)))]
    return {"account": account, "reading": reading, "date": date, "signature": "x"}


def _meant(slip: Slip) -> dict[str, str]:
    return {name: slip.values[name] for name in ("account", "reading", "date")}


def _manner(rng: np.random.Generator) -> Manner:
    return Manner(align="left" if rng.random() < 0.6 else "right")


def _writer(rng: np.random.Generator) -> Writer:
    pen = Pen(
        width=float(rng.uniform(0.3, 0.65)),
        darkness=float(rng.uniform(0.75, 1.0)),
        shade=int(rng.integers(10, 90)),
        slant=float(rng.normal(0, 0.05)),
        tremor=float(rng.uniform(0, 0.008)),
    )
    hand = HANDS[int(rng.integers(len(HANDS)))]
    return Writer(hand, pen, size=float(rng.uniform(0.55, 0.82)), unsteady=float(rng.uniform(0.03, 0.08)))


def _page(
    habitual: Habitual, template: Template, rng: np.random.Generator, *, damaged: bool
) -> tuple[Grey, int]:
    dpi = int(rng.choice([200, 300]))
    page = draw(habitual, blank(template, dpi), dpi, rng)
    if damaged:
        page = _damaged(page, template, dpi, rng)
    page = scan(page, random_scan(rng), rng)
    done, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8), dpi


def _damaged(page: Grey, template: Template, dpi: int, rng: np.random.Generator) -> Grey:
    """One of four things that happen to paper."""
    kind = int(rng.integers(4))
    if kind == 0:
        place = rng.uniform(20, [template.width_mm - 20, template.height_mm - 20])
        return stamp(page, dpi, (float(place[0]), float(place[1])), rng)
    if kind == 1:
        return fold(page, dpi, rng)
    if kind == 2:
        return dust(page, dpi, rng)
    return bleed(page, page[::-1].copy(), float(rng.uniform(0.05, 0.18)))


def _line(name: str, counts: Counter[str], reasons: Counter[str]) -> str:
    wrong = Share()
    wrong.add(counts["wrong"], counts["n"])
    said = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(4))
    kinds = " ".join(f"{kind} {counts[kind]}" for kind in ("right", "named", "unsure", "unreadable"))
    return f"{name:16s} n {counts['n']}  {kinds}  accepted wrong {wrong}  [{said}]"


if __name__ == "__main__":
    sys.exit(main())
