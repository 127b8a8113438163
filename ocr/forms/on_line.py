"""Digits and dates written on a rule or in one long box, as fields of a slip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from ocr.decode import AccountIndex
from ocr.decode.evidence import BLANK, NOT_A_DIGIT
from ocr.forms.settings import Floats, Grey
from ocr.lines import LineReader, LineReading, ctc
from ocr.lines.prepare import prepare
from ocr.lines.reader import decode
from ocr.lines.views import views
from ocr.results import Character, FieldResult
from templates.model import Box, Field

#: Paper shown around a field (mm): people write over its edges, and a box's lines are found by themselves.
_BESIDE_MM, _ABOVE_MM = 1.5, 1.0
#: How much likelier a string that spells a day is written into a date's field than one that does not.
_DAYS_FIRST = 50.0
#: The years that a date may name; two digits are 2000 to 2049.
_YEARS = (2000, 2049)
#: Probability that as many digits are written as an account has below which they are none.
_OTHER_LENGTH = 0.02
#: Strings looked at for a date.
_BEAM = 96
_PATTERNS = (
    # Parted, so that zeros may be missing; a sign may not be seen where none is missing.
    re.compile(r"(\d{1,2})#(\d{1,2})#(\d{4}|\d{2})"),
    re.compile(r"(\d{2})#?(\d{2})#?(\d{4}|\d{2})"),
    # A slash is read as a one.
    re.compile(r"(\d{1,2})1(\d{2})1(\d{4}|\d{2})"),
)

Seen = Sequence[ctc.Frames]


def picture_box(field: Field) -> Box:
    """What of the slip is looked at for a field: more than its box."""
    box = field.box
    return Box(
        box.x_mm - _BESIDE_MM,
        box.y_mm - _ABOVE_MM,
        box.w_mm + 2 * _BESIDE_MM,
        box.h_mm + 2 * _ABOVE_MM,
    )


def see(picture: Grey, reader: LineReader) -> Seen:
    """The reader's frames for every view of a line's picture; empty where nothing is written."""
    strip = prepare(picture)
    return [reader.frames(view) for view in views(strip)] if strip[0].any() else []


def read_number(field: Field, seen: Seen, accounts: AccountIndex | None) -> FieldResult:
    """The digits on a line; an account jointly against the register.

    A reading's confidence is the line's own: that it holds exactly these digits and nothing else.
    """
    if not seen:
        return FieldResult(value="", confidence=1.0, raw="")
    found = decode(seen)
    if field.role == "account" and accounts is not None and len(accounts):
        return _account(found, seen, accounts)
    return FieldResult(
        value=found.value,
        confidence=found.confidence,
        raw=found.raw,
        characters=found.characters,
        source="ink" if field.role == "account" else None,
        in_register=(found.value in accounts) if field.role == "account" and accounts is not None else None,
    )


def _account(found: LineReading, seen: Seen, accounts: AccountIndex) -> FieldResult:
    """The account among the registered ones, given that as many digits are written as accounts have."""
    length = accounts.length
    counts = [float(np.exp(ctc.log_counts(frames, length)[length])) for frames in seen]
    fits = min(float(np.mean(counts)), 1.0)
    fitting = found if len(found.raw) == length else decode(seen, length)
    if len(fitting.raw) != length or (fitting is not found and fits < _OTHER_LENGTH):
        return FieldResult(
            value=found.value,
            confidence=0.0,  # whatever it says, it is no account
            raw=found.raw,
            characters=found.characters,
            in_register=found.value in accounts,
            source="ink",
        )
    table = table_of(seen, fitting.raw)
    best = accounts.decode(table)
    return FieldResult(
        value=best.value,
        confidence=best.probability * fits,
        raw=found.raw,
        characters=tuple(
            Character(symbol, each.confidence if symbol == each.value else 1.0 - each.confidence)
            for symbol, each in zip(best.value, fitting.characters, strict=True)
        ),
        in_register=best.in_register,
        source="ink",
        runner_up=best.runner_up * fits,
        other=best.runner_up_value,
    )


def table_of(seen: Seen, raw: str) -> Floats:
    """``raw``'s symbols as cells: (len(raw), 12) probabilities of each place given all the others.

    A place's blank is its not being there at all.
    """
    strings: list[str] = []
    for at in range(len(raw)):
        strings += [raw[:at] + symbol + raw[at + 1 :] for symbol in "0123456789"]
        strings += [raw[:at] + raw[at + 1 :], raw[:at] + "#" + raw[at + 1 :]]
    logs = ctc.log_means(seen, strings).reshape(len(raw), 12)
    table = np.exp(logs - logs.max(axis=1, keepdims=True))
    assert (BLANK, NOT_A_DIGIT) == (10, 11)
    return np.asarray(table / table.sum(axis=1, keepdims=True), dtype=np.float64)


def read_day(seen: Seen) -> FieldResult:
    """A date written in figures, day first, the year in two digits or four; parted by anything or nothing.

    ``confidence``: the share that the strings spelling this day have in all that may be written there.
    """
    if not seen:
        return FieldResult(value="", confidence=1.0, raw="")
    found = decode(seen)
    strings = list(dict.fromkeys(s for frames in seen for s in ctc.candidates(frames, beam=_BEAM)))
    masses: dict[date, float] = {}
    rest = 1.0
    for string, log in zip(strings, ctc.log_means(seen, strings).tolist(), strict=True):
        mass = float(np.exp(log))
        rest -= mass
        days = days_of(string)
        for day in days:
            masses[day] = masses.get(day, 0.0) + mass / len(days)
        if not days:
            rest += mass
    if not masses:
        return FieldResult(value="", confidence=0.0, raw=found.raw, characters=found.characters)
    best = max(masses, key=lambda day: masses[day])
    total = sum(masses.values()) * _DAYS_FIRST + max(rest, 0.0)
    return FieldResult(
        value=best.isoformat(),
        confidence=min(masses[best] * _DAYS_FIRST / total, 1.0),
        raw=found.raw,
        characters=found.characters,
    )


def days_of(string: str) -> tuple[date, ...]:
    """The days that a string of figures may mean, each once: ``24#11#26``, ``24112026``, ``24111126``."""
    found: dict[date, None] = {}
    for pattern in _PATTERNS:
        match = pattern.fullmatch(string)
        if match is None:
            continue
        day, month, year = (int(part) for part in match.groups())
        year += 2000 if year < 100 else 0
        try:
            named = date(year, month, day)
        except ValueError:
            continue
        if _YEARS[0] <= year <= _YEARS[1]:
            found[named] = None
    return tuple(found)
