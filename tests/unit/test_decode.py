"""Decoding: exact against brute force, and honest about what the ink does not say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from domain.reasons import Reason
from ocr.decode import AccountIndex, decode_date, decode_number
from ocr.decode.evidence import SYMBOLS, digit_evidence
from ocr.forms.fields import decode_field
from templates.model import Box, Field


def ink(text, doubt=None):
    """Sharp probabilities for ``text``; ``doubt`` maps a position to {symbol: probability}."""
    p = np.full((len(text), 12), 1e-5)
    for i, symbol in enumerate(text):
        p[i, SYMBOLS.index(symbol)] = 1.0
        for other, share in (doubt or {}).get(i, {}).items():
            p[i, SYMBOLS.index(other)] = share
    return p / p.sum(axis=1, keepdims=True)


def noisy(rng, text, sharpness):
    p = rng.dirichlet(np.full(12, 0.3), size=len(text))
    for i, symbol in enumerate(text):
        p[i, SYMBOLS.index(symbol)] += sharpness * rng.random()
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["random", "consecutive"])
def test_the_search_finds_what_brute_force_finds(kind):
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 10**12, 3000) if kind == "random" else 121_000_004_321 + np.arange(3000)
    accounts = [f"{n:012d}" for n in numbers]
    index = AccountIndex.build(accounts)
    digits = np.array([[int(c) for c in a] for a in accounts])
    for sharpness in (0.5, 2.0, 20.0):
        for _ in range(40):
            p = noisy(rng, accounts[rng.integers(3000)], sharpness)
            scores = np.log(digit_evidence(p))[np.arange(12), digits].sum(axis=1)
            found = index.decode(p)
            assert found.ignored < 1e-3
            if found.in_register:
                assert found.value == accounts[int(scores.argmax())]
            best, second = np.sort(np.exp(scores))[::-1][:2]
            known = found.probability if found.in_register else found.runner_up
            if found.in_register:
                assert found.runner_up / known == pytest.approx(second / best, rel=1e-3, abs=1e-8)


def test_a_register_repairs_an_unclear_digit():
    index = AccountIndex.build(["121000000000", "598300417762"])
    found = index.decode(ink("121000000000", {4: {"0": 0.4, "6": 0.6}}))
    assert found.value == "121000000000"
    assert found.raw == "121060000000"
    assert found.in_register
    assert found.probability > 0.99


def test_a_neighbour_keeps_an_unclear_account_unsure():
    index = AccountIndex.build([f"{121_000_000_000 + i}" for i in range(1000)])
    found = index.decode(ink("121000000017", {11: {"7": 0.6, "1": 0.4}}))
    assert found.value == "121000000017"
    assert found.probability < 0.7
    assert found.runner_up_value == "121000000011"
    assert found.runner_up == pytest.approx(0.4, abs=0.05)


def test_the_reader_says_that_a_neighbour_could_be_meant():
    index = AccountIndex.build([f"{121_000_000_000 + i}" for i in range(1000)])
    cell = Box(0, 0, 6, 8)
    field = Field("account", "digits", "account", True, "", cell, (cell,) * 12)
    doubtful = decode_field(field, ink("121000000017", {11: {"7": 0.6, "1": 0.4}}), index)
    assert Reason.ACCOUNT_NEIGHBOUR in doubtful.reasons
    assert decode_field(field, ink("121000000017"), index).reasons == ()
    # A rival that differs in more digits is another doubt, told by the confidence alone.
    far = AccountIndex.build(["121000000017", "121000000085"])
    both = decode_field(field, ink("121000000017", {10: {"8": 0.9}, 11: {"5": 0.9}}), far)
    assert both.confidence < 0.9
    assert both.reasons == ()


def test_clear_ink_is_not_bent_to_the_next_registered_account():
    index = AccountIndex.build([f"{121_000_000_000 + i}" for i in range(1000)])
    found = index.decode(ink("121000001017"))
    assert found.value == "121000001017"
    assert not found.in_register


def test_a_foreign_number_is_said_to_be_unregistered():
    index = AccountIndex.build([f"{i:012d}" for i in np.random.default_rng(0).integers(0, 10**12, 2000)])
    found = index.decode(ink("700000000007"))
    assert (found.value, found.in_register) == ("700000000007", False)


def test_an_empty_register_still_reads_the_ink():
    found = AccountIndex.build([]).decode(ink("121000000000"))
    assert (found.value, found.in_register, found.runner_up_value) == ("121000000000", False, "")


def test_blank_account_cells_never_become_a_confident_account():
    index = AccountIndex.build([f"{121_000_000_000 + i}" for i in range(1000)])
    assert index.decode(ink("____________")).probability < 0.01
    assert index.decode(ink("12100000____")).probability < 0.01


def test_accounts_of_another_length_are_left_out_and_membership_is_exact(tmp_path):
    index = AccountIndex.build(["121000000000", "123", "121000000001", "121000000000"])
    index.save(tmp_path / "accounts.npy")
    again = AccountIndex.load(tmp_path / "accounts.npy")
    for one in (index, again):
        assert len(one) == 2
        assert "121000000001" in one
        assert "121000000002" not in one
        assert "123" not in one
    with pytest.raises(ValueError, match="12 cells"):
        index.decode(ink("123"))


def test_leading_zeros_count():
    index = AccountIndex.build(["000000000012", "000000000099"])
    found = index.decode(ink("000000000012"))
    assert (found.value, found.in_register) == ("000000000012", True)


@pytest.mark.parametrize(
    ("cells", "value"),
    [("0563__", "0563"), ("__0563", "0563"), ("_0563_", "0563"), ("056304", "056304"), ("______", "")],
)
def test_numbers_may_stand_anywhere_in_their_cells(cells, value):
    found = decode_number(ink(cells))
    assert found.value == value
    assert found.raw == cells
    assert found.probability > 0.99


def test_without_a_count_the_confidence_is_the_joint_probability():
    p = ink("__0563", {3: {"5": 0.8, "6": 0.2}})
    assert decode_number(p).probability == pytest.approx(0.8, abs=0.01)


def test_the_digit_count_breaks_a_near_tie_but_never_clear_ink():
    unclear = ink("_0563_", {0: {"_": 0.5, "1": 0.5}})
    assert decode_number(unclear, 4).value == "0563"
    assert decode_number(unclear, 4).probability > 0.9
    assert decode_number(unclear, 5).value == "10563"
    assert decode_number(ink("056304"), 5).value == "056304"


@pytest.mark.parametrize("cells", ["05_3__", "05#3__", "######"])
def test_gaps_and_struck_out_cells_are_never_confident(cells):
    assert decode_number(ink(cells)).probability < 0.01
    assert decode_number(ink(cells), 4).probability < 0.01


@pytest.mark.parametrize(
    ("cells", "value"), [("24112026", "2026-11-24"), ("241126__", "2026-11-24"), ("01012027", "2027-01-01")]
)
def test_dates_with_four_and_two_digits_of_the_year(cells, value):
    for around in (None, date(2026, 11, 26)):
        found = decode_date(ink(cells), around)
        assert found.value == value
        assert found.probability > 0.99


def test_an_unclear_day_is_settled_by_the_calendar_and_the_collection():
    found = decode_date(ink("24112026", {0: {"2": 0.5, "7": 0.5}}))
    assert found.value == "2026-11-24"
    assert found.probability > 0.99
    recent = decode_date(ink("24112026", {3: {"1": 0.45, "2": 0.55}}), date(2026, 11, 26))
    assert recent.value == "2026-11-24"


def test_impossible_dates_are_never_confident():
    for cells in ("32132026", "31062026", "########", "29022027"):
        assert decode_date(ink(cells)).probability < 0.9
        assert decode_date(ink(cells), date(2026, 11, 26)).probability < 0.9


def test_an_empty_date_is_empty():
    found = decode_date(ink("________"))
    assert found.value == ""
    assert found.probability > 0.99
