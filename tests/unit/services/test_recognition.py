"""A recognition survives the records."""

from __future__ import annotations

import json

import pytest

from domain.reasons import Reason
from ocr.results import Character, FieldResult, Registration, SlipReading
from services.claims import normalise_date, normalise_digits
from services.recognition import from_json, to_json

FULL = SlipReading(
    outcome="read",
    slip=2,
    template="form@1",
    fields={
        "account": FieldResult(
            "121000000001",
            0.9991,
            "12100000000_",
            (Character("1", 0.5), Character("_", 0.25)),
            in_register=True,
            source="qr",
            runner_up=0.001,
            reasons=(Reason.ACCOUNT_NEIGHBOUR,),
        ),
        "signature": FieldResult(present=False, confidence=0.75),
        "reading": FieldResult("", 1.0, "______"),
        "reading_t2": FieldResult("7", 0.9, "7", evidence=bytes(range(24))),
    },
    reasons=(Reason.SIGNATURE_MISSING,),
    registration=Registration((1.0, 0.0, 2.5, 0.0, 1.0, 3.5, 0.0, 0.0, 1.0), 0.21, 4),
    model="digits@1",
    seconds=0.0213,
)


@pytest.mark.parametrize(
    "reading", [FULL, SlipReading("blank"), SlipReading("unreadable", reasons=(Reason.BLURRED,))]
)
def test_what_is_stored_comes_back(reading: SlipReading) -> None:
    assert from_json(json.loads(json.dumps(to_json(reading)))) == reading


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2026-11-24", "2026-11-24"),
        ("24.11.2026", "2026-11-24"),
        ("24.11.26", "2026-11-24"),
        (" 24112026 ", "2026-11-24"),
        ("31.02.2026", "31.02.2026"),
        ("", ""),
    ],
)
def test_dates_as_people_type_them(typed: str, value: str) -> None:
    assert normalise_date(typed) == value


def test_blanks_between_digits_do_not_count() -> None:
    assert normalise_digits(" 1210 0000\t0001 ") == "121000000001"
