"""The account on a personal slip: code, printed text and check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.personal import PersonalCode, check_digits, code_text, parse_code, parse_printed, printed_text

ACCOUNTS = st.text("0123456789", min_size=4, max_size=20)


def test_check_digits_are_those_of_iso_7064() -> None:
    # ISO/IEC 7064 MOD 97-10: the number followed by its check digits leaves 1.
    assert check_digits("794") == "44"
    assert int("121000000000" + check_digits("121000000000")) % 97 == 1


def test_the_printed_text_is_in_groups() -> None:
    assert printed_text("121000000000") == "121 000 000 000 - " + check_digits("121000000000")
    assert printed_text("12345678") == "1234 5678 - " + check_digits("12345678")


@given(ACCOUNTS)
def test_what_is_printed_can_be_read_back(account: str) -> None:
    assert parse_printed(printed_text(account)) == account
    code = code_text("krasnoyarskenergosbyt", account)
    assert parse_code(code) == PersonalCode("krasnoyarskenergosbyt", account)


@given(ACCOUNTS, st.data())
def test_one_wrong_digit_is_found(account: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(account) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != account[at]]))
    damaged = account[:at] + wrong + account[at + 1 :]
    assert parse_printed(damaged + check_digits(account)) is None
    assert parse_code(code_text("a", account).replace(f":{account}:", f":{damaged}:")) is None


@given(ACCOUNTS, st.data())
def test_two_digits_swapped_are_found(account: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(account) - 2))
    swapped = account[:at] + account[at + 1] + account[at] + account[at + 2 :]
    assert parse_printed(swapped + check_digits(account)) == (account if swapped == account else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        "MD1:X:12",
        "MD2:X:121000000000:75",
        "MD1:X:１２１:00",
        "MD1:X:121000000000:74",
    ],
)
def test_a_foreign_code_says_nothing(text: str) -> None:
    assert parse_code(text) is None


@pytest.mark.parametrize("text", ["", "--", "12", "121 000 000 000 - 76"])
def test_a_damaged_text_says_nothing(text: str) -> None:
    assert parse_printed(text) is None


@pytest.mark.parametrize(
    ("supplier", "account"), [("сбыт", "121"), ("a:b", "121"), ("a", "12x"), ("a", "１２")]
)
def test_what_would_not_fit_is_refused(supplier: str, account: str) -> None:
    with pytest.raises(ValueError, match=r"not an account|lower-case"):
        code_text(supplier, account)
