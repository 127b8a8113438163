"""What the places of a form are for: the print beside them, read by Tesseract, and the words in it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image

from ocr.layout.places import Place
from templates.field_kinds import kinds_of, meaning
from templates.model import Box, FieldKind

#: What is printed beside a place (mm): above it, or to its left, or below a rule, or to a tick's right.
_ABOVE_MM, _LEFT_MM, _BELOW_MM, _RIGHT_MM = 5.5, 70.0, 4.5, 90.0
#: White (mm) between two words of one label at most.
_WORD_GAP_MM = 4.0
_SURE = 30.0
_SECONDS = 60
#: The first that is installed; two together take twice as long.
_LANGUAGES = ("rus", "eng")

#: The first that fits a label names its field.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"подпис|signature|\bsign", "signature"),
    (r"(номер|№|n°|зав)\W*.{0,12}(сч[еe]тчик|прибор|пу\b)|meter\s*(no|number|serial)", "meter_serial"),
    (r"лицев|\bл\s?/\s?с\b|\bлс\b|\bуин\b|номер абонента|\bсчет\b|account", "account"),
    (r"\bт\s?3\b|\bt3\b|полупик", "reading_t3"),
    (r"\bт\s?2\b|\bt2\b|ночь|ночн", "reading_t2"),
    (r"показани|\bт\s?1\b|\bt1\b|reading", "reading"),
    (r"\bдата\b|\bдаты\b|\bdate\b", "date"),
    (r"адрес(?!.{0,3}электрон)|address", "address"),
    (r"фамили|\bф\.?\s?и\.?\s?о\b|surname|last name", "surname"),
    (r"e-?mail|электронн\w* (почт|адрес)|эл\. почт", "email"),
    (r"телефон|\bтел\b|phone", "phone"),
)


@dataclass(frozen=True)
class Word:
    """A printed word and where it stands (mm)."""

    text: str
    box: Box


@dataclass(frozen=True)
class Named:
    """A place with what it seems to be for. ``name``: a field's name, "" where nothing is known."""

    place: Place
    label: str
    name: str
    kind: FieldKind


def name_places(grey: NDArray[np.uint8], dpi: float, places: Sequence[Place]) -> list[Named]:
    """Each place with the label beside it, and the field that it seems to be.

    Without Tesseract every label is empty. No two places get one name.
    """
    words = read_words(grey, dpi)
    labels = [_label(place, words) for place in places]
    names = [guess(label) for label in labels]
    names = [name if _fits(name, place) else "" for name, place in zip(names, places, strict=True)]
    for number, name in enumerate(names):
        # Of two that have one name the larger is meant: forms show in small how to write.
        rivals = [n for n, other in enumerate(names) if other == name]
        if name and number != max(rivals, key=lambda n: (places[n].box.w_mm * places[n].box.h_mm, -n)):
            names[number] = ""
    return [
        Named(place, label, name, kind_of(place, name))
        for place, label, name in zip(places, labels, names, strict=True)
    ]


def guess(label: str) -> str:
    """The field that a label names; "" for none that is known."""
    text = label.lower().replace("ё", "е")
    return next((name for pattern, name in _WORDS if re.search(pattern, text)), "")


def kind_of(place: Place, name: str) -> FieldKind:
    """What a place of this shape holds, for a field of this name."""
    means = meaning(name)
    allowed = kinds_of(name, means.role if means is not None else "other", personal=False)
    wanted: tuple[FieldKind, ...] = ("handwriting", "line", "signature", "digits_line", "date_line")
    if place.shape == "cells":
        wanted = ("date", "digits") if name == "date" and len(place.cells) == 8 else ("digits", "date")
    elif place.shape == "tick":
        wanted = ("tick",)
    elif name in ("address", "surname"):
        wanted = ("line",)
    return next((kind for kind in wanted if kind in allowed), allowed[0])


