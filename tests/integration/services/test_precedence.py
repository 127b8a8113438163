"""Channels beside one another in real records: what counts, what is kept, what billing gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from delivery.pump import deliver
from domain.reasons import Reason
from domain.sheet import SheetState
from domain.supplier import TariffChanges
from services import outbox, review, users
from services.context import Context
from services.incoming import Incoming, Spoken
from services.message_form import MESSAGE
from services.messages import receive_message
from services.standing import Answered
from services.verify import verify
from storage.records import SheetRow
from storage.records.outbox import READING, REVERSAL
from tests.delivery_desk import Desk
from tests.paper import DAY, SUPPLIER, account_row, register

ACCOUNT = "121000000001"


def send(ctx: Context, channel: str, *readings: str, day: date = DAY, **more: Any) -> Answered:
    said = Spoken(more.pop("account", ACCOUNT), tuple((text, "") for text in readings), **more)
    name = f"{channel} {day} {said}"
    return receive_message(
        ctx, Incoming(SUPPLIER, channel, "test", name, sender="", text="", day=day, spoken=said)
    )


def sheet(ctx: Context, answered: Answered) -> SheetRow:
    assert answered.sheet_id is not None
    with ctx.records.read() as tx:
        return tx.sheets.get([answered.sheet_id])[0]


def counting(ctx: Context) -> list[tuple[str, str]]:
    with ctx.records.read() as tx:
        earlier = tx.readings.earlier(SUPPLIER, ACCOUNT, "2026-11", 0)
    return [(each.reading, each.channel) for each in earlier]


def ruled(ctx: Context, **changes: Any) -> Context:
    """The supplier with other rules."""
    rules = ctx.suppliers[SUPPLIER]
    periods = tuple(replace(period, **changes) for period in rules.periods)
    return replace(ctx, suppliers={**ctx.suppliers, SUPPLIER: replace(rules, periods=periods)})


def test_a_higher_channel_replaces_and_a_lower_is_kept(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT))
    first = send(ctx, "sms", "01100")
    higher = send(ctx, "portal", "01110")
    lower = send(ctx, "email", "01105")
    assert counting(ctx) == [("01110", "portal")]
    assert (lower.outcome, lower.reasons) == ("not_accepted", (Reason.OUTRANKED,))
    row = sheet(ctx, first)
    assert (row.state, row.reasons, row.duplicate_of) == (
        SheetState.DUPLICATE,
        (Reason.OUTRANKED,),
        higher.sheet_id,
    )
    assert verify(ctx).ok


def test_both_readings_stay_in_the_records(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT))
    send(ctx, "portal", "01110")
    lower = send(ctx, "sms", "01105")
    assert lower.sheet_id is not None
    with ctx.records.read() as tx:
        assert tx.readings.of_sheet(lower.sheet_id) == []
        kept = tx.readings.get(2)
    assert kept is not None
    assert (kept.sheet_id, kept.reading, kept.withdrawn_why) == (lower.sheet_id, "01105", "outranked")
    confirmed = send(ctx, "act", "01110")
    assert confirmed.outcome == "duplicate"
    # The act counts from now on, although billing has the same reading already.
    assert counting(ctx) == [("01110", "portal"), ("01110", "act")]
    assert send(ctx, "portal", "01120").reasons == (Reason.OUTRANKED,)
    assert verify(ctx).ok


def test_what_billing_has_is_reversed_before_the_higher_one_goes_out(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT))
    first = send(ctx, "sms", "01100")
    billing = Desk()
    deliver(ctx, SUPPLIER, billing)
    assert sheet(ctx, first).state is SheetState.DELIVERED
    send(ctx, "act", "01060")
    assert counting(ctx) == [("01060", "act")]
    for _ in range(3):
        deliver(ctx, SUPPLIER, billing)
    with ctx.records.read() as tx:
        rows = tx.outbox.of_readings([1, 2])
    assert [(row.reading_id, row.kind, row.state) for row in rows] == [
        (1, READING, "acknowledged"),
        (1, REVERSAL, "acknowledged"),
        (2, READING, "acknowledged"),
    ]
    assert verify(ctx).ok


def test_what_is_on_its_way_to_billing_waits_for_a_person(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT))
    send(ctx, "sms", "01100")
    outbox.enqueue(ctx, SUPPLIER)
    assert outbox.next_call(ctx, SUPPLIER, "http", "place", 10) is not None
    higher = send(ctx, "portal", "01110")
    assert sheet(ctx, higher).state is SheetState.REVIEW
    assert counting(ctx) == [("01100", "sms")]


def test_an_account_is_found_by_its_other_number(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT, alias="1234567890"), account_row("121000000002", alias="777"))
    answered = send(ctx, "email", "01100", account="1234567890")
    assert answered.outcome == "received"
    assert counting(ctx) == [("01100", "email")]
    register(ctx, account_row("121000000003", alias="777"))
    assert Reason.ACCOUNT_UNKNOWN in send(ctx, "email", "01100", account="777").reasons


def test_an_account_that_others_serve_is_kept_and_told_where(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT, status="managed", report_to="УК «Дом»"))
    answered = send(ctx, "sms", "01100")
    assert (answered.outcome, answered.reasons) == ("not_accepted", (Reason.SERVED_ELSEWHERE,))
    assert counting(ctx) == []
    with ctx.records.read() as tx:
        kept = tx.readings.get(1)
    assert kept is not None
    assert kept.withdrawn_why == "elsewhere"
    assert verify(ctx).ok


def test_after_the_window_a_reading_counts_for_the_next_month(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT))
    late = ruled(ctx, outside_by_channel={}, outside_window="next_period")
    send(late, "sms", "01100", day=date(2026, 11, 30))
    assert counting(ctx) == []
    # In December it is there already.
    again = send(late, "sms", "01100", day=date(2026, 12, 10))
    assert again.outcome == "duplicate"


def test_high_readings_around_a_change_of_tariffs_wait_for_a_supervisor(ctx: Context) -> None:
    users.add_user(ctx, "anna", "reviewer", "a long password")
    users.add_user(ctx, "vera", "supervisor", "a long password")
    register(ctx, account_row(ACCOUNT))
    near = ruled(ctx, tariff_changes=TariffChanges((date(2026, 12, 1),)))
    answered = send(near, "sms", "01400")
    assert sheet(ctx, answered).reasons == (Reason.HIGH_AT_TARIFF_CHANGE,)
    assert review.claim_next(near, "anna") is None
    found = review.claim_next(near, "vera")
    assert found is not None
    assert found.sheet_id == answered.sheet_id


def test_one_false_high_reading_does_not_shut_an_account(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT, previous_reading=None, previous_date=None))
    for month in range(2, 10):
        send(ctx, "portal", f"{1000 + 100 * month:05d}", day=date(2026, month, 24))
    false = send(ctx, "portal", "08000", day=date(2026, 10, 24)).sheet_id
    assert false is not None
    seen = replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})
    review.claim(seen, "anna", false)
    values = {"account": ACCOUNT, "reading": "08000"}
    assert review.accept(seen, "anna", false, values, [Reason.IMPLAUSIBLY_HIGH]).outcome == "accepted"
    row = sheet(ctx, send(ctx, "portal", "02100"))
    assert (row.state, row.reasons) == (SheetState.ACCEPTED, (Reason.PREVIOUS_DOUBTFUL,))


def test_a_controllers_reading_is_not_shown_to_be_false_by_a_customers(ctx: Context) -> None:
    register(ctx, account_row(ACCOUNT, previous_reading=None, previous_date=None))
    for month in range(2, 10):
        send(ctx, "portal", f"{1000 + 100 * month:05d}", day=date(2026, month, 24))
    act = send(ctx, "act", "08000", day=date(2026, 10, 24))
    assert sheet(ctx, act).reasons == (Reason.IMPLAUSIBLY_HIGH,)
    assert sheet(ctx, act).state is SheetState.ACCEPTED
    row = sheet(ctx, send(ctx, "portal", "02100"))
    assert row.reasons[:1] == (Reason.LOWER_THAN_LAST,)
    assert row.state is not SheetState.ACCEPTED
