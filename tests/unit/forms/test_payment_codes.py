"""Receipts' QR codes by ГОСТ Р 56042-2014: made, and read in all three codings of letters."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from domain.errors import UsageError
from ocr.forms.barcodes import read_codes
from templates import find
from templates.payment import parse_payment, payment_text
from templates.personal import code_text
from templates.printing import copies, marks

PAYEE = (
    ("Name", "ПАО «Ромашка»"),
    ("PersonalAcc", "40702810123450101230"),
    ("BankName", "ОАО «Банк»"),
    ("BIC", "044525225"),
    ("CorrespAcc", "30101810400000000225"),
)
BODY = "|".join(f"{name}={value}" for name, value in (*PAYEE, ("PersAcc", "0012345")))


def picture(content: bytes | str, kind: zxingcpp.BarcodeFormat) -> np.ndarray:
    code = zxingcpp.create_barcode(content, kind)
    return np.asarray(code.to_image(scale=5, add_quiet_zones=True))


@pytest.mark.parametrize(
    ("head", "coding"), [("ST00011", "cp1251"), ("ST00012", "utf-8"), ("ST00013", "koi8-r")]
)
def test_an_order_to_pay_is_read_in_its_own_letters(head: str, coding: str) -> None:
    content = f"{head}|{BODY}".replace("«", '"').replace("»", '"').encode(coding)
    payment = parse_payment(content)
    assert payment is not None
    assert (payment.account, payment.values["name"]) == ("0012345", 'ПАО "Ромашка"')
    [said] = read_codes(picture(content, zxingcpp.BarcodeFormat.QRCode), "any", PAYEE)
    assert (said.account, said.source, said.ours) == ("0012345", "qr", True)


def test_any_separator_and_any_case_of_names_will_do() -> None:
    payment = parse_payment(b"ST00012~name=A~persacc= 12 34 ~BIC=")
    assert payment is not None
    assert (payment.account, payment.values["bic"]) == ("1234", "")


@pytest.mark.parametrize(
    "content", [b"", b"ST00014|PersAcc=1", b"ST0001", b"https://example.org", b"ST00012" * 999]
)
def test_other_codes_are_no_orders_to_pay(content: bytes) -> None:
    assert parse_payment(content) is None


def test_letters_in_another_coding_leave_the_account_as_it_is() -> None:
    payment = parse_payment(b"ST00012|Name=" + "Ромашка".encode("cp1251") + b"|PersAcc=77")
    assert payment is not None
    assert payment.account == "77"


def test_another_payees_code_is_not_ours() -> None:
    content = f"ST00012|{BODY}".replace("40702810123450101230", "40702810999990101230")
    [said] = read_codes(picture(content.encode(), zxingcpp.BarcodeFormat.QRCode), "qr", PAYEE)
    assert not said.ours


def test_a_bar_code_says_digits_or_nothing() -> None:
    [said] = read_codes(picture("1900123456", zxingcpp.BarcodeFormat.Code128), "barcode")
    assert (said.account, said.source) == ("1900123456", "barcode")
    assert read_codes(picture("PARCEL-7", zxingcpp.BarcodeFormat.Code128), "any") == []
    assert read_codes(picture("1900123456", zxingcpp.BarcodeFormat.Code128), "qr") == []


def test_our_own_code_names_its_supplier() -> None:
    own = picture(code_text("khakasenergo", "1900123456"), zxingcpp.BarcodeFormat.QRCode)
    [said] = read_codes(own, "any")
    assert (said.account, said.supplier) == ("1900123456", "khakasenergo")


def test_what_we_print_is_an_order_to_pay_in_utf_8() -> None:
    text = payment_text(PAYEE, "0012345")
    assert text == f"ST00012|{BODY}"
    rows = np.array(marks.payment_rows(text))
    image = np.kron(np.where(np.pad(rows, 4), 0, 255), np.ones((4, 4))).astype(np.uint8)
    [code] = zxingcpp.read_barcodes(image)
    assert code.bytes == text.encode("utf-8")


@pytest.mark.parametrize(
    "payee", [PAYEE[:-1], (*PAYEE[:-1], ("CorrespAcc", "1|PersAcc=2")), (*PAYEE[:-1], ("CorrespAcc", "a=b"))]
)
def test_a_payee_that_cannot_be_said_is_refused(payee: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match=r"payee"):
        payment_text(payee, "1")


def test_a_form_without_requisites_says_what_to_fill_in() -> None:
    from dataclasses import replace

    with pytest.raises(UsageError, match="payee"):
        copies.account_operators(replace(find("khakas-receipt"), payee=()), "1900123456", "F1")