def _fits(name: str, place: Place) -> bool:
    """Whether a place's shape can hold such a field."""
    if place.shape == "tick":
        return not name
    if place.shape == "cells" and name == "date":
        return len(place.cells) == 8
    if place.shape == "cells":
        return name not in ("signature", "address", "surname", "email")
    return True


def read_words(grey: NDArray[np.uint8], dpi: float) -> list[Word]:
    """The printed words of a page; none where there is no Tesseract."""
    scale = dpi / 25.4
    # Threads of its own make it slower by much as soon as the processors have anything else to do.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        known = set(pytesseract.get_languages())
        table = pytesseract.image_to_data(
            Image.fromarray(grey),
            lang=next((language for language in _LANGUAGES if language in known), None),
            config=f"--psm 11 --dpi {round(dpi)}",
            output_type=pytesseract.Output.DICT,
            timeout=_SECONDS,
        )
    except (RuntimeError, OSError, pytesseract.TesseractError, pytesseract.TesseractNotFoundError):
        return []
    words = []
    for n, text in enumerate(table["text"]):
        if float(table["conf"][n]) < _SURE or not re.search(r"[^\W_]", text):
            continue
        x, y, width, height = (table[key][n] / scale for key in ("left", "top", "width", "height"))
        if height < 12:
            words.append(Word(text.strip(), Box(x, y, width, height)))
    return words


def _label(place: Place, words: Sequence[Word]) -> str:
    box = place.box
    if place.shape == "tick":
        return _run([w for w in words if _beside(w, Box(box.right_mm, box.y_mm, _RIGHT_MM, box.h_mm))])
    above = [w for w in words if _in(w, Box(box.x_mm - 2, box.y_mm - _ABOVE_MM, box.w_mm + 4, _ABOVE_MM))]
    left = [w for w in words if _beside(w, Box(box.x_mm - _LEFT_MM, box.y_mm, _LEFT_MM, box.h_mm))]
    below = [w for w in words if _in(w, Box(box.x_mm, box.bottom_mm, box.w_mm, _BELOW_MM))]
    sides = [_run(above), _run(left, from_right=True), _run(below) if place.shape == "rule" else ""]
    known = [label for label in sides if guess(label)]
    return next(iter(known or [label for label in sides if label]), "")


def _in(word: Word, area: Box) -> bool:
    middle = word.box.y_mm + word.box.h_mm / 2
    return area.y_mm <= middle <= area.bottom_mm and area.x_mm <= word.box.x_mm <= area.right_mm


def _beside(word: Word, area: Box) -> bool:
    middle = word.box.y_mm + word.box.h_mm / 2
    return area.y_mm - 0.5 <= middle <= area.bottom_mm + 0.5 and word.box.overlaps(_taller(area))


def _taller(area: Box) -> Box:
    # A word's own height counts for nothing here: its middle was looked at.
    return replace(area, y_mm=area.y_mm - 12, h_mm=area.h_mm + 24)


def _run(words: Sequence[Word], *, from_right: bool = False) -> str:
    """The words of the nearest line that follow each other without much white."""
    if not words:
        return ""
    # The lowest line: it is nearest to what stands below it.
    last = max(words, key=lambda w: w.box.y_mm)
    line = sorted(
        (w for w in words if abs(w.box.bottom_mm - last.box.bottom_mm) < 2.0), key=lambda w: w.box.x_mm
    )
    runs = [[line[0]]]
    for word in line[1:]:
        if word.box.x_mm - runs[-1][-1].box.right_mm > _WORD_GAP_MM:
            runs.append([])
        runs[-1].append(word)
    run = runs[-1] if from_right else runs[0]
    # A step's number in a disc comes out as a digit or a letter of its own.
    while len(run) > 1 and len(re.sub(r"\W", "", run[0].text)) < 2:
        run = run[1:]
    return " ".join(word.text for word in run).strip(" .,:;|—-_")[:60]
