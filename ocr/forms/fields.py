"""From cut cells and boxes to the values of a slip's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from domain.reasons import Reason
from ocr.decode import AccountIndex, decode_date, decode_number, is_neighbour
from ocr.decode.evidence import BLANK, SYMBOLS, raw_text
from ocr.decode.packed import pack
from ocr.forms.cutting import CELL_MARGIN, cut
from ocr.forms.habits import Observed
from ocr.forms.ink import area_of_strokes, ink_mask, presence
from ocr.forms.kinds import ON_LINE, Instruments, join_account, read_others
from ocr.forms.personal import read_account
from ocr.forms.registration import Registered
from ocr.forms.settings import CellReader, Floats, Grey
from ocr.forms.unwritten import cell_probabilities
from ocr.results import Character, FieldResult
from templates.model import Box, Field, Template

_MISSING = {
    "account": Reason.ACCOUNT_MISSING,
    "reading": Reason.READING_MISSING,
    "date": Reason.DATE_MISSING,
    "address": Reason.ADDRESS_MISSING,
    "signature": Reason.SIGNATURE_MISSING,
}
#: Reasons that tell of one cell what the rest of its number may answer.
_OF_ONE_CELL = (Reason.STRUCK_OUT, Reason.TWO_DIGITS_IN_CELL)
#: Posterior from which an account or a date with such a cell is settled by all that is known beside it.
_SETTLED, _SETTLED_DATE = 0.999, 0.99
#: Half a printed border and the registration's error: what is cut off a box before looking for ink (mm).
_INSIDE_MM = 0.9
#: Ink (mm²) in a single cell that is more than dust.
_TRACE_MM2 = 0.6


def cell_crops(registered: Registered, template: Template, dpi: float) -> dict[str, list[Grey]]:
    """All cells of a slip, by field name, cut with ``CELL_MARGIN`` at their corrected places."""
    crops: dict[str, list[Grey]] = {}
    for field in template.fields:
        if field.cells:
            shifts = registered.correction.shifts[field.name]
            crops[field.name] = [
                cut(registered.slip, cell, dpi, CELL_MARGIN, (float(shift[0]), float(shift[1])))
                for cell, shift in zip(field.cells, shifts, strict=True)
            ]
    return crops


def read_cells(crops: Mapping[str, list[Grey]], classifier: CellReader) -> dict[str, Floats]:
    """Probabilities (cells, 12) by field name; one call for the whole slip."""
    batch = [crop for field in crops.values() for crop in field]
    if not batch:
        return {}
    table = cell_probabilities(batch, classifier)
    result: dict[str, Floats] = {}
    row = 0
    for name, field in crops.items():
        result[name] = table[row : row + len(field)]
        row += len(field)
    return result


def decode_field(
    field: Field, ink: Floats, accounts: AccountIndex | None, observed: Observed | None = None
) -> FieldResult:
    """The value of a field with cells.

    ``ink``: the classifier's probabilities; ``observed``: what else was seen in the row; may change them.
    """
    seen = Observed(ink) if observed is None else observed
    probabilities = seen.probabilities
    if (probabilities.argmax(axis=1) == BLANK).all():
        # No cell shows a character: no decoder needs to look for one.
        blank = float(np.prod(probabilities[:, BLANK]))
        result = FieldResult(value="", confidence=blank, raw=raw_text(probabilities))
    elif field.role == "account" and accounts is not None:
        result = _account(probabilities, accounts)
    elif field.kind == "date":
        date = decode_date(probabilities)
        result = FieldResult(value=date.value, confidence=date.probability, raw=date.raw)
    else:
        number = decode_number(probabilities)
        result = FieldResult(value=number.value, confidence=number.probability, raw=number.raw)
    return FieldResult(
        value=result.value,
        confidence=result.confidence,
        raw=raw_text(ink),
        characters=characters(probabilities),
        in_register=result.in_register,
        source="ink" if field.role == "account" else None,
        runner_up=result.runner_up,
        other=result.other,
        reasons=(*missing(field, empty=not result.value), *result.reasons, *_doubts(field, result, seen)),
        evidence=pack(probabilities) if field.role == "reading" and result.value else b"",
    )


def _doubts(field: Field, result: FieldResult, seen: Observed) -> tuple[Reason, ...]:
    """The habits' reasons, but for one struck or doubled cell that the register or the calendar settles."""
    settled = len(seen.struck | seen.doubled) == 1 and (
        (field.role == "account" and result.in_register and result.confidence >= _SETTLED)
        or (field.kind == "date" and result.confidence >= _SETTLED_DATE)
    )
    return tuple(r for r in seen.reasons if not (settled and r in _OF_ONE_CELL))


