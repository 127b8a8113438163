"""Lines of print, read by Tesseract: all texts of a slip in one call, all its numbers in another.

Starting the engine costs more than reading a line, so a slip's pictures go to it as one list of files.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytesseract

from ocr.forms.settings import Grey

#: What print is read at; Tesseract's models want capitals of about 30 pixels.
DPI = 300.0
_TIMEOUT_S = 30
_FRAME = 20
_WORD = "5"
#: Its Russian model takes 3 for 5 in two numbers of five, the English one reads 29 of 30 numbers rightly.
_TEXT, _NUMBERS = "--psm 7 --dpi 300", "--psm 7 --dpi 300 -c tessedit_char_whitelist=0123456789"
#: Its word's confidence, 0 to 100, below which nothing is believed, and from which it is as sure as it gets.
_SURE, _UNSURE = 96.0, 60.0
#: Share of right ones among the numbers on which two views of it agree, and of its surest texts.
_AGREED, _SUREST = 0.99, 0.95


@dataclass(frozen=True)
class Typed:
    """A line as Tesseract reads it. ``confidence``: 0 to 1, of its least sure word; "" where nothing is."""

    text: str
    confidence: float


def read_typed(pictures: Sequence[Grey]) -> list[Typed]:
    """A line of text each, uint8 at about ``DPI``, dark on light; no text and confidence 0 where it fails."""
    found = _read(pictures, "rus+eng", _TEXT)
    return [Typed(each.text, each.confidence * _SUREST) for each in found]


def read_numbers(pictures: Sequence[Grey]) -> list[Typed]:
    """A number each, in any grouping: its digits. Each is seen twice, sharp and softened."""
    views = [view for picture in pictures for view in (picture, _soft(picture))]
    found = _read(views, "eng", _NUMBERS)
    numbers = []
    for first, second in zip(found[::2], found[1::2], strict=True):
        one, other = ("".join(c for c in each.text if c.isdigit()) for each in (first, second))
        agreed = _AGREED if one == other else 0.5
        numbers.append(Typed(one or other, agreed * max(first.confidence, second.confidence)))
    return numbers


def _soft(picture: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.3), dtype=np.uint8)


def _read(pictures: Sequence[Grey], languages: str, config: str) -> list[Typed]:
    if not pictures:
        return []
    # Tesseract's own threads only get into each other's way beside other reader processes.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    with tempfile.TemporaryDirectory(prefix="meterdrop-typed-") as folder:
        names = []
        for number, picture in enumerate(pictures):
            name = Path(folder) / f"{number}.png"
            framed = cv2.copyMakeBorder(
                picture, _FRAME, _FRAME, _FRAME, _FRAME, cv2.BORDER_CONSTANT, value=_paper(picture)
            )
            cv2.imwrite(str(name), framed)
            names.append(str(name))
        listed = Path(folder) / "list.txt"
        listed.write_text("\n".join(names) + "\n", "utf-8")
        try:
            table = pytesseract.image_to_data(str(listed), lang=languages, config=config, timeout=_TIMEOUT_S)
        except (RuntimeError, pytesseract.TesseractError, pytesseract.TesseractNotFoundError):
            return [Typed("", 0.0) for _ in pictures]
    return _lines(table, len(pictures))


def _lines(table: str, count: int) -> list[Typed]:
    """The engine's table as a line a page."""
    words: list[list[tuple[str, float]]] = [[] for _ in range(count)]
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row["text"] or "").strip()
        page = int(row["page_num"]) - 1
        if row["level"] == _WORD and text and 0 <= page < count:
            words[page].append((text, float(row["conf"])))
    return [
        Typed(" ".join(text for text, _ in line), _chance(min((sure for _, sure in line), default=0.0)))
        for line in words
    ]


def _chance(sure: float) -> float:
    return float(np.clip((sure - _UNSURE) / (_SURE - _UNSURE), 0.0, 1.0))


def _paper(picture: Grey) -> int:
    return int(np.percentile(picture, 90))
