"""The gate: every rule accepts what it should and holds what it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.account import AccountState, EarlierReading, RegisterRow
from domain.gate import Circumstances, Claim, ClaimedReading, Thresholds, Value, Verdict, judge
from domain.reasons import Reason
from domain.supplier import AccountFormat, DatedRules, SupplierRules
from domain.window import Window

ACCOUNT = "121000000000"
DAY = date(2026, 11, 25)
SUPPLIER = SupplierRules(
    "krasnoyarskenergosbyt",
    "Красноярскэнергосбыт",
    AccountFormat(12, 12),
    (DatedRules(date(2012, 10, 23), {"station": Window(23, 26)}),),
)
HERE = Circumstances(SUPPLIER, "station", DAY)
ROW = RegisterRow(
    SUPPLIER.name,
    ACCOUNT,
    "77",
    digits=4,
    previous_reading="0500",
    previous_date=date(2026, 10, 25),
    monthly_average=60.0,
)
KNOWN = AccountState((ROW,))
THRESHOLDS = Thresholds(
    dict.fromkeys(("account", "reading", "date", "signature", "address", "meter_serial"), 0.99)
)
GOOD = Claim(
    account=Value(ACCOUNT, 0.999),
    readings=(ClaimedReading(Value("0563", 0.999)),),
    reading_date=Value("2026-11-24", 0.999),
    signature_present=Value("yes", 0.999),
)


def ask(claim=GOOD, account=KNOWN, here=HERE, thresholds=THRESHOLDS):
    return judge(claim, account, here, thresholds)


def reading(text, confidence=0.999, tariff=None):
    return (ClaimedReading(Value(text, confidence), tariff),)


def test_a_clear_and_plausible_slip_is_accepted_with_its_leading_zero():
    decision = ask()
    assert decision.verdict is Verdict.ACCEPT
    assert [r.reading for r in decision.readings] == ["0563"]
    assert decision.reasons == ()


def test_left_out_leading_zeros_are_put_back():
    assert ask(replace(GOOD, readings=reading("563"))).readings[0].reading == "0563"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": Value("", 0.999)}, Reason.ACCOUNT_MISSING),
        ({"account": Value(ACCOUNT, 0.98)}, Reason.ACCOUNT_UNCLEAR),
        ({"account": Value("12345", 0.999)}, Reason.ACCOUNT_UNKNOWN),
        ({"readings": reading("")}, Reason.READING_MISSING),
        ({"readings": reading("0563", 0.5)}, Reason.READING_UNCLEAR),
        ({"readings": reading("05634")}, Reason.READING_TOO_LONG),
        ({"readings": reading("15634")}, Reason.READING_TOO_LONG),
        ({"readings": reading("0499")}, Reason.LOWER_THAN_LAST),
        ({"readings": reading("9999")}, Reason.IMPLAUSIBLY_HIGH),
        ({"reading_date": Value()}, Reason.DATE_MISSING),
        ({"reading_date": Value("2026-11-24", 0.5)}, Reason.DATE_UNCLEAR),
        ({"reading_date": Value("2026-11-31", 0.999)}, Reason.DATE_UNCLEAR),
        ({"reading_date": Value("2026-11-26", 0.999)}, Reason.DATE_IMPLAUSIBLE),
        ({"reading_date": Value("2026-08-01", 0.999)}, Reason.DATE_IMPLAUSIBLE),
        ({"signature_present": Value("no", 0.999)}, Reason.SIGNATURE_MISSING),
        ({"signature_present": Value("yes", 0.6)}, Reason.SIGNATURE_MISSING),
        ({"reasons": (Reason.ACCOUNT_NEIGHBOUR,)}, Reason.ACCOUNT_NEIGHBOUR),
    ],
)
def test_each_doubt_sends_the_slip_to_a_person(change, reason):
    decision = ask(replace(GOOD, **change))
    assert decision.verdict is Verdict.REVIEW
    assert reason in decision.reasons


def test_zeros_before_a_reading_are_taken_only_where_they_cannot_be_whole_digits_before_decimals():
    # 00563 on a meter of four digits: without its last digit it would lie below the last reading, 0500.
    padded = ask(replace(GOOD, readings=reading("00563")))
    assert padded.verdict is Verdict.ACCEPT
    assert [r.reading for r in padded.readings] == ["0563"]
    # The same after 0050 may be 0056,3.
    early = AccountState((replace(ROW, previous_reading="0050"),))
    assert ask(replace(GOOD, readings=reading("00563")), early).reasons == (Reason.READING_TOO_LONG,)
    unknown = AccountState((replace(ROW, previous_reading=None),))
    assert ask(replace(GOOD, readings=reading("00563")), unknown).reasons == (Reason.READING_TOO_LONG,)


def test_decimals_that_the_meters_digit_count_confirms_need_no_person():
    claim = replace(GOOD, reasons=(Reason.DECIMALS_WRITTEN,))
    assert ask(claim).verdict is Verdict.ACCEPT
    for doubtful in (
        ask(replace(claim, readings=reading("563"))),
        ask(claim, AccountState((replace(ROW, digits=None),))),
        ask(claim, AccountState()),
    ):
        assert doubtful.verdict is Verdict.REVIEW
        assert Reason.DECIMALS_WRITTEN in doubtful.reasons


def test_an_account_that_is_not_registered_is_never_accepted():
    decision = ask(account=AccountState())
    assert decision.verdict is Verdict.REVIEW
    assert Reason.ACCOUNT_UNKNOWN in decision.reasons


def test_without_evidence_for_a_threshold_everything_goes_to_review():
    decision = ask(thresholds=Thresholds({}))
    assert decision.verdict is Verdict.REVIEW
    assert Reason.NO_THRESHOLD in decision.reasons


def test_an_empty_form_is_rejected():
    assert ask(Claim(reasons=(Reason.EMPTY,))).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("day", "verdict"), [(22, Verdict.REVIEW), (23, Verdict.ACCEPT), (26, Verdict.ACCEPT)]
)
def test_the_day_the_box_was_emptied_decides_about_the_window(day, verdict):
    written = replace(GOOD, reading_date=Value("2026-11-20", 0.999))
    decision = ask(written, here=replace(HERE, day=date(2026, 11, day)))
    assert decision.verdict is verdict
    assert (Reason.OUTSIDE_WINDOW in decision.reasons) == (verdict is Verdict.REVIEW)


def test_a_supplier_may_reject_outside_the_window_at_once():
    strict = replace(SUPPLIER, periods=(replace(SUPPLIER.periods[0], outside_window="reject"),))
    decision = ask(here=replace(HERE, supplier=strict, day=date(2026, 11, 28)))
    assert decision.verdict is Verdict.REJECT
    assert Reason.OUTSIDE_WINDOW in decision.reasons


def test_a_channel_that_is_not_offered_is_told_so():
    assert ask(here=replace(HERE, channel="pigeon")).reasons == (Reason.CHANNEL_NOT_OFFERED,)


def test_an_old_sheet_is_judged_by_the_rules_of_its_own_day():
    later = DatedRules(date(2026, 12, 1), {"station": Window(6, -2)})
    changed = replace(SUPPLIER, periods=(*SUPPLIER.periods, later))
    assert ask(here=replace(HERE, supplier=changed)).verdict is Verdict.ACCEPT
    assert ask(here=replace(HERE, supplier=changed, day=date(2026, 12, 25))).verdict is Verdict.ACCEPT
    assert ask(here=replace(HERE, supplier=changed, day=date(2026, 12, 31))).verdict is Verdict.REVIEW


def test_below_an_estimate_is_accepted_and_flagged():
    estimated = AccountState((replace(ROW, previous_kind="average"),))
    decision = ask(replace(GOOD, readings=reading("0480")), estimated)
    assert decision.verdict is Verdict.ACCEPT
    assert decision.flags == (Reason.BELOW_ESTIMATE,)


def test_a_counter_may_roll_over():
    near_end = AccountState((replace(ROW, previous_reading="9950"),))
    decision = ask(replace(GOOD, readings=reading("0010")), near_end)
    assert decision.verdict is Verdict.ACCEPT
    assert decision.readings[0].rolled_over


def test_the_same_reading_again_is_a_duplicate_and_another_one_contradicts():
    with_earlier = AccountState((ROW,), (EarlierReading(41, "77", "", "0563"),))
    same = ask(account=with_earlier)
    assert same.verdict is Verdict.DUPLICATE
    assert same.duplicate_of_sheet == 41
    other = ask(replace(GOOD, readings=reading("0570")), with_earlier)
    assert other.verdict is Verdict.REVIEW
    assert Reason.CONTRADICTS_EARLIER in other.reasons


def test_two_tariffs_need_two_readings():
    two = AccountState((replace(ROW, tariff="T1"), replace(ROW, tariff="T2", previous_reading="0100")))
    both = ask(replace(GOOD, readings=reading("0563") + reading("0130", tariff="T2")), two)
    assert both.verdict is Verdict.ACCEPT
    assert [(r.row.tariff, r.reading) for r in both.readings] == [("T1", "0563"), ("T2", "0130")]
    assert Reason.READING_MISSING in ask(account=two).reasons
    assert (
        Reason.METER_UNKNOWN
        in ask(replace(GOOD, readings=reading("0563") + reading("0130", tariff="T2"))).reasons
    )


def test_with_several_meters_the_written_number_says_which():
    several = AccountState((ROW, replace(ROW, meter_serial="СЕ-0088", previous_reading="0300")))
    assert Reason.METER_UNKNOWN in ask(account=several).reasons
    named = ask(replace(GOOD, readings=reading("0330"), meter_serial=Value("88", 0.999)), several)
    assert named.verdict is Verdict.ACCEPT
    assert named.readings[0].row.meter_serial == "СЕ-0088"


def test_a_meter_number_that_is_not_sure_enough_does_not_say_which():
    several = AccountState((ROW, replace(ROW, meter_serial="78", previous_reading="0300")))
    doubtful = replace(GOOD, readings=reading("0330"), meter_serial=Value("78", 0.98))
    decision = ask(doubtful, several)
    assert (decision.verdict, decision.reasons) == (Verdict.REVIEW, (Reason.METER_UNKNOWN,))
    assert decision.readings == ()
    unproven = Thresholds({k: v for k, v in THRESHOLDS.lowest.items() if k != "meter_serial"})
    assert ask(doubtful, several, thresholds=unproven).reasons == (Reason.NO_THRESHOLD,)
    # What a person typed is what the slip says.
    assert ask(replace(doubtful, by_person=True), several).verdict is Verdict.ACCEPT


def test_a_clear_number_of_another_meter_holds_the_slip():
    assert ask(replace(GOOD, meter_serial=Value("77", 0.999))).verdict is Verdict.ACCEPT
    assert ask(replace(GOOD, meter_serial=Value("0077", 0.999))).verdict is Verdict.ACCEPT
    other = ask(replace(GOOD, meter_serial=Value("1234", 0.999)))
    assert (other.verdict, other.reasons) == (Verdict.REVIEW, (Reason.METER_UNKNOWN,))
    # Read badly it says nothing, and neither does any number where the register has none.
    assert ask(replace(GOOD, meter_serial=Value("1234", 0.7))).verdict is Verdict.ACCEPT
    without = AccountState((replace(ROW, meter_serial=""),))
    assert ask(replace(GOOD, meter_serial=Value("1234", 0.999)), without).verdict is Verdict.ACCEPT


def test_a_person_passes_the_same_rules_but_no_thresholds():
    typed = replace(GOOD, account=Value(ACCOUNT, 0.0), by_person=True, reasons=(Reason.BADLY_REGISTERED,))
    assert ask(typed, thresholds=Thresholds({})).verdict is Verdict.ACCEPT
    assert ask(replace(typed, readings=reading("0499"))).verdict is Verdict.REVIEW


def test_a_person_may_confirm_high_use_but_not_an_unknown_account():
    confirmed = replace(
        GOOD,
        readings=reading("5630"),
        by_person=True,
        confirmed=frozenset({Reason.IMPLAUSIBLY_HIGH, Reason.ACCOUNT_UNKNOWN}),
    )
    assert ask(confirmed).verdict is Verdict.ACCEPT
    assert ask(confirmed, AccountState()).verdict is Verdict.REVIEW
    # The machine cannot confirm anything for itself.
    assert ask(replace(confirmed, by_person=False)).verdict is Verdict.REVIEW


def test_a_person_entering_letters_is_asked_again():
    assert Reason.READING_UNCLEAR in ask(replace(GOOD, readings=reading("5x"), by_person=True)).reasons
