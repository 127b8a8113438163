"""The serial number on a meter's plate: read by Tesseract and from barcodes, matched against the register's.

It proves which meter was photographed, or contradicts what the register says; it never changes the reading.
Slow (a process a call), so it is only done where serial numbers are given to look for.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytesseract
import zxingcpp
from numpy.typing import NDArray

from ocr.meters.plate_lines import text_lines
from ocr.meters.results import Quad

Picture = NDArray[np.uint8]
Verdict = Literal["proven", "contradicted", "unseen"]

_SECONDS = 12
#: So many edits (see ``edit_cost``) a read number may be away, and so much nearer than any other serial.
_NEAR, _APART = 1.0, 1.0
#: Serials shorter than this prove nothing: so few digits stand on every plate.
_SHORTEST = 5
#: A printed number says "another meter" only when Tesseract is this sure of it.
_SURE = 85.0
#: IEC and GOST standards that are printed on every electricity meter.
_STANDARDS = ("62052", "62053", "31818", "31819", "50470")
_RUNS = re.compile(r"[0-9OОoоQDIlI|SЅZЗзBВGb/-]{4,}")
_AS_DIGIT = str.maketrans(
    {"O": "0", "О": "0", "o": "0", "о": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "|": "1", "S": "5"}
    | {"Ѕ": "5", "Z": "2", "З": "3", "з": "3", "B": "8", "В": "8", "G": "6", "b": "6"}
)
#: Digits that printed text is misread as: half an edit.
_CONFUSED = frozenset(
    map(frozenset, ("08", "06", "17", "38", "56", "68", "89", "14", "27", "35", "69", "09"))
)


@dataclass(frozen=True)
class Number:
    """A number seen on the plate. ``confidence`` 0 to 100; ``source``: ``text`` or ``code`` (a barcode)."""

    digits: str
    confidence: float
    source: str


@dataclass(frozen=True)
class Plate:
    """``serial``: the register's that was proven; ``numbers``: everything that was seen."""

    verdict: Verdict
    serial: str | None = None
    numbers: tuple[Number, ...] = ()


def read_plate(image: Picture, quad: Quad | None, serials: Sequence[str]) -> Plate:
    """Look for ``serials`` (the register's, at least one) on a photo BGR (H, W, 3).

    ``quad``: the display's corners, which tell which way is up and how large print is; None: not found.
    """
    numbers = [*_codes(image), *_texts(text_lines(image, quad))]
    return judged(numbers, serials)


def judged(numbers: Sequence[Number], serials: Sequence[str]) -> Plate:
    """What the numbers on a plate say about the register's serials."""
    asked = {serial: digits for serial in serials if len(digits := _significant(serial)) >= _SHORTEST}
    seen = tuple(numbers)
    if not asked:
        return Plate("unseen", numbers=seen)
    costs = {
        serial: min((_nearest(digits, number.digits) for number in seen), default=99.0)
        for serial, digits in asked.items()
    }
    best = min(costs, key=lambda serial: costs[serial])
    others = [cost for serial, cost in costs.items() if asked[serial] != asked[best]]
    # A longer number that is nearly the right one is the right one misread; a short one may be chance.
    near = _NEAR if len(asked[best]) >= 7 else 0.5
    if costs[best] <= near and costs[best] + _APART <= min(others, default=99.0):
        return Plate("proven", best, seen)
    lengths = {len(digits) for digits in asked.values()}
    for number in seen:
        sure = number.source == "code" or number.confidence >= _SURE
        if (
            sure
            and len(_significant(number.digits)) in lengths
            and min(costs.values()) >= 3.0
            and _serial_like(number)
        ):
            return Plate("contradicted", numbers=seen)
    return Plate("unseen", numbers=seen)


def edit_cost(one: str, other: str) -> float:
    """Edits from one number to the other; a digit for one that print is mistaken for costs half."""
    row = [float(i) for i in range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], float(i)
        for j, b in enumerate(other, 1):
            swap = 0.0 if a == b else 0.5 if frozenset((a, b)) in _CONFUSED else 1.0
            above, row[j] = row[j], min(above + swap, row[j] + 1.0, row[j - 1] + 1.0)
    return row[-1]


def _nearest(serial: str, number: str) -> float:
    """The cheapest place of ``serial`` in ``number``: makers print more digits around it."""
    significant = number.lstrip("0")
    if len(significant) <= len(serial) + 1:
        return edit_cost(serial, significant)
    # Inside a longer number every digit has to be right: there are many places to fit by chance.
    return 0.0 if serial in number else 99.0


def _serial_like(number: Number) -> bool:
    """Not a standard's number, what drums are worth (10000 1000), or too short to be one."""
    standard = any(each in number.digits for each in _STANDARDS)
    return len(set(number.digits)) > 2 and len(number.digits) >= 7 and not standard


def _significant(text: str) -> str:
    """Digits without leading zeros, which registers add or leave out."""
    return _digits(text).lstrip("0")


def _digits(text: str) -> str:
    return "".join(symbol for symbol in text if symbol.isascii() and symbol.isdigit())


def _codes(image: Picture) -> list[Number]:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    found = zxingcpp.read_barcodes(grey)
    numbers = (_digits(code.text) for code in found)
    return [Number(digits, 100.0, "code") for digits in numbers if len(digits) >= _SHORTEST]


def _texts(lines: Sequence[Picture]) -> list[Number]:
    """Numbers on the lines, by one call of Tesseract with all of them."""
    if not lines:
        return []
    # Tesseract's own threads only get into each other's way beside other reader processes.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    with tempfile.TemporaryDirectory(prefix="meterdrop-") as folder:
        names = []
        for i, line in enumerate(lines):
            name = str(Path(folder) / f"{i:02}.png")
            cv2.imwrite(name, line)
            names.append(name)
        listing = Path(folder) / "lines.txt"
        listing.write_text("\n".join(names) + "\n", "utf-8")
        try:
            table = pytesseract.image_to_data(
                str(listing), lang=_language(), config="--psm 7", timeout=_SECONDS
            )
        except (RuntimeError, pytesseract.TesseractError):
            return []
    return _numbers(str(table))


def _numbers(table: str) -> list[Number]:
    """Runs of digits in Tesseract's table, words of one line joined."""
    lines: dict[str, list[tuple[str, float]]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row.get("text", "").strip() and float(row["conf"]) >= 0:
            lines.setdefault(row["page_num"], []).append((row["text"], float(row["conf"])))
    found = []
    for words in lines.values():
        confidence = min(each for _, each in words)
        joined = " ".join(text for text, _ in words)
        for run in {*_RUNS.findall(joined), *_RUNS.findall(joined.replace(" ", ""))}:
            digits = _digits(run.translate(_AS_DIGIT))
            if len(digits) >= _SHORTEST:
                found.append(Number(digits, confidence, "text"))
    return list(dict.fromkeys(found))


@lru_cache(maxsize=1)
def _language() -> str:
    """Russian and English where both are installed."""
    try:
        known = set(pytesseract.get_languages())
    except (RuntimeError, pytesseract.TesseractError, pytesseract.TesseractNotFoundError):
        return "eng"
    return "rus+eng" if {"rus", "eng"} <= known else "eng"
