"""Two accounts that the ink leaves close: readings and addresses tell them apart, within bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.account import RegisterRow
from domain.history import MOST_RATIO, expectation
from domain.reasons import Reason
from ocr.decode.packed import unpack
from ocr.decode.reading import ReadingCells
from ocr.decode.rivals import LEAST, by_readings, rival_of, weighed
from ocr.meters import evidence
from ocr.results import FieldResult, SlipReading
from templates import find
from tests.paper import DAY, _slip, slip

A, B = "121000000001", "121000000007"
TEMPLATE = find("krasnoyarsk-dropbox")
BEFORE = date(2026, 10, 24)


def meter(account: str, previous: str | None) -> RegisterRow:
    return RegisterRow(
        "s", account, "7", digits=5, previous_reading=previous, previous_date=BEFORE, monthly_average=120.0
    )


OURS, THEIRS, UNKNOWN = meter(A, "01000"), meter(B, "50000"), meter(B, None)


def close(reading: str = "01100", near: float = 0.2, **more: object) -> SlipReading:
    """A slip of A that may be B's."""
    told = {"doubts": {}, "rival": (B, near), "account_confidence": 0.99 - near, **more}
    return _slip(slip(A, reading, **told), 1)


def account(told: SlipReading) -> FieldResult:
    return told.fields["account"]


def test_a_reading_that_only_one_meter_can_show_tells_whose_it_is() -> None:
    assert account(close()).reasons == (Reason.ACCOUNT_NEIGHBOUR,)
    told = account(by_readings(close(), TEMPLATE, [OURS], [THEIRS], DAY))
    assert (told.value, told.other, told.reasons) == (A, B, ())
    # 0.79 against 0.2 / 8, and 0.01 that is neither.
    assert told.confidence == pytest.approx(0.79 / (0.79 + 0.2 / 8 + 0.01), abs=1e-4)
    assert told.runner_up == pytest.approx(0.2 / 8 / (0.79 + 0.2 / 8 + 0.01), abs=1e-4)


def test_a_reading_of_the_rivals_meter_leaves_the_account_in_doubt() -> None:
    told = account(by_readings(close("50100"), TEMPLATE, [OURS], [THEIRS], DAY))
    assert (told.value, told.other, told.by_ink) == (A, B, 0.79), "what the ink says stays"
    assert told.confidence == pytest.approx(0.79 / 8 / (0.2 + 0.79 / 8 + 0.01), abs=1e-3)
    assert told.reasons == (Reason.ACCOUNT_NEIGHBOUR,)
    # Also where the rival is no neighbour: no machine may accept either.
    far = close("50100", rival=("121000000077", 0.2))
    assert account(far).reasons == ()
    told = account(by_readings(far, TEMPLATE, [OURS], [meter("121000000077", "50000")], DAY))
    assert told.reasons == (Reason.ACCOUNT_NEIGHBOUR,)


def test_clear_ink_becomes_less_sure_and_no_more() -> None:
    told = account(by_readings(close("50100", near=0.05), TEMPLATE, [OURS], [THEIRS], DAY))
    assert told.value == A
    assert 0.5 < told.confidence < 0.94


def test_the_doubt_stays_while_others_than_the_rival_may_be_meant() -> None:
    told = close(near=0.09, account_confidence=0.82)
    told = by_readings(told, TEMPLATE, [OURS], [THEIRS], DAY)
    assert account(told).runner_up == pytest.approx(0.012, abs=1e-3)
    assert account(told).reasons == (Reason.ACCOUNT_NEIGHBOUR,)


def test_meters_that_were_taken_down_tell_nothing() -> None:
    gone = replace(meter(B, "50000"), meter_serial="8", status="replaced")
    both = [replace(THEIRS, previous_reading="01010"), gone]
    told = account(by_readings(close("50100"), TEMPLATE, [OURS], both, DAY))
    assert told.confidence == pytest.approx(0.79, abs=1e-3), "neither shows 50,100"


def test_a_written_meter_number_or_an_unknown_tariff_is_left_to_the_gate() -> None:
    named = close("50100", meter_serial="7")
    assert by_readings(named, TEMPLATE, [OURS], [THEIRS], DAY) == named
    second = close("50100", t2="00300")
    assert by_readings(second, TEMPLATE, [OURS], [THEIRS], DAY) == second


