"""Two forms as others print them: a page for samples of handwriting, and an exam sheet with combs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from templates.model import Box, Field, FieldKind, Template
from templates.printing.fonts import font_file

Grey = NDArray[np.uint8]
_INK = 40
_DPI = 600
_STRINGS = (2, 3, 4, 5, 6, 10, 3, 4, 5, 6, 2, 5, 4, 3, 6, 2, 3, 4, 5, 6, 10, 2, 3, 4)
_TEXT = (
    "We, the people who read meters, in order to form a more perfect bill, establish readings, insure",
    "domestic supply, provide for the common current, promote the general voltage, and secure the",
    "blessings of light to ourselves and our neighbours, do ordain and establish this form.",
)


class Canvas:
    """Millimetres onto a sheet of white paper."""

    def __init__(self, width: float, height: float, dpi: int) -> None:
        self._scale = dpi / 25.4
        size = (round(width * self._scale), round(height * self._scale))
        self.image = Image.new("L", size, 255)
        self._draw = ImageDraw.Draw(self.image)

    def line(
        self, x0: float, y0: float, x1: float, y1: float, thick: float = 0.25, shade: int = _INK
    ) -> None:
        """A straight line along the page."""
        half = thick / 2
        self.bar(
            Box(min(x0, x1) - half, min(y0, y1) - half, abs(x1 - x0) + thick, abs(y1 - y0) + thick), shade
        )

    def bar(self, box: Box, shade: int = _INK) -> None:
        """A filled rectangle, at least a pixel wide."""
        x0, y0, x1, y1 = (v * self._scale for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm))
        self._draw.rectangle(
            (round(x0), round(y0), max(round(x0), round(x1) - 1), max(round(y0), round(y1) - 1)), shade
        )

    def frame(self, box: Box, thick: float = 0.25, shade: int = _INK) -> None:
        """A rectangle's outline, its middle on the box's edges."""
        for y in (box.y_mm, box.bottom_mm):
            self.line(box.x_mm, y, box.right_mm, y, thick, shade)
        for x in (box.x_mm, box.right_mm):
            self.line(x, box.y_mm, x, box.bottom_mm, thick, shade)

    def circle(self, x: float, y: float, radius: float, shade: int = _INK) -> None:
        """A bubble to fill in."""
        edges = tuple(v * self._scale for v in (x - radius, y - radius, x + radius, y + radius))
        self._draw.ellipse(edges, outline=shade, width=max(1, round(0.2 * self._scale)))

    def text(self, x: float, y: float, text: str, size_mm: float, *, bold: bool = False) -> None:
        """Print whose top is at ``y``."""
        font = ImageFont.truetype(str(font_file("bold" if bold else "regular")), round(size_mm * self._scale))
        self._draw.text((x * self._scale, y * self._scale), text, fill=_INK, font=font)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A form with the truth about its fields.

    ``lengths``: how many digits each digit field asks for; ``account``: the one that stands for the account.
    """

    template: Template
    lengths: dict[str, int]
    draw: Callable[[int], Grey]
    account: str
    combs: frozenset[str] = frozenset()

    def picture(self, dpi: int) -> Grey:
        """The empty form, uint8."""
        return _printed(self, dpi)

    def open_top(self, name: str) -> bool:
        """Whether a field's cells have no lid."""
        return name in self.combs


@cache
def _printed(drawn: Drawn, dpi: int) -> Grey:
    # Type is drawn in whole pixels: at another resolution its lines would be of another length.
    fine = drawn.draw(_DPI)
    size = (round(fine.shape[1] * dpi / _DPI), round(fine.shape[0] * dpi / _DPI))
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _template(name: str, width: float, height: float, fields: list[Field]) -> Template:
    return Template(
        name, 1, "krasnoyarskenergosbyt", name, width, height, tuple(fields), (), None, form_code=-1
    )


def _field(name: str, kind: FieldKind, box: Box, cells: tuple[Box, ...] = ()) -> Field:
    return Field(name, kind, "other", False, name, box, cells)


def _sample_boxes() -> dict[str, Box]:
    """The sample form's boxes: five to the row, as wide as their strings are long."""
    boxes = {
        "name": Box(14, 30, 62, 9),
        "day": Box(80, 30, 28, 9),
        "city": Box(112, 30, 62, 9),
        "zip": Box(178, 30, 24, 9),
    }
    number = 0
    for row in range(5):
        x = 14.0
        for _ in range(5):
            if number == len(_STRINGS):
                break
            width = 10.0 + 5.2 * _STRINGS[number]
            if x + width > 204:
                break
            boxes[f"box_{number}"] = Box(x, 60 + row * 19, width, 8.5)
            x += width + 6.0
            number += 1
    boxes["letters"] = Box(14, 160, 188, 9)
    boxes["text"] = Box(14, 205, 188, 60)
    return boxes


