"""A form as data: where everything is printed, in millimetres from the trimmed slip's top left.

The same objects print the blank (``templates.printing``) and tell the reader where the fields are (``ocr``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from templates.art import Artwork

FieldKind = Literal["digits", "date", "line", "signature", "printed"]
FieldRole = Literal["account", "reading", "date", "signature", "address", "surname", "meter_serial", "other"]
#: ``slip``: a customer's reading; ``header``: the sheet that a box's slips are scanned with.
Purpose = Literal["slip", "header"]
Corner = Literal["tl", "tr", "br", "bl"]


@dataclass(frozen=True)
class Box:
    """A rectangle in slip millimetres: top left corner, width, height."""

    x_mm: float
    y_mm: float
    w_mm: float
    h_mm: float

    @property
    def right_mm(self) -> float:
        """x of the right edge."""
        return self.x_mm + self.w_mm

    @property
    def bottom_mm(self) -> float:
        """y of the lower edge."""
        return self.y_mm + self.h_mm

    def grown(self, margin_mm: float) -> Box:
        """The box with ``margin_mm`` added on every side."""
        return Box(
            self.x_mm - margin_mm, self.y_mm - margin_mm, self.w_mm + 2 * margin_mm, self.h_mm + 2 * margin_mm
        )

    def overlaps(self, other: Box) -> bool:
        """Whether the two have more than a common edge (a micrometre is allowed for rounding)."""
        return (
            self.x_mm < other.right_mm - 1e-3
            and other.x_mm < self.right_mm - 1e-3
            and self.y_mm < other.bottom_mm - 1e-3
            and other.y_mm < self.bottom_mm - 1e-3
        )

    @staticmethod
    def around(boxes: tuple[Box, ...]) -> Box:
        """The smallest box that holds all of ``boxes`` (at least one)."""
        left, top = min(b.x_mm for b in boxes), min(b.y_mm for b in boxes)
        right, bottom = max(b.right_mm for b in boxes), max(b.bottom_mm for b in boxes)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Field:
    """One field of a form.

    ``kind``: ``digits`` (cells, one digit each), ``date`` (eight cells DDMMYYYY), ``line`` (one box for free
    handwriting), ``signature``, or ``printed`` (a personal slip's account: nothing is written there, so ink
    over its print means that somebody changed it). ``cells`` is empty for kinds without cells; ``box`` then
    is where to write, otherwise the cells' bounding box. ``tariff`` is "T1", "T2" or "T3" for readings.
    """

    name: str
    kind: FieldKind
    role: FieldRole
    required: bool
    label: str
    box: Box
    cells: tuple[Box, ...] = ()
    tariff: str | None = None


@dataclass(frozen=True)
class Marker:
    """A printed ArUco corner marker (dictionary ``MARKER_DICTIONARY``); ``corner`` is tl, tr, br or bl.

    ``box`` is the black square, 8×8 modules with its black frame, without the white quiet zone.
    """

    id: int
    corner: Corner
    box: Box


@dataclass(frozen=True)
class CodeArea:
    """Where a personal slip prints its account: the QR code and the text with the check digits.

    ``qr`` is the code itself without its quiet zone; ``text`` holds the one line of digits, centred in its
    height from its left edge.
    """

    qr: Box
    text: Box


@dataclass(frozen=True)
class Template:
    """A version of a form. ``key`` is what records and results carry: ``name@version``.

    ``artwork`` is what is printed beside fields and markers: texts, rules, samples. ``purpose``: what the
    paper is for. ``reference``: a picture of the empty form (or of a filled one), its whole area the page of
    ``width_mm`` × ``height_mm``; forms that somebody else prints are found and registered by it. One without
    markers has ``form_code`` -1; one without markers and picture is found by what its YAML prints.
    ``back_of``: the name of the form whose other side this is.
    """

    name: str
    version: int
    supplier: str
    title: str
    width_mm: float
    height_mm: float
    fields: tuple[Field, ...]
    markers: tuple[Marker, ...]
    code: CodeArea | None
    personal: bool = False
    large_print: bool = False
    form_code: int = 0
    purpose: Purpose = "slip"
    artwork: Artwork = dataclasses.field(default_factory=Artwork)
    reference: Path | None = None
    back_of: str = ""

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    def field(self, name: str) -> Field:
        """The field of that name; raises ``KeyError``."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


#: AprilTag 36h11: 587 markers that differ in at least 11 bits, so a stain cannot turn one into another.
#: ids 4k … 4k+3 are the corners tl, tr, br, bl of form code k (a form code is one template version's number).
MARKER_DICTIONARY = "DICT_APRILTAG_36h11"
MARKER_COUNT = 587
