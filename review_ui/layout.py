"""Where a field's crop and the places of its characters lie, in pixels of the slip's picture."""

from __future__ import annotations

from dataclasses import dataclass

from review_ui.pictures import PagePicture
from services.places import by_place
from services.results import FieldBox, ReviewField

#: CSS pixels a millimetre of paper: a printed cell 10 mm high comes out at 56 px, its digit at 40.
SCALE = 5.6

#: The same for lines and signatures, which are not read digit by digit.
LINE_SCALE = 4.2

#: Paper shown beside and below a field, as a fraction of its height: people write over the edge. Above it
#: stands its printed label, so less is shown there.
MARGIN, MARGIN_ABOVE = 0.15, 0.05

#: Height of the characters' places, as a fraction of a cell's width.
STRIP_HEIGHT = 0.8

#: Places of numbers that are written on a line: dates, readings, other numbers.
_DATE_PLACES, _READING_PLACES, _NUMBER_PLACES = 8, 8, 12

#: Width of a place, in CSS pixels, where the picture does not say where the cells are: an unregistered page,
#: or an account that is printed and not written.
PLAIN_CELL = 38.0


@dataclass(frozen=True)
class Slot:
    """The place of one character: left edge, width, what is in it ("" for blank), whether it is weak."""

    x: float
    width: float
    value: str
    weak: bool
    confidence: float


@dataclass(frozen=True)
class Crop:
    """A cut of the picture, in its pixels; ``css_width`` is its width on the page."""

    x: float
    y: float
    width: float
    height: float
    css_width: int


@dataclass(frozen=True)
class Strip:
    """Where the characters stand: from ``x``, ``width`` wide and ``height`` high; ``css_width`` on the page.

    In picture pixels where the cells are known, so that each character stands under its cell.
    """

    x: float
    width: float
    height: float
    css_width: int


@dataclass(frozen=True)
class FieldLayout:
    """A field's crop (None where the picture does not say where it is) and its characters' places."""

    crop: Crop | None
    strip: Strip
    slots: tuple[Slot, ...]


def lay_out(
    field: ReviewField, picture: PagePicture, weak_below: float, account_digits: int = 12
) -> FieldLayout:
    """Lay one field out; numbers without cells have as many places as their kind and role ask for."""
    count = field.cells or _places_of(field, account_digits)
    where = next((box for box in picture.boxes if box.name == field.name), None)
    crop = None
    if where is not None:
        crop = _crop(where, picture, SCALE if where.cells else LINE_SCALE)
    if where is not None and crop is not None and len(where.cells) == count > 0:
        places = [(float(cell[0]), float(cell[2])) for cell in where.cells]
        height = STRIP_HEIGHT * max(cell[2] for cell in where.cells)
        strip = Strip(crop.x, crop.width, height, crop.css_width)
    else:
        places = [(index * PLAIN_CELL, PLAIN_CELL * 0.92) for index in range(count)]
        width = max(count, 1) * PLAIN_CELL
        strip = Strip(0.0, width, PLAIN_CELL, round(width))
    confidences = [char.confidence for char in field.characters] + [1.0] * count
    slots = tuple(
        Slot(x, width, value, weak, confidence)
        for (x, width), value, weak, confidence in zip(
            places, slot_values(field, count), weak_slots(field, weak_below, count), confidences, strict=False
        )
    )
    return FieldLayout(crop, strip, slots)


def _places_of(field: ReviewField, account_digits: int) -> int:
    """Places of a field without cells; 0 where it is not entered digit by digit."""
    if field.kind == "date_line":
        return _DATE_PLACES
    if field.kind == "printed" or (field.role == "account" and field.kind in ("digits_line", "typed")):
        return max(account_digits, len(field.value))
    if field.kind == "digits_line":
        return max(_READING_PLACES if field.role == "reading" else _NUMBER_PLACES, len(field.value))
    return 0


def _crop(where: FieldBox, picture: PagePicture, css_per_mm: float) -> Crop:
    x, y, width, height = where.box
    margin = height * MARGIN
    left, top = max(x - margin, 0.0), max(y - height * MARGIN_ABOVE, 0.0)
    right, bottom = min(x + width + margin, picture.width), min(y + height + margin, picture.height)
    scale = css_per_mm * 25.4 / picture.dpi if picture.dpi else 1.0
    return Crop(left, top, right - left, bottom - top, round((right - left) * scale))


def slot_values(field: ReviewField, count: int) -> list[str]:
    """One text for each of ``count`` places; see ``services.places``."""
    raw = [char.value for char in field.characters]
    return by_place(field.value, raw, count, is_date=field.kind in ("date", "date_line"))


def weak_slots(field: ReviewField, weak_below: float, count: int) -> list[bool]:
    """One flag for each of ``count`` places: read without enough confidence, or crossed out."""
    flags = [char.confidence < weak_below or char.value == "#" for char in field.characters[:count]]
    return flags + [False] * (count - len(flags))
