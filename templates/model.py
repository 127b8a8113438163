"""A form as data: where everything is printed, in millimetres from the trimmed slip's top left.

The same objects print the blank (``templates.printing``) and tell the reader where the fields are (``ocr``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["digits", "date", "line", "signature"]
FieldRole = Literal["account", "reading", "date", "signature", "address", "surname", "meter_serial", "other"]


@dataclass(frozen=True)
class Box:
    """A rectangle in slip millimetres: top left corner, width, height."""

    x_mm: float
    y_mm: float
    w_mm: float
    h_mm: float


@dataclass(frozen=True)
class Field:
    """One field of a form.

    ``kind``: ``digits`` (cells, one digit each), ``date`` (eight cells DDMMYYYY), ``line`` (one box for free
    handwriting) or ``signature``. ``cells`` is empty for kinds without cells; ``box`` then is where to write,
    otherwise the cells' bounding box. ``tariff`` is "T1", "T2" or "T3" for readings.
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
    """A printed ArUco corner marker (dictionary ``MARKER_DICTIONARY``); ``corner`` is tl, tr, br or bl."""

    id: int
    corner: Literal["tl", "tr", "br", "bl"]
    box: Box


@dataclass(frozen=True)
class CodeArea:
    """Where a personal slip prints its account: the QR code and the text with the check digit."""

    qr: Box
    text: Box


@dataclass(frozen=True)
class Template:
    """A version of a form. ``key`` is what records and results carry: ``name@version``."""

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
