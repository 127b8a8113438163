"""A sheet with several meters: each reading goes to its own meter, and each counts once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.account import AccountState, RegisterRow
from domain.claim import Circumstances, Claim, ClaimedReading, Thresholds, Value, Verdict
from domain.gate import judge
from domain.reasons import Reason
from services import claims
from templates import find, suppliers

DAY = date(2026, 11, 24)
SURE = Thresholds(dict.fromkeys(("account", "reading", "date", "signature", "meter_serial"), 0.9))


def row(serial: str, tariff: str = "", previous: str = "001000") -> RegisterRow:
    return RegisterRow(
        supplier="altaienergosbyt",
        account="1234567",
        meter_serial=serial,
        tariff=tariff,
        digits=6,
        previous_reading=previous,
        previous_date=date(2026, 10, 24),
        monthly_average=100.0,
    )


TWO = AccountState((row("10203040"), row("50607080", "T1", "000500"), row("50607080", "T2", "000200")))


def said(text: str) -> Value:
    return Value(text, 0.999)


def claim(*readings: tuple[str, str, int], serials: tuple[str, str] = ("10203040", "50607080")) -> Claim:
    return Claim(
        account=said("1234567"),
        readings=tuple(ClaimedReading(said(text), tariff, meter) for text, tariff, meter in readings),
        reading_date=said("2026-11-24"),
        signature_present=said("yes"),
        meter_serial=said(serials[0]),
        further_serials={2: said(serials[1])},
    )


GOOD = claim(("1090", "T1", 1), ("580", "T1", 2), ("250", "T2", 2))
HERE = Circumstances(suppliers()["altaienergosbyt"], "web", DAY)


def test_each_reading_is_its_own_meters() -> None:
    decision = judge(GOOD, TWO, HERE, SURE)
    assert decision.verdict is Verdict.ACCEPT, decision.reasons
    found = {(each.row.meter_serial, each.row.tariff): each.reading for each in decision.readings}
    assert found == {("10203040", ""): "001090", ("50607080", "T1"): "000580", ("50607080", "T2"): "000250"}
    assert len(decision.readings) == 3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (claim(("1090", "T1", 1), ("580", "T1", 2)), Reason.READING_MISSING),
        (replace(GOOD, further_serials={2: said("")}), Reason.METER_UNKNOWN),
        (claim(("1090", "T1", 1), ("1095", "T1", 2), serials=("10203040", "10203040")), Reason.METER_UNKNOWN),
        (claim(("", "T1", 1), ("580", "T1", 2), ("250", "T2", 2)), Reason.READING_MISSING),
        (claim(("1090", "T1", 1), ("480", "T1", 2), ("250", "T2", 2)), Reason.LOWER_THAN_LAST),
    ],
)  # fmt: skip
def test_what_fits_no_meter_is_for_a_person(changed: Claim, reason: Reason) -> None:
    decision = judge(changed, TWO, HERE, SURE)
    assert decision.verdict is Verdict.REVIEW
    assert reason in decision.reasons


def test_an_unsure_second_number_is_for_a_person() -> None:
    unsure = replace(GOOD, further_serials={2: Value("50607080", 0.5)})
    assert Reason.METER_UNKNOWN in judge(unsure, TWO, HERE, SURE).reasons


def test_an_unsure_reading_of_the_second_meter_is_for_a_person() -> None:
    unsure = replace(GOOD, readings=(*GOOD.readings[:2], ClaimedReading(Value("250", 0.5), "T2", 2)))
    assert Reason.READING_UNCLEAR in judge(unsure, TWO, HERE, SURE).reasons


def test_a_sheet_whose_second_meter_is_empty_is_as_before() -> None:
    one = AccountState((row("10203040"),))
    alone = claim(("1090", "T1", 1), ("", "T1", 2), serials=("", ""))
    decision = judge(alone, one, HERE, SURE)
    assert decision.verdict is Verdict.ACCEPT, decision.reasons
    assert [each.reading for each in decision.readings] == ["001090"]


def test_a_persons_values_name_their_meters() -> None:
    form = find("altai-slip")
    values = {"account": "1234567", "meter_serial": "10203040", "meter_serial_m2": "50607080"}
    values |= {"reading": "1090", "reading_m2": "580", "reading_m2_t2": "250", "date": "24.11.2026"}
    typed = claims.from_person(values | {"signature": "yes"}, form)
    decision = judge(typed, TWO, HERE, Thresholds({}))
    assert decision.verdict is Verdict.ACCEPT, decision.reasons
    assert len(decision.readings) == 3


def test_the_form_names_the_meters_of_its_fields() -> None:
    fields = {field.name: (field.role, field.meter, field.tariff) for field in find("altai-slip").fields}
    assert fields["reading_m2_t3"] == ("reading", 2, "T3")
    assert fields["meter_serial_m2"] == ("meter_serial", 2, None)
    assert fields["reading"] == ("reading", 1, "T1")
