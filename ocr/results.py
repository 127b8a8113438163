"""What the reader says: frozen dataclasses, ready for JSON.

Coordinate frames used throughout ``ocr``:

- *page pixels*: x right, y down, origin at the top left of the page image after EXIF rotation, before any
  other turn; float64.
- *slip millimetres*: the layout frame of the printed template, origin at the trimmed slip's top left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from domain.reasons import Reason

Outcome = Literal["read", "blank", "unreadable"]


@dataclass(frozen=True)
class Character:
    """One cell: ``value`` is a digit, ``_`` for blank or ``#`` for struck out / not a digit."""

    value: str
    confidence: float


@dataclass(frozen=True)
class FieldResult:
    """One field of a slip.

    ``value`` is the best reading even when ``confidence`` is low ("" when nothing is written); ``raw`` is
    what the ink says without the register, one character a cell. ``source`` says where an account came from:
    ``ink``, ``qr`` or ``text`` (printed beside the QR). ``runner_up`` is the posterior of the second best
    registered account, or of a reading's second best number; ``other``: that account. ``present``
    is for fields that only need ink (signature, address line). ``evidence``: the cells that ``value`` was
    decoded from (``ocr.decode.packed``), so that it can be decoded again with what is known of its account;
    empty where the value came in another way. ``by_ink``: the confidence before other witnesses than the ink
    were heard, where any were.
    """

    value: str | None = None
    confidence: float = 0.0
    raw: str | None = None
    characters: tuple[Character, ...] = ()
    in_register: bool | None = None
    source: str | None = None
    runner_up: float | None = None
    present: bool | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: bytes = b""
    other: str = ""
    by_ink: float | None = None


@dataclass(frozen=True)
class Registration:
    """How a slip lies on its page.

    ``homography``: 3×3 row-major floats, slip millimetres → page pixels. ``residual_mm``: the worst distance
    between an expected and an observed landmark after the fit, in slip millimetres. ``markers_found``: 0–4;
    0: registered by the form's own print. ``bend``: displacement (mm) that is added before the homography, x
    and y at the nodes of a grid over the slip, row by row, ``bend_columns`` nodes a row; empty where none is.
    """

    homography: tuple[float, ...]
    residual_mm: float
    markers_found: int
    bend: tuple[float, ...] = ()
    bend_columns: int = 0


@dataclass(frozen=True)
class SlipReading:
    """What was read from one slip (or one page with none on it).

    ``template`` is ``name@version``; ``ink``: a short fingerprint of the handwriting that finds the same slip
    scanned twice (see ``ocr.fingerprint``); ``model``: which weights read it; ``shadow``: what another model
    read on the same cells, which decides nothing.
    """

    outcome: Outcome
    slip: int = 1
    template: str | None = None
    fields: dict[str, FieldResult] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    registration: Registration | None = None
    ink: bytes = b""
    model: str = ""
    seconds: float = 0.0
    shadow: SlipReading | None = None

    @property
    def account(self) -> str:
        """The account's number as it was read; "" where none was."""
        result = self.fields.get("account")
        return (result.value if result is not None else None) or ""


@dataclass(frozen=True)
class LineReading:
    """Digits read from a picture of one cell (``as cell``) or one line without cells (``as line``)."""

    outcome: Outcome
    value: str = ""
    confidence: float = 0.0
    characters: tuple[Character, ...] = ()
    reasons: tuple[Reason, ...] = ()
