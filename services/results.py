"""What services take and give back: frozen dataclasses for pages, flows and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.results import Character


@dataclass(frozen=True)
class BatchOrder:
    """How a batch came in. ``collected``: the day the box was emptied; window rules are judged by it."""

    supplier: str
    channel: str
    station: str
    collected: date


@dataclass(frozen=True)
class Receipt:
    """A file was taken.

    Its bytes are durable and its row committed. ``again``: the same bytes were known before.
    """

    receipt_id: int
    batch_id: int
    file_id: int
    sha256: str
    name: str
    again: bool


@dataclass(frozen=True)
class FileProblem:
    """A path that gave no readable sheet: ``reason`` is its code, ``detail`` one line for a person."""

    path: str
    reason: Reason
    detail: str


@dataclass(frozen=True)
class SheetOutcome:
    """What became of one sheet."""

    sheet_id: int
    file_name: str
    page: int
    slip: int
    state: SheetState
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class HeldSheet:
    """A sheet that stays pending: its original cannot be had until a backup is restored."""

    sheet_id: int
    problem: FileProblem


@dataclass(frozen=True)
class ChunkResult:
    """What a chunk of sheets became.

    ``skipped``: sheets that another process had taken in the meantime. ``joined``: what became of sheets of
    earlier chunks that had waited for their other side; their first outcome was ``review``.
    """

    outcomes: tuple[SheetOutcome, ...] = ()
    skipped: int = 0
    held: tuple[HeldSheet, ...] = ()
    joined: tuple[SheetOutcome, ...] = ()

    @property
    def every(self) -> tuple[SheetOutcome, ...]:
        """All outcomes; of a sheet with two the later one comes last."""
        return (*self.outcomes, *self.joined)

    def count(self, by_state: Counter[str]) -> None:
        """Add the chunk's sheets to counts that hold each sheet once."""
        by_state.update(outcome.state.value for outcome in self.every)
        by_state[SheetState.REVIEW.value] -= len(self.joined)


@dataclass(frozen=True)
class Progress:
    """How far a batch is: pages digitised of pages known, and sheets by state so far."""

    batch_id: int
    done: int
    total: int
    by_state: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchResult:
    """A batch that is through.

    ``problems``: paths that gave no file. ``outcomes``: what this run did. ``unreadable`` and ``totals``
    (sheets by state) cover all sheets of the files handed in, also those that an earlier run had finished.
    """

    batch_id: int
    receipts: tuple[Receipt, ...]
    problems: tuple[FileProblem, ...]
    outcomes: tuple[SheetOutcome, ...]
    seconds: float
    unreadable: tuple[SheetOutcome, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MeterView:
    """One meter and tariff of an account, as the register and the readings accepted since then know it."""

    meter_serial: str
    tariff: str
    digits: int | None
    decimals: int
    previous_reading: str
    previous_date: date | None
    previous_kind: str
    monthly_average: float | None


@dataclass(frozen=True)
class AccountView:
    """An account as a reviewer sees it beside the slip."""

    account: str
    surname: str
    address: str
    meters: tuple[MeterView, ...]


@dataclass(frozen=True)
class Effort:
    """What a verdict took a person: seconds since the slip was shown, and keys pressed. The page says so."""

    seconds: float
    keys: int


@dataclass(frozen=True)
class ReviewQuestion:
    """What a reviewer asks a supervisor about a slip."""

    asked_by: str
    note: str


@dataclass(frozen=True)
class ReviewField:
    """One field of a slip under review.

    ``kind`` and ``role`` as in ``templates.model``; ``cells``: how many boxes (0 for a line or signature).
    ``value``: digits; a date as YYYY-MM-DD; "yes" or "" for a signature, line or tick; else the text.
    ``weak``: a person has to look at it. ``meter``: which of the sheet's meters, from 1.
    """

    name: str
    label: str
    kind: str
    role: str
    tariff: str | None
    required: bool
    cells: int
    value: str
    confidence: float
    characters: tuple[Character, ...]
    weak: bool
    reasons: tuple[Reason, ...] = ()
    meter: int = 1
    check: str = ""


@dataclass(frozen=True)
class ReviewSheet:
    """A slip held by a reviewer until ``held_until`` (renew before that)."""

    sheet_id: int
    supplier: str
    channel: str
    station: str
    collected: date
    received_at: datetime
    file_name: str
    page: int
    slip: int
    template: str | None
    state: SheetState
    reasons: tuple[Reason, ...]
    fields: tuple[ReviewField, ...]
    account: AccountView | None
    held_by: str | None
    held_until: datetime | None
    question: ReviewQuestion | None = None


@dataclass(frozen=True)
class FieldBox:
    """Where a field lies in a ``SlipPicture``.

    Pixels, x right, y down, from its top left; (x, y, width, height).
    """

    name: str
    box: tuple[int, int, int, int]
    cells: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class SlipPicture:
    """The slip upright (``rectified``) with its fields, or the plain page (no boxes) when it was not
    registered.
    """

    grey: NDArray[np.uint8]
    boxes: tuple[FieldBox, ...]
    dpi: float | None
    rectified: bool


@dataclass(frozen=True)
class ReviewAnswer:
    """The gate's answer to a person's values.

    ``outcome``: ``accepted`` (by ``accept``: committed; by ``preview``: would be), ``duplicate`` (an
    earlier slip already brought the same readings, see ``duplicate_of``), ``confirm`` (a person may
    overrule every one of ``reasons`` by passing them as ``confirmed``) or ``refused`` (``blocking`` has to
    be corrected first, or the slip rejected). ``flags`` go with an accepted reading, for instance
    ``below_estimate``. ``account`` is the register's view of the account that the values name.
    """

    outcome: Literal["accepted", "duplicate", "confirm", "refused"]
    reasons: tuple[Reason, ...] = ()
    blocking: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()
    account: AccountView | None = None
    duplicate_of: int | None = None


@dataclass(frozen=True)
class BadRow:
    """A register row that was not imported: its line in the file (from 1) and why."""

    line: int
    problem: str


@dataclass(frozen=True)
class ImportResult:
    """What a register import did."""

    imported: int
    bad: tuple[BadRow, ...]
    encoding: str


@dataclass(frozen=True)
class ExportResult:
    """A finished export run."""

    run_id: int
    path: str
    readings: int


@dataclass(frozen=True)
class StatusResult:
    """Counts as ``meterdrop status --json`` prints them; ``by_state`` sums to ``sheets``."""

    sheets: int
    by_state: Mapping[str, int]
    by_reason: Mapping[str, int]


@dataclass(frozen=True)
class VerifyResult:
    """``ok`` when records, objects and audit log agree; otherwise one line a problem."""

    ok: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class UserView:
    """A member of staff.

    ``password_at``: when the password was last changed; ``must_change``: it is good for one log-in;
    ``left_at``: may no longer log in.
    """

    name: str
    role: str
    created_at: datetime
    password_at: datetime | None = None
    must_change: bool = False
    left_at: datetime | None = None
