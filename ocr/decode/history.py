"""A slip's or photo's readings weighed once more, when its account's meters are known.

See ``ocr.decode.reading`` for cells and ``ocr.meters.evidence`` for photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.account import RegisterRow
from domain.history import Expectation, expectation
from domain.plausibility import PlausibilityRules
from ocr.decode.evidence import SYMBOLS
from ocr.decode.meters import meters_of
from ocr.decode.packed import unpack
from ocr.decode.reading import ReadingCells, ReadingPosterior
from ocr.meters import evidence as readings
from ocr.results import Character, FieldResult, SlipReading
from templates.model import Template

#: A reader that is this much less sure than its cells had a reason, which counts here too.
_LOWERED = 1e-3


def with_register(
    slip: SlipReading,
    template: Template,
    rows: Sequence[RegisterRow],
    day: date | None,
    rules: PlausibilityRules = PlausibilityRules(),
) -> SlipReading:
    """``slip`` with its readings decoded for the meters of its account.

    ``rows``: the account's, all meters and tariffs; ``day``: when the readings were taken, None where nobody
    knows. An account that is doubtful counts for as much as it is probable, and so does a meter whose number
    is written. An empty field stays empty and a written one never becomes so; what was not decoded from
    cells stays as it is.
    """
    account = slip.fields.get("account")
    if not rows or account is None or not account.value:
        return slip
    fields = dict(slip.fields)
    for field in template.fields:
        result = fields.get(field.name)
        if field.role == "reading" and result is not None and result.value and result.evidence:
            meters = meters_of(slip, template, field, rows)
            known = [expectation(row, day, rules, share * account.confidence) for row, share in meters]
            if known:
                fields[field.name] = _again(result, known)
    return replace(slip, fields=fields)


def fit_of(result: FieldResult, known: Sequence[Expectation]) -> float | None:
    """How usual a reading is for the meters that may be meant, averaged over all that it may be, at most 1.

    None where what was kept of it does not tell what it says.
    """
    chances = readings.unpack(result.evidence)
    if chances:
        return readings.fit(chances, known)
    reading = ReadingCells(unpack(result.evidence)) if result.evidence else None
    plain = None if reading is None else reading.decode()
    if reading is None or plain is None or not _same(result, plain) or _lowered(result, plain):
        return None
    return reading.fit(known)


def _same(result: FieldResult, plain: ReadingPosterior) -> bool:
    """Whether the reader took the value from these cells alone; else it knew more than they say."""
    value = result.value or ""
    return bool(plain.value) and value.isascii() and value.isdigit() and int(plain.value) == int(value)


def _lowered(result: FieldResult, plain: ReadingPosterior) -> bool:
    return result.confidence < plain.confidence - _LOWERED


def _again(result: FieldResult, known: Sequence[Expectation]) -> FieldResult:
    if readings.unpack(result.evidence):
        return readings.again(result, known)
    cells = unpack(result.evidence)
    reading = ReadingCells(cells)
    plain = reading.decode()
    if not _same(result, plain):
        return result
    found = reading.decode(known)
    confidence = found.confidence
    if _lowered(result, plain):
        confidence = min(confidence, result.confidence)
    if not found.value:
        return replace(result, confidence=min(confidence, result.confidence))
    return replace(
        result,
        value=found.value,
        confidence=confidence,
        runner_up=found.runner_up,
        characters=_decoded(result.characters, cells, found),
    )


def _decoded(
    characters: tuple[Character, ...], cells: NDArray[np.float64], found: ReadingPosterior
) -> tuple[Character, ...]:
    """The cells' characters; where the decoder decided otherwise, as it did, with the ink's probability."""
    if len(characters) != len(cells):
        return characters
    blanks = "_" * len(cells)
    symbols = (blanks[: found.start] + found.value + blanks)[: len(cells)]
    return tuple(
        known if known.value == symbol else Character(symbol, float(row[SYMBOLS.index(symbol)]))
        for known, symbol, row in zip(characters, symbols, cells, strict=True)
    )