def _account(probabilities: Floats, accounts: AccountIndex) -> FieldResult:
    raw = raw_text(probabilities)
    if len(probabilities) != accounts.length or not len(accounts):
        number = decode_number(probabilities)
        return FieldResult(
            value=number.value, confidence=number.probability, raw=raw, in_register=number.value in accounts
        )
    found = accounts.decode(probabilities)
    rival = is_neighbour(found.value, found.runner_up_value, found.runner_up)
    return FieldResult(
        value=found.value,
        confidence=found.probability,
        raw=raw,
        in_register=found.in_register,
        runner_up=found.runner_up,
        other=found.runner_up_value,
        reasons=(Reason.ACCOUNT_NEIGHBOUR,) if rival else (),
    )


def characters(probabilities: Floats) -> tuple[Character, ...]:
    """The best class of each cell with its probability."""
    best = probabilities.argmax(axis=1)
    return tuple(
        Character(SYMBOLS[int(index)], float(row[index]))
        for index, row in zip(best, probabilities, strict=True)
    )


def read_box(
    field: Field, registered: Registered, template: Template, dpi: float, black: float
) -> FieldResult:
    """Whether something is written in a line or signature box."""
    box = field.box
    shift = registered.correction.at(template, box.x_mm + box.w_mm / 2, box.y_mm + box.h_mm / 2)
    inner = Box(
        box.x_mm + _INSIDE_MM, box.y_mm + _INSIDE_MM, box.w_mm - 2 * _INSIDE_MM, box.h_mm - 2 * _INSIDE_MM
    )
    part = cut(registered.slip, inner, dpi, 0.0, (float(shift[0]), float(shift[1])))
    found = presence(part, dpi, black)
    return FieldResult(
        confidence=found.confidence, present=found.present, reasons=missing(field, empty=not found.present)
    )


def missing(field: Field, *, empty: bool) -> tuple[Reason, ...]:
    """The reason to give when a required field is empty."""
    if empty and field.required and field.role in _MISSING:
        return (_MISSING[field.role],)
    return ()


def read_fields(
    grey: Grey,
    registered: Registered,
    template: Template,
    probabilities: Mapping[str, Floats],
    *,
    observed: Mapping[str, Observed],
    instruments: Instruments,
    accounts: AccountIndex | None,
    dpi: float,
    black: float,
) -> dict[str, FieldResult]:
    """All fields of a slip, in the template's order; ``grey`` is its page, ``black`` see ``ink``."""
    others = read_others(grey, registered, template, instruments, accounts=accounts, dpi=dpi, black=black)
    fields: dict[str, FieldResult] = {}
    for field in template.fields:
        if field.cells:
            fields[field.name] = decode_field(
                field, probabilities[field.name], accounts, observed.get(field.name)
            )
        elif field.kind == "printed" and template.code is not None:
            fields[field.name] = read_account(grey, registered, template, accounts, dpi)
        elif field.name in others:
            fields[field.name] = _with_missing(field, others[field.name])
        else:
            fields[field.name] = read_box(field, registered, template, dpi, black)
    return join_account(template, fields, accounts)


def _with_missing(field: Field, result: FieldResult) -> FieldResult:
    """The result with the reason for a required field in which nothing stands."""
    empty = not (result.present if result.present is not None else result.value or result.raw)
    return replace(result, reasons=(*missing(field, empty=empty), *result.reasons))


def nothing_written(
    template: Template,
    fields: Mapping[str, FieldResult],
    crops: Mapping[str, list[Grey]],
    dpi: float,
    black: float,
) -> bool:
    """Whether a slip was given in without a word on it: no cell has a character and nowhere is ink."""
    if any(f.present or (f.present is False and f.confidence < 0.9) for f in fields.values()):
        return False
    if any(_something_on(field, fields[field.name]) for field in template.fields):
        return False
    cells = [fields[field.name] for field in template.fields if field.cells and field.name in fields]
    if any(set(f.raw or "") - {"_"} for f in cells if f.characters and f.source in (None, "ink")):
        return False
    return not any(_has_ink(crop, dpi, black) for row in crops.values() for crop in row)


def _something_on(field: Field, result: FieldResult) -> bool:
    """Whether somebody wrote on a line or into a box to tick; what is printed there does not count."""
    if field.kind == "tick":
        return result.value != "empty" or result.confidence < 0.9
    return field.kind in ON_LINE and (bool(result.raw) or result.confidence < 0.9)


def _has_ink(crop: Grey, dpi: float, black: float) -> bool:
    """Whether there is ink inside a cut cell, clear of its borders."""
    height, width = crop.shape
    edge = CELL_MARGIN / (1 + 2 * CELL_MARGIN)
    y, x = round(height * edge + dpi / 25.4), round(width * edge + dpi / 25.4)
    inside = crop[y : height - y, x : width - x]
    return min(inside.shape) > 8 and area_of_strokes(ink_mask(inside, dpi, black), dpi / 25.4) > _TRACE_MM2


def printed_reasons(template: Template, fields: Mapping[str, FieldResult]) -> tuple[Reason, ...]:
    """What is wrong with a printed account: it keeps the whole slip from being accepted."""
    return tuple(r for f in template.fields if f.kind == "printed" for r in fields[f.name].reasons)