def _sample(dpi: int) -> Grey:
    canvas = Canvas(215.9, 279.4, dpi)
    rng = np.random.default_rng(5)
    canvas.text(62, 10, "HANDWRITING SAMPLE FORM", 6.0, bold=True)
    for label, box in _sample_boxes().items():
        canvas.frame(box, 0.2)
        if label.startswith("box_"):
            count = _STRINGS[int(label[4:])]
            canvas.text(
                box.x_mm + 2, box.y_mm - 5.4, "".join(str(rng.integers(10)) for _ in range(count)), 4.0
            )
        elif label not in ("letters", "text"):
            canvas.text(box.x_mm, box.y_mm - 4.4, label.upper(), 3.2)
    canvas.text(
        14,
        43,
        "This sample of handwriting is being collected for use in testing computer recognition of hand",
        3.0,
    )
    canvas.text(
        14,
        47,
        "printed numbers and letters. Please print the following characters in the boxes that appear below.",
        3.0,
    )
    canvas.text(14, 154, "q w e r t y u i o p a s d f g h j k l z x c v b n m", 4.0)
    canvas.text(14, 178, "Please print the following text in the box below:", 3.2)
    for n, line in enumerate(_TEXT):
        canvas.text(14, 184 + 5 * n, line, 3.6)
    return np.asarray(canvas.image, dtype=np.uint8)


def _sample_form() -> Drawn:
    fields, lengths = [], {}
    for name, box in _sample_boxes().items():
        digits = name.startswith("box_")
        fields.append(_field(name, "digits_line" if digits else "handwriting", box))
        if digits:
            lengths[name] = _STRINGS[int(name[4:])]
    return Drawn(_template("sample-form", 215.9, 279.4, fields), lengths, _sample, "box_5")


#: Of each comb: left, level of its rule, cells, a cell's width, a tick's height (mm).
_COMBS = {
    "candidate": (20.0, 62.0, 8, 7.0, 2.6),
    "centre": (90.0, 62.0, 5, 7.0, 2.6),
    "born": (140.0, 62.0, 6, 7.0, 2.6),
    "answer_1": (40.0, 180.0, 6, 6.0, 3.0),
    "answer_2": (40.0, 194.0, 6, 6.0, 3.0),
    "answer_3": (40.0, 208.0, 6, 6.0, 3.0),
    "answer_4": (120.0, 180.0, 5, 6.0, 3.0),
    "answer_5": (120.0, 194.0, 5, 6.0, 3.0),
    "answer_6": (120.0, 208.0, 5, 6.0, 3.0),
}
#: Paper above a comb's rule that a digit takes, in a cell's width.
_TALL = 1.25
_SURNAME, _SIGN = Box(20, 78, 170, 9), Box(120, 250, 70, 12)


def _comb_cells(name: str) -> tuple[Box, ...]:
    x, level, count, width, _ = _COMBS[name]
    return tuple(Box(x + n * width, level - _TALL * width, width, _TALL * width) for n in range(count))


def _exam(dpi: int) -> Grey:
    canvas = Canvas(210.0, 297.0, dpi)
    canvas.text(20, 14, "EXAMINATION ANSWER SHEET", 7.0, bold=True)
    canvas.text(
        20,
        26,
        "Use a black pen. Write one figure in each space. Fill the circles completely. Do not fold this.",
        3.0,
    )
    canvas.text(
        20,
        31,
        "Corrections: cross out and write beside it. Only the marked fields are read by the machine.",
        3.0,
    )
    for n in range(44):
        # Timing marks, and a pattern that says which page this is.
        canvas.bar(Box(6, 20 + 6 * n, 5, 2.2))
        if n * n % 7 in (1, 2):
            canvas.bar(Box(199, 20 + 6 * n, 5, 2.2))
    for label, (x, level, count, width, tick) in _COMBS.items():
        canvas.line(x, level, x + count * width, level, 0.3)
        for n in range(count + 1):
            canvas.line(x + n * width, level - tick, x + n * width, level, 0.3)
        words = label.replace("_", " ").capitalize()
        if label.startswith("answer"):
            canvas.text(x - 18, level - 4.5, words, 3.4)
        else:
            canvas.text(x, level - 15, words, 3.4)
    canvas.text(20, 73, "Surname", 3.4)
    canvas.frame(_SURNAME, 0.3)
    for block in range(3):
        for row in range(10):
            canvas.text(22 + 60 * block, 98.3 + 7 * row, f"{10 * block + row + 1}", 3.4)
            for column, letter in enumerate("ABCD"):
                canvas.circle(34 + 60 * block + 8 * column, 100 + 7 * row, 2.4)
                canvas.text(33.1 + 60 * block + 8 * column, 98.4 + 7 * row, letter, 2.8)
    canvas.text(20, 168, "Part B: write whole numbers", 4.2, bold=True)
    canvas.text(120, 244, "Signature", 3.4)
    canvas.frame(_SIGN, 0.3)
    canvas.text(20, 280, "Form 27-B  Page 1 of 1  Printed on recycled paper", 2.6)
    return np.asarray(canvas.image, dtype=np.uint8)


def _exam_form() -> Drawn:
    fields = []
    for name in _COMBS:
        cells = _comb_cells(name)
        fields.append(_field(name, "digits", Box.around(cells), cells))
    fields += [_field("surname", "handwriting", _SURNAME), _field("signature", "signature", _SIGN)]
    lengths = {name: len(_comb_cells(name)) for name in _COMBS}
    return Drawn(
        _template("exam-sheet", 210.0, 297.0, fields), lengths, _exam, "candidate", frozenset(_COMBS)
    )


FORMS = (_sample_form(), _exam_form())
