"""The gate beyond a plain slip: channels and their ranks, several meters, zones, whose account it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.account import AccountState, EarlierReading, PastReading, RegisterRow, Status
from domain.gate import Circumstances, Claim, ClaimedReading, Decision, Thresholds, Value, Verdict, judge
from domain.reasons import Reason
from domain.supplier import AccountFormat, DatedRules, SupplierRules, TariffChanges
from domain.surnames import same_surname
from domain.window import ALWAYS, Window

ACCOUNT = "121000000000"
DAY = date(2026, 11, 25)
CHANNELS = ("sms", "email", "portal", "station", "desk", "phone", "terminal", "app")
RULES = DatedRules(date(2012, 10, 23), dict.fromkeys(CHANNELS, ALWAYS))
SUPPLIER = SupplierRules("krasnoyarskenergosbyt", "Красноярскэнергосбыт", AccountFormat(12, 12), (RULES,))
ROW = RegisterRow(
    SUPPLIER.name,
    ACCOUNT,
    "77",
    digits=5,
    surname="Иванова",
    previous_reading="01000",
    previous_date=date(2026, 10, 25),
    monthly_average=120.0,
)
NONE = Thresholds({})


def says(*readings: str, account: str = ACCOUNT, **more: object) -> Claim:
    return Claim(
        account=Value(account, 1.0),
        readings=tuple(ClaimedReading(Value(text, 1.0)) for text in readings),
        required=frozenset({"account", "reading"}),
        typed=True,
        in_order=True,
        **more,  # type: ignore[arg-type]
    )


def ask(
    claim: Claim,
    rows: tuple[RegisterRow, ...] = (ROW,),
    *,
    channel: str = "sms",
    day: date = DAY,
    rules: DatedRules = RULES,
    earlier: tuple[EarlierReading, ...] = (),
    past: dict[tuple[str, str], tuple[PastReading, ...]] | None = None,
    alias: str = "",
) -> Decision:
    supplier = replace(SUPPLIER, periods=(rules,))
    state = AccountState(rows, earlier, past or {}, alias)
    return judge(claim, state, Circumstances(supplier, channel, day), NONE)


def had(reading: str, channel: str, sheet: int = 41, serial: str = "77", day: int = 23) -> EarlierReading:
    return EarlierReading(sheet, serial, "", reading, channel, date(2026, 11, day))


# what a customer typed


def test_what_a_customer_typed_needs_no_threshold_and_no_paper() -> None:
    decision = ask(says("1120"))
    assert decision.verdict is Verdict.ACCEPT
    assert [judged.reading for judged in decision.readings] == ["01120"]
    assert decision.period == "2026-11"


def test_a_customer_may_not_confirm_what_the_gate_doubts() -> None:
    sure = says("99000", confirmed=frozenset({Reason.IMPLAUSIBLY_HIGH}))
    assert ask(sure).reasons == (Reason.IMPLAUSIBLY_HIGH,)


def test_an_account_found_by_its_other_number_is_known() -> None:
    assert ask(says("1120", account="55012"), alias="55012").verdict is Verdict.ACCEPT
    assert ask(says("1120", account="55012")).reasons == (Reason.ACCOUNT_UNKNOWN,)


# windows


def test_outside_its_window_a_reading_is_refused_looked_at_or_counted_for_the_next_period() -> None:
    rules = replace(RULES, windows={"sms": Window(23, 26), "station": Window(23, 26)})
    late = date(2026, 12, 28)
    assert ask(says("1120"), rules=rules, day=late).verdict is Verdict.REVIEW
    refuses = replace(rules, outside_by_channel={"station": "review"}, outside_window="reject")
    assert ask(says("1120"), rules=refuses, day=late).verdict is Verdict.REJECT
    assert ask(says("1120"), rules=refuses, day=late, channel="station").verdict is Verdict.REVIEW
    counts = ask(says("1120"), rules=replace(rules, outside_window="next_period"), day=late)
    assert (counts.verdict, counts.period, counts.flags) == (
        Verdict.ACCEPT,
        "2027-01",
        (Reason.NEXT_PERIOD,),
    )
    early = ask(says("1120"), rules=replace(rules, outside_window="next_period"), day=date(2026, 12, 3))
    assert early.period == "2026-12"


def test_a_provider_has_its_own_window_and_others_are_not_offered() -> None:
    rules = replace(RULES, windows={"terminal/citypay": Window(6, -2), "terminal/platezhka": Window(23, 26)})
    third = date(2026, 11, 10)
    assert ask(says("1120"), rules=rules, day=third, channel="terminal/citypay").verdict is Verdict.ACCEPT
    assert ask(says("1120"), rules=rules, day=third, channel="terminal/platezhka").reasons == (
        Reason.OUTSIDE_WINDOW,
    )
    assert ask(says("1120"), rules=rules, channel="terminal/nobody").reasons == (Reason.CHANNEL_NOT_OFFERED,)


# ranks


@pytest.mark.parametrize(
    ("first", "second"), [("sms", "station"), ("station", "portal"), ("portal", "act"), ("email", "smart")]
)
def test_a_higher_channel_takes_the_place_of_a_lower_and_never_the_other_way_round(
    first: str, second: str
) -> None:
    higher = ask(says("1130"), channel=second, earlier=(had("01120", first),))
    assert (higher.verdict, higher.replaces) == (Verdict.ACCEPT, (41,))
    lower = ask(says("1130"), channel=first, earlier=(had("01120", second),))
    assert (lower.verdict, lower.reasons, lower.kept, lower.replaces) == (
        Verdict.REJECT,
        (Reason.OUTRANKED,),
        "outranked",
        (),
    )
    assert [judged.reading for judged in lower.readings] == ["01130"]


def test_the_same_reading_by_a_higher_channel_is_kept_as_a_confirmation() -> None:
    confirms = ask(says("1120"), channel="act", earlier=(had("01120", "sms"),))
    assert (confirms.verdict, confirms.kept) == (Verdict.DUPLICATE, "confirms")
    # From now on the act counts: another text message changes nothing.
    both = (had("01120", "sms"), had("01120", "act", sheet=42))
    assert ask(says("1150"), earlier=both).reasons == (Reason.OUTRANKED,)
    again = ask(says("1120"), channel="sms", earlier=both)
    assert (again.verdict, again.kept) == (Verdict.DUPLICATE, "")


def test_another_reading_of_the_same_rank_is_for_a_person_unless_the_supplier_takes_the_later() -> None:
    earlier = (had("01120", "email"),)
    assert ask(says("1130"), earlier=earlier).reasons == (Reason.CONTRADICTS_EARLIER,)
    newer = replace(RULES, same_period="newer")
    assert ask(says("1130"), earlier=earlier, rules=newer).replaces == (41,)
    # Neither a step back nor another one on the same day is simply newer.
    assert ask(says("1110"), earlier=earlier, rules=newer).reasons == (Reason.CONTRADICTS_EARLIER,)
    same_day = (had("01120", "email", day=25),)
    assert ask(says("1130"), earlier=same_day, rules=newer).reasons == (Reason.CONTRADICTS_EARLIER,)


def test_what_is_on_its_way_to_billing_is_not_replaced_behind_its_back() -> None:
    away = (replace(had("01120", "sms"), fixed=True),)
    assert ask(says("1130"), channel="act", earlier=away).reasons == (Reason.CONTRADICTS_EARLIER,)


def test_a_sheet_is_replaced_as_a_whole_or_not_at_all() -> None:
    two = (ROW, replace(ROW, meter_serial="78"))
    earlier = (had("01120", "sms"), had("01050", "sms", serial="78"))
    only_one = says("1130", meter_serial=Value("77", 1.0))
    assert ask(only_one, two, channel="act", earlier=earlier).reasons == (Reason.CONTRADICTS_EARLIER,)
    assert ask(says("1130", "1060"), two, channel="act", earlier=earlier).replaces == (41,)


def test_a_supplier_may_rank_channels_otherwise() -> None:
    rules = replace(RULES, ranks={"phone": 3})
    assert ask(says("1130"), channel="phone", rules=rules, earlier=(had("01120", "station"),)).replaces == (
        41,
    )


# meters and zones


def test_several_readings_are_the_meters_in_order() -> None:
    two = (ROW, replace(ROW, meter_serial="78", previous_reading="00300"))
    both = ask(says("1120", "330"), two)
    assert [(j.row.meter_serial, j.reading) for j in both.readings] == [("77", "01120"), ("78", "00330")]
    assert both.verdict is Verdict.ACCEPT
    assert ask(says("1120"), two).reasons == (Reason.METER_UNKNOWN,)
    assert ask(says("1120", "330", "5"), two).reasons == (Reason.METER_UNKNOWN,)
    swapped = ask(says("330", "1120"), two).reasons
    assert Reason.METERS_SWAPPED in swapped


ZONES = (
    replace(ROW, tariff="T1", previous_reading="05000"),
    replace(ROW, tariff="T2", previous_reading="01000"),
)


def test_zones_in_order_swapped_and_summed() -> None:
    assert ask(says("5100", "1040"), ZONES).verdict is Verdict.ACCEPT
    swapped = ask(says("1040", "5100"), ZONES)
    assert swapped.verdict is Verdict.REVIEW
    assert Reason.ZONES_SWAPPED in swapped.reasons
    summed = ask(says("6140"), ZONES)
    assert (summed.verdict, Reason.ZONES_SUMMED in summed.reasons) == (Verdict.REVIEW, True)
    one_left_out = ask(says("5100"), ZONES)
    assert one_left_out.reasons == (Reason.READING_MISSING,)


@pytest.mark.parametrize("texts", [("5100", "1040", "6140"), ("6141", "5100", "1040")])
def test_the_sum_that_a_display_shows_beside_its_zones_is_left_out(texts: tuple[str, ...]) -> None:
    decision = ask(says(*texts), ZONES)
    assert decision.verdict is Verdict.ACCEPT
    assert [judged.reading for judged in decision.readings] == ["05100", "01040"]


def test_three_readings_for_two_zones_that_do_not_add_up_are_not_guessed_at() -> None:
    assert ask(says("5100", "1040", "6150"), ZONES).reasons == (Reason.METER_UNKNOWN,)


def test_a_replaced_meter_takes_no_readings_any_more() -> None:
    old = replace(ROW, status="replaced", status_since=date(2026, 11, 1))
    new = replace(ROW, meter_serial="90", previous_reading="00000", previous_date=date(2026, 11, 1))
    assert [j.row.meter_serial for j in ask(says("15"), (old, new)).readings] == ["90"]
    named = says("1130", meter_serial=Value("77", 1.0))
    assert ask(named, (old, new)).reasons == (Reason.METER_REPLACED,)
    assert ask(says("1130"), (old,)).reasons == (Reason.METER_REPLACED,)
    # A box emptied before the change still brings the old one's reading.
    assert ask(says("1130"), (old,), day=date(2026, 10, 31)).verdict is Verdict.ACCEPT


# whose account it is


@pytest.mark.parametrize(
    ("status", "reason", "kept"),
    [
        ("closed", Reason.ACCOUNT_CLOSED, ""),
        ("managed", Reason.SERVED_ELSEWHERE, "elsewhere"),
        ("remote", Reason.READ_REMOTELY, "elsewhere"),
    ],
)
def test_readings_that_are_not_ours_are_refused_with_the_reason(
    status: Status, reason: Reason, kept: str
) -> None:
    row = replace(ROW, status=status, status_since=date(2026, 11, 1))
    decision = ask(says("1120"), (row,))
    assert (decision.verdict, decision.reasons, decision.kept) == (Verdict.REJECT, (reason,), kept)
    assert ask(says("1120"), (row,), day=date(2026, 10, 30)).verdict is Verdict.ACCEPT
    assert ask(says("1120"), (row,), channel="act").verdict is Verdict.ACCEPT


def test_a_doubtful_account_is_never_refused_for_being_somebody_elses() -> None:
    row = replace(ROW, status="managed")
    blurred = replace(says("1120"), typed=False, account=Value(ACCOUNT, 0.4))
    decision = ask(blurred, (row,), channel="station")
    assert decision.verdict is Verdict.REVIEW
    assert Reason.SERVED_ELSEWHERE in decision.reasons


def test_another_surname_needs_the_meters_history_as_a_witness_and_never_refuses() -> None:
    tenant = replace(says("1120"), surname="Петров")
    confirmed = ask(tenant)
    assert (confirmed.verdict, confirmed.flags) == (Verdict.ACCEPT, (Reason.SURNAME_DIFFERS,))
    unknown = ask(tenant, (replace(ROW, previous_reading=None),))
    assert (unknown.verdict, unknown.reasons) == (Verdict.REVIEW, (Reason.SURNAME_DIFFERS,))
    assert ask(replace(says("1120"), surname="ИВАНОВ И.И.")).flags == ()


@pytest.mark.parametrize(
    ("registered", "given", "same"),
    [
        ("Иванова", "Иванов", True),
        ("Иванова Анна Петровна", "иванова а.п.", True),
        ("Семёнов", "СЕМЕНОВ", True),
        ("Достоевская", "Достоевский", True),
        ("Кузнецов", "Кузнецв", True),
        ("Кузнецов", "Кузенцов", True),
        ("Иванова", "Анна Иванова", True),
        ("", "Петров", True),
        ("Иванова", "", True),
        ("Иванов", "Петров", False),
        ("Ким", "Цой", False),
        ("Белов", "Белых", False),
        ("Кузнецов", "Кузьмин", False),
    ],
)
def test_surnames_as_people_and_robots_write_them(registered: str, given: str, same: bool) -> None:
    assert same_surname(registered, given) is same


# transformers and tariffs


def test_with_a_transformer_the_counter_moves_slower_than_the_bill() -> None:
    measured = replace(ROW, ratio=20.0, monthly_average=2000.0)
    assert ask(says("1100"), (measured,)).verdict is Verdict.ACCEPT
    assert ask(says("1600"), (measured,)).reasons == (Reason.IMPLAUSIBLY_HIGH,)
    assert ask(says("22000"), (measured,)).reasons == (Reason.RATIO_APPLIED,)


def test_high_readings_around_a_change_of_tariffs_have_a_queue_of_their_own() -> None:
    rules = replace(RULES, tariff_changes=TariffChanges((date(2026, 12, 1),)))
    assert ask(says("1120"), rules=rules).verdict is Verdict.ACCEPT
    assert ask(says("1300"), rules=rules).reasons == (Reason.HIGH_AT_TARIFF_CHANGE,)
    assert ask(says("1300")).verdict is Verdict.ACCEPT
    assert ask(says("9900"), rules=rules).reasons == (Reason.HIGH_AT_TARIFF_CHANGE,)
    seen = replace(
        says("1300"), typed=False, by_person=True, confirmed=frozenset({Reason.HIGH_AT_TARIFF_CHANGE})
    )
    assert ask(seen, rules=rules).verdict is Verdict.ACCEPT


def test_what_a_controller_read_counts_and_is_marked() -> None:
    lower = ask(says("900"), channel="act")
    assert (lower.verdict, lower.flags) == (Verdict.ACCEPT, (Reason.PREVIOUS_DOUBTFUL,))
    higher = ask(says("9000"), channel="act")
    assert (higher.verdict, higher.flags) == (Verdict.ACCEPT, (Reason.IMPLAUSIBLY_HIGH,))
