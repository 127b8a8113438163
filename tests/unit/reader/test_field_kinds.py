"""Each kind of field: printed where we print it, read from a simulated scan, unsure where it should be."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from domain.reasons import Reason
from ocr.decode import AccountIndex
from ocr.forms.address import compare
from ocr.forms.kinds import Instruments, join_account
from ocr.forms.on_line import days_of
from ocr.forms.tick import judge
from ocr.results import FieldResult
from simulate.paper import Grey
from templates import find
from tests.unit.reader.placed import DPI, read, scanned

ACCOUNT = "1900123456"
ACCOUNTS = AccountIndex.build([ACCOUNT, "1900123457", "1900555555"], 10)


@cache
def receipt() -> Grey:
    return scanned(find("khakas-receipt"), {"reading": "05630", "date": "24.11.26"}, ACCOUNT)


def painted(page: Grey, name: str, shade: int = 240) -> Grey:
    box = find("khakas-receipt").field(name).box.grown(1.0)
    spoiled = page.copy()
    rows = slice(round(box.y_mm * DPI / 25.4), round(box.bottom_mm * DPI / 25.4))
    spoiled[rows, round(box.x_mm * DPI / 25.4) : round(box.right_mm * DPI / 25.4)] = shade
    return spoiled


def test_a_receipt_is_read_by_its_code_its_bars_its_print_and_its_lines() -> None:
    fields = read(receipt(), find("khakas-receipt"), ACCOUNTS)
    assert (fields["account_code"].value, fields["account_code"].source) == (ACCOUNT, "qr")
    assert (fields["account_barcode"].value, fields["account_barcode"].source) == (ACCOUNT, "barcode")
    assert (fields["account"].value, fields["account"].source, fields["account"].reasons) == (
        ACCOUNT,
        "qr",
        (),
    )
    assert fields["account"].confidence > 0.9999
    assert (fields["reading"].value, fields["date"].value) == ("05630", "2026-11-24")
    assert min(fields["reading"].confidence, fields["date"].confidence) > 0.8


@pytest.mark.parametrize(
    ("gone", "source", "least", "most"),
    [
        (("account_code",), "barcode", 0.999, 0.9999),
        (("account_code", "account_barcode"), "text", 0.6, 0.991),
    ],
)
def test_without_its_code_the_account_is_read_less_surely(
    gone: tuple[str, ...], source: str, least: float, most: float
) -> None:
    page = receipt()
    for name in gone:
        page = painted(page, name)
    account = read(page, find("khakas-receipt"), ACCOUNTS)["account"]
    assert (account.value, account.source, account.in_register) == (ACCOUNT, source, True)
    assert least <= account.confidence <= most


def test_an_account_painted_over_is_for_a_person_even_beside_its_code() -> None:
    account = read(painted(receipt(), "account"), find("khakas-receipt"), ACCOUNTS)["account"]
    assert account.value == ACCOUNT
    assert account.reasons == (Reason.ACCOUNT_UNCLEAR,)
    assert account.confidence == 0.5


def test_an_empty_line_is_surely_empty() -> None:
    page = scanned(find("khakas-receipt"), {}, ACCOUNT)
    fields = read(page, find("khakas-receipt"), ACCOUNTS)
    assert (fields["reading"].value, fields["reading"].raw, fields["reading"].confidence) == ("", "", 1.0)
    assert fields["date"].value == ""


@pytest.mark.parametrize(
    ("text", "code", "reasons"),
    [
        (ACCOUNT, ACCOUNT, ()),
        ("1900123956", ACCOUNT, ()),  # one character that no account bears out: the code beats it
        ("1900123457", ACCOUNT, (Reason.ACCOUNT_CONTRADICTS_CODE,)),  # a registered neighbour
        ("1900999999", ACCOUNT, (Reason.ACCOUNT_CONTRADICTS_CODE,)),
        ("", ACCOUNT, (Reason.ACCOUNT_UNCLEAR,)),
    ],
)
def test_a_code_beats_what_was_recognised_unless_they_contradict(
    text: str, code: str, reasons: tuple[Reason, ...]
) -> None:
    fields = {
        "account": FieldResult(text, 0.9, source="text"),
        "account_code": FieldResult(code, 0.99999, source="qr"),
        "account_barcode": FieldResult("", 0.0),
    }
    joined = join_account(find("khakas-receipt"), fields, ACCOUNTS)["account"]
    assert (joined.value, joined.reasons) == (code, reasons)
    assert joined.confidence == (0.5 if reasons else 0.99999)


def test_two_codes_that_differ_are_for_a_person() -> None:
    fields = {
        "account": FieldResult(ACCOUNT, 0.9, source="text"),
        "account_code": FieldResult(ACCOUNT, 0.99999, source="qr"),
        "account_barcode": FieldResult("1900555555", 0.9995, source="barcode"),
    }
    joined = join_account(find("khakas-receipt"), fields, ACCOUNTS)["account"]
    assert joined.reasons == (Reason.ACCOUNT_CONTRADICTS_CODE,)


def test_without_a_code_the_account_stays_what_it_was() -> None:
    fields = {
        "account": FieldResult(ACCOUNT, 0.9, source="text"),
        "account_code": FieldResult("", 0.0),
        "account_barcode": FieldResult("", 0.0),
    }
    assert join_account(find("khakas-receipt"), fields, ACCOUNTS)["account"] is fields["account"]


@cache
def office(account: str) -> dict[str, FieldResult]:
    form = find("krasnoyarsk-office")
    says = {"account": account, "reading": "00417", "date": "3.11.2026", "signature": "x"}
    known = AccountIndex.build(["121000123456", "121000123457", "121000999999"])
    return read(scanned(form, says, hand=1), form, known)


def test_an_account_on_a_line_is_decoded_against_the_register() -> None:
    account = office("121000123456")["account"]
    assert (account.value, account.in_register, account.source) == ("121000123456", True, "ink")
    assert account.confidence > 0.9
    assert account.other == "121000123457"
    assert len(account.characters) == 12


def test_a_number_that_is_too_short_for_an_account_is_not_bent_to_one() -> None:
    account = office("1210001234")["account"]
    assert (account.value, account.in_register) == ("1210001234", False)
    assert account.confidence == 0.0


def test_a_date_on_a_line_may_lack_its_zeros() -> None:
    assert office("121000123456")["date"].value == "2026-11-03"


@pytest.mark.parametrize(
    ("string", "days"),
    [
        ("24#11#26", ["2026-11-24"]),
        ("24112026", ["2026-11-24"]),
        ("241126", ["2026-11-24"]),
        ("24111126", ["2026-11-24"]),  # slashes read as ones
        ("3#11#26", ["2026-11-03"]),
        ("31#02#2026", []),
        ("24#11", []),
        ("24#11#1926", []),
        ("", []),
    ],
)
def test_strings_that_spell_days(string: str, days: list[str]) -> None:
    assert [day.isoformat() for day in days_of(string)] == days


def consents(**marks: str) -> dict[str, FieldResult]:
    form = find("krasnoyarsk-consent")
    return read(scanned(form, marks, seed=4), form)


def test_ticks_are_told_apart() -> None:
    fields = consents(consent_bill="ticked", consent_check="crossed_out", email="anna")
    assert [fields[f"consent_{name}"].value for name in ("bill", "debt", "check")] == [
        "ticked",
        "empty",
        "crossed_out",
    ]
    assert min(fields[f"consent_{name}"].confidence for name in ("bill", "debt", "check")) > 0.95
    assert (fields["email"].present, fields["surname"].present) == (True, False)


@pytest.mark.parametrize(
    ("covered", "state"),
    [(0.0, "empty"), (0.01, "empty"), (0.2, "ticked"), (0.4, "ticked"), (0.8, "crossed_out")],
)
def test_how_much_of_a_box_is_covered_says_what_it_is(covered: float, state: str) -> None:
    seen = judge(covered)
    assert seen.state == state
    assert 0.9 < seen.confidence < 1.0


def test_between_two_answers_a_tick_is_unsure() -> None:
    assert judge(0.035).confidence < 0.6
    assert judge(0.55).confidence < 0.6


@pytest.mark.parametrize(
    ("read_as", "same", "other"),
    [
        ("г. Красноярск, ул. Мира, д. 12, кв. 7", True, False),
        ("Красноярск Мира 12-7", True, False),
        ("Kpacноярск, Мирa 12, 7", True, False),  # Latin letters that look alike
        ("Красноярск, ул. Мура, 12-7", True, False),
        ("г. Красноярск, ул. Мира, д. 12, кв. 8", False, True),
        ("г. Абакан, ул. Пушкина, д. 3", False, True),
        ("Красноярск, Мира", False, False),
        ("", False, False),
    ],
)
def test_addresses_are_compared_by_their_numbers_and_words(read_as: str, same: bool, other: bool) -> None:
    likeness = compare(read_as, "г. Красноярск, ул. Мира, д. 12, кв. 7")
    assert (likeness.same, likeness.other if read_as else False) == (same, other)


def test_only_forms_with_lines_are_read_with_the_model_for_lines() -> None:
    instruments = Instruments()
    assert instruments.model(find("krasnoyarsk-consent"), "digits@3") == "digits@3"
    assert instruments.model(find("krasnoyarsk-office"), "digits@3").startswith("digits@3+lines@")


def test_a_stamp_beside_a_tick_is_no_tick() -> None:
    form = find("krasnoyarsk-consent")
    page = scanned(form, {}, seed=5)
    box = form.field("consent_debt").box
    centre = (round((box.right_mm + 4) * DPI / 25.4), round(box.y_mm * DPI / 25.4))
    cv2.circle(page, centre, round(3 * DPI / 25.4), 90, 3)
    assert read(np.ascontiguousarray(page), form)["consent_debt"].value == "empty"