@pytest.mark.parametrize("changes", [{"value": "01100"}, {"confidence": 0.05}])
def test_cells_that_the_reader_overruled_tell_nothing(changes: dict[str, object]) -> None:
    told = close("50100")
    told.fields["reading"] = replace(told.fields["reading"], **changes)  # type: ignore[arg-type]
    assert by_readings(told, TEMPLATE, [OURS], [THEIRS], DAY) == told


def test_a_reading_that_both_may_show_says_nothing() -> None:
    told = account(by_readings(close(), TEMPLATE, [OURS], [replace(THEIRS, previous_reading="00990")], DAY))
    before = account(close())
    assert told.confidence == pytest.approx(before.confidence, abs=1e-6)
    assert told.reasons == before.reasons


@pytest.mark.parametrize(
    ("ours", "theirs", "day"),
    [
        ([OURS], [UNKNOWN], DAY),
        ([replace(OURS, previous_reading=None)], [THEIRS], DAY),
        ([OURS], [], DAY),
        ([OURS], [THEIRS], None),
    ],
)
def test_what_the_register_does_not_know_of_both_changes_nothing(
    ours: list[RegisterRow], theirs: list[RegisterRow], day: date | None
) -> None:
    # An unknown history must never beat a known one that the reading contradicts.
    for told in (close(), close("50100")):
        assert by_readings(told, TEMPLATE, ours, theirs, day) == told


def test_an_empty_or_unkept_reading_changes_nothing() -> None:
    unkept = close()
    unkept.fields["reading"] = replace(unkept.fields["reading"], evidence=b"")
    assert by_readings(unkept, TEMPLATE, [OURS], [THEIRS], DAY) == unkept
    nameless = SlipReading("read", fields={})
    assert by_readings(nameless, TEMPLATE, [OURS], [THEIRS], DAY) == nameless


@pytest.mark.parametrize("reading", ["01100", "50100", "99999", "01600"])
@pytest.mark.parametrize("near", [0.01, 0.2, 0.45])
def test_the_odds_move_by_no_more_than_their_bound(reading: str, near: float) -> None:
    before = account(close(reading, near))
    after = account(by_readings(close(reading, near), TEMPLATE, [OURS], [THEIRS], DAY))
    assert after.runner_up is not None and before.runner_up is not None
    moved = (after.confidence / after.runner_up) / (before.confidence / before.runner_up)
    assert 1 / MOST_RATIO - 1e-9 <= moved <= MOST_RATIO + 1e-9
    assert after.confidence + after.runner_up <= before.confidence + before.runner_up + 1e-9, (
        "what is neither never loses"
    )


def test_the_fit_is_the_mean_weight_of_what_may_be_written() -> None:
    doubtful = close("07100", doubts={"1": {"7": 0.6, "1": 0.4}})
    cells = unpack(doubtful.fields["reading"].evidence)
    known = expectation(OURS, DAY)
    share = [known.weight(7100), known.weight(1100)]
    assert share == [1 / MOST_RATIO, 1.0]
    assert ReadingCells(cells).fit([known]) == pytest.approx(0.6 * share[0] + 0.4 * share[1], abs=2e-3)
    assert evidence.fit({"07100": 0.6, "01100": 0.4}, [known]) == pytest.approx(0.6 / 8 + 0.4)


@pytest.mark.parametrize(
    ("changes", "rival"),
    [
        ({}, B),
        ({"runner_up": LEAST / 2}, ""),
        ({"runner_up": None}, ""),
        ({"in_register": False}, ""),
        ({"value": ""}, ""),
        ({"other": A}, ""),
    ],
)
def test_a_rival_is_looked_up_only_where_it_matters(changes: dict[str, object], rival: str) -> None:
    told = close()
    told.fields["account"] = replace(account(told), **changes)  # type: ignore[arg-type]
    assert rival_of(told) == rival


def test_weights_of_nothing_leave_the_account_alone() -> None:
    nothing = FieldResult(A, 0.0, in_register=True, runner_up=0.0, other=B)
    assert weighed(nothing, 0.0, 0.0) == nothing
