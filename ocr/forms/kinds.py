"""Fields that are not read cell by cell: lines, ticks, print, codes, pictures for a person."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from domain.reasons import Reason
from ocr.decode import AccountIndex
from ocr.forms import barcodes, on_line, typed
from ocr.forms.ink import presence
from ocr.forms.levels import Levels
from ocr.forms.places import cut_box, from_page
from ocr.forms.registration import Registered
from ocr.forms.settings import Grey
from ocr.forms.tick import INSIDE_MM, read_tick
from ocr.lines import LineReader
from ocr.results import Character, FieldResult
from templates.model import Field, FieldKind, Template

ON_LINE: frozenset[FieldKind] = frozenset({"digits_line", "date_line"})
#: What this module reads.
KINDS: frozenset[FieldKind] = frozenset({*ON_LINE, "tick", "handwriting", "typed", "code"})
#: Roles of print that are numbers.
_NUMBERS = frozenset({"account", "meter_serial"})
#: How sure a code is that was read: a QR code carries error correction, a bar code one check digit.
SURE = {"qr": 0.99999, "barcode": 0.9995}
_UNSURE = 0.5
#: Half a printed border and the registration's error: what is cut off a box before looking for ink (mm).
_INSIDE_MM = 0.9
#: Paper beside a printed line that is read with it (mm).
_BESIDE_TYPE_MM = 0.6


class Instruments:
    """What reads such fields, made when the first form asks for it. One object a process."""

    def __init__(self, line_weights: Path | None = None, threads: int = 1) -> None:
        self._weights = line_weights
        self._threads = threads

    @cached_property
    def lines(self) -> LineReader:
        """The reader of lines; raises ``SettingsError`` when its weights cannot be read."""
        return LineReader.load(self._weights, self._threads)

    def model(self, template: Template, cells: str) -> str:
        """Which weights read a slip of this form: ``cells``, and those for lines where it has such fields."""
        if not any(field.kind in ON_LINE for field in template.fields):
            return cells
        return f"{cells}+{self.lines.model}"


def read_others(
    grey: Grey,
    registered: Registered,
    template: Template,
    instruments: Instruments,
    *,
    accounts: AccountIndex | None,
    dpi: float,
    black: float,
) -> dict[str, FieldResult]:
    """The template's fields of ``KINDS``, by name. ``grey`` is the slip's page; ``black``: see ``ink``."""
    results = _read_print(grey, registered, template, accounts)
    ticked = any(field.kind == "tick" for field in template.fields)
    paper = Levels(registered.slip[::7, ::7]).percentile(70) if ticked else 255.0
    for field in template.fields:
        if field.kind in ON_LINE:
            picture = cut_box(registered, template, on_line.picture_box(field), dpi)
            seen = on_line.see(picture, instruments.lines)
            results[field.name] = (
                on_line.read_day(seen)
                if field.kind == "date_line"
                else on_line.read_number(field, seen, accounts)
            )
        elif field.kind == "tick":
            inside = cut_box(registered, template, field.box.grown(-INSIDE_MM), dpi)
            tick = read_tick(inside, dpi, black, paper)
            results[field.name] = FieldResult(value=tick.state, confidence=tick.confidence)
        elif field.kind == "handwriting":
            inside = cut_box(registered, template, field.box.grown(-_INSIDE_MM), dpi)
            found = presence(inside, dpi, black)
            results[field.name] = FieldResult(present=found.present, confidence=found.confidence)
        elif field.kind == "code":
            results[field.name] = _read_code(grey, registered, template, field)
    return results


def _read_print(
    grey: Grey, registered: Registered, template: Template, accounts: AccountIndex | None
) -> dict[str, FieldResult]:
    fields = [field for field in template.fields if field.kind == "typed"]
    numbers = [field for field in fields if field.role in _NUMBERS]
    texts = [field for field in fields if field.role not in _NUMBERS]
    pictures = {
        field.name: from_page(grey, registered, template, field.box.grown(_BESIDE_TYPE_MM), typed.DPI)
        for field in fields
    }
    results: dict[str, FieldResult] = {}
    for field, read in zip(numbers, typed.read_numbers([pictures[f.name] for f in numbers]), strict=True):
        results[field.name] = FieldResult(
            value=read.text,
            confidence=read.confidence,
            raw=read.text,
            characters=tuple(Character(digit, read.confidence) for digit in read.text),
            in_register=read.text in accounts if field.role == "account" and accounts is not None else None,
            source="text" if field.role == "account" else None,
        )
    for field, read in zip(texts, typed.read_typed([pictures[f.name] for f in texts]), strict=True):
        results[field.name] = FieldResult(value=read.text, confidence=read.confidence, raw=read.text)
    return results


def _read_code(grey: Grey, registered: Registered, template: Template, field: Field) -> FieldResult:
    """What a code names; "" where none is read. Two that name different accounts are a contradiction."""
    area = field.box.grown(barcodes.AROUND_MM)
    picture = from_page(grey, registered, template, area, barcodes.DPI)
    said = barcodes.read_codes(picture, field.codes, template.payee)
    if not said:
        return FieldResult(value="", confidence=0.0)
    first = said[0]
    numbers = {account_in(each.account, field) for each in said}
    strange = any(each.supplier not in (None, template.supplier) or not each.ours for each in said)
    reasons = (Reason.ACCOUNT_CONTRADICTS_CODE,) if strange or len(numbers) > 1 else ()
    return FieldResult(
        value=account_in(first.account, field),
        confidence=_UNSURE if reasons else SURE[first.source],
        raw=first.account,
        source=first.source,
        reasons=reasons,
    )


def account_in(said: str, field: Field) -> str:
    """The account in what a code says: all of it, or the characters that the form names."""
    if field.account_at is None:
        return said
    first, last = field.account_at
    return said[first - 1 : last]


def join_account(
    template: Template, fields: Mapping[str, FieldResult], accounts: AccountIndex | None
) -> dict[str, FieldResult]:
    """``fields`` with the account that a code names where one was read: it beats what was recognised.

    Where both say something else, a person looks: unless it is one wrong character that no account bears out.
    """
    joined = dict(fields)
    codes = [fields[field.name] for field in template.of_role("account_code") if fields[field.name].value]
    if not codes:
        return joined
    said = max(codes, key=lambda code: code.confidence)
    number = said.value or ""
    beside = fields.get("account")
    reasons: list[Reason] = [reason for code in codes for reason in code.reasons]
    if len({code.value for code in codes}) > 1:
        reasons.append(Reason.ACCOUNT_CONTRADICTS_CODE)
    if beside is not None:
        reasons += _compared(number, beside, accounts)
    reasons = list(dict.fromkeys(reasons))
    confidence = _UNSURE if reasons else max(code.confidence for code in codes)
    joined["account"] = FieldResult(
        value=number,
        confidence=confidence,
        raw=beside.raw if beside is not None else number,
        characters=tuple(Character(digit, confidence) for digit in number),
        in_register=None if accounts is None else number in accounts,
        source=said.source,
        reasons=tuple(reasons),
    )
    return joined


def _compared(number: str, beside: FieldResult, accounts: AccountIndex | None) -> list[Reason]:
    """What the recognised account says against the code's."""
    text = beside.value or ""
    if text == number:
        return []
    if not text:
        # Print that cannot be read any more may have been painted over.
        return [Reason.ACCOUNT_UNCLEAR] if beside.source == "text" else []
    wrong = sum(a != b for a, b in zip(text, number, strict=False)) + abs(len(text) - len(number))
    another = accounts is not None and text in accounts
    return [Reason.ACCOUNT_CONTRADICTS_CODE] if wrong > 1 or another else []
