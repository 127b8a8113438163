"""A form as data: where everything is printed, in millimetres from the trimmed slip's top left.

The same objects print the blank (``templates.printing``) and tell the reader where the fields are (``ocr``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from templates.art import Artwork

#: What stands in a field and how it is read; ``templates.field_kinds`` says which field may be of which kind.
#:
#: - ``digits``, ``date``: cells, one digit each (a date: eight, DDMMYYYY)
#: - ``digits_line``, ``date_line``: the same by hand in one long box or on a rule
#: - ``tick``: a box to tick
#: - ``signature``, ``line``: a box in which only ink is looked for
#: - ``handwriting``: free handwriting, which a person types from its picture
#: - ``typed``: a line of print, read by Tesseract
#: - ``code``: a bar code or QR code
#: - ``printed``: the account of a personal slip of ours: QR code and text with check digits
FieldKind = Literal[
    "digits",
    "date",
    "digits_line",
    "date_line",
    "tick",
    "signature",
    "line",
    "handwriting",
    "typed",
    "code",
    "printed",
]
#: ``account_code``: a bar or QR code that names the account; beats what is read as the account itself.
FieldRole = Literal[
    "account",
    "account_code",
    "reading",
    "date",
    "signature",
    "address",
    "surname",
    "meter_serial",
    "other",
]
#: What is printed around a field that we print.
Border = Literal["box", "rule", "none"]
#: What a value has to look like, beside its kind.
Check = Literal["", "email", "phone"]
#: Which codes are looked for: two-dimensional ones, bar codes, or either.
Codes = Literal["any", "qr", "barcode"]
#: What a code that we print says: the account alone; the order to pay of ГОСТ Р 56042.
CodeContent = Literal["account", "payment"]
#: ``slip``: a customer's readings; ``header``: the sheet that a box's slips are scanned with;
#: ``questionnaire``: a customer's answers, which go to an export of their own.
Purpose = Literal["slip", "header", "questionnaire"]
Corner = Literal["tl", "tr", "br", "bl"]
#: The kinds that are printed, not written: nobody writes there.
PRINTED_KINDS = frozenset({"typed", "code", "printed"})


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

    ``kind``: see ``FieldKind``. ``cells`` is empty for kinds without cells; ``box`` then is where to write
    or where the print stands, otherwise the cells' bounding box. ``tariff`` is "T1", "T2" or "T3" for
    readings; ``meter``, from 1, tells the meters of a sheet apart. ``border``: what we print around it.
    ``codes``, ``content``: for kind ``code``; ``account_at``: which of its characters, from 1, are the
    account (all, where None). ``type_pt``: type size of a ``typed`` field that we print.
    """

    name: str
    kind: FieldKind
    role: FieldRole
    required: bool
    label: str
    box: Box
    cells: tuple[Box, ...] = ()
    tariff: str | None = None
    meter: int = 1
    border: Border = "box"
    check: Check = ""
    codes: Codes = "any"
    content: CodeContent = "account"
    type_pt: float = 0.0
    account_at: tuple[int, int] | None = None


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
    payee: tuple[tuple[str, str], ...] = ()
    reference: Path | None = None
    back_of: str = ""

    def __hash__(self) -> int:
        # Much is kept by template: going through hundreds of cells each time takes longer than most of it.
        return hash((self.name, self.version))

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

    def of_role(self, role: FieldRole) -> tuple[Field, ...]:
        """The fields of that role, in the form's order."""
        return tuple(field for field in self.fields if field.role == role)


#: AprilTag 36h11: 587 markers that differ in at least 11 bits, so a stain cannot turn one into another.
#: ids 4k … 4k+3 are the corners tl, tr, br, bl of form code k (a form code is one template version's number).
MARKER_DICTIONARY = "DICT_APRILTAG_36h11"
MARKER_COUNT = 587
