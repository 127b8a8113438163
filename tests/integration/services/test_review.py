"""What reviewers do, and what they may not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.errors import LeaseLostError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import digitise, receive, review
from services.context import Context
from services.status import status
from services.verify import verify
from storage.records import AuditRow, ReadingRow, SheetRow
from tests.paper import DAY, ORDER, Clock, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
GOOD = {
    "account": A,
    "reading": "1100",
    "date": "24.11.2026",
    "signature": "yes",
    "address": "yes",
}


@pytest.fixture(autouse=True)
def known_accounts(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B, surname="Петров"))


def take_in(ctx: Context, *pages: object) -> list[int]:
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)  # type: ignore[arg-type]
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def unclear(ctx: Context, count: int = 1) -> list[int]:
    return take_in(ctx, *([slip(A, "1100", confidence=0.6, ink=str(n))] for n in range(count)))


def sheet(ctx: Context, sheet_id: int) -> SheetRow:
    with ctx.records.read() as tx:
        return tx.sheets.get([sheet_id])[0]


def readings(ctx: Context, sheet_id: int) -> list[ReadingRow]:
    with ctx.records.read() as tx:
        return tx.readings.of_sheet(sheet_id)


def last_audit(ctx: Context, sheet_id: int) -> AuditRow:
    with ctx.records.read() as tx:
        return tx.audits.of_sheet(sheet_id)[-1]


def test_the_oldest_slip_comes_first_and_is_nobody_elses(ctx: Context) -> None:
    first, second = unclear(ctx, 2)
    annas = review.claim_next(ctx, "anna")
    boriss = review.claim_next(ctx, "boris")
    assert annas is not None
    assert boriss is not None
    assert (annas.sheet_id, annas.held_by) == (first, "anna")
    assert (boriss.sheet_id, boriss.held_by) == (second, "boris")
    assert annas.held_until == ctx.clock() + timedelta(minutes=5)
    assert review.claim_next(ctx, "vera") is None
    assert review.claim_next(ctx, "anna", skip=[first]) is None
    assert review.queue_length(ctx) == 2


def test_a_slip_is_seen_with_its_doubts_and_its_account(ctx: Context) -> None:
    take_in(ctx, [slip(A, "9100", confidence=0.999)])
    seen = review.claim_next(ctx, "anna")
    assert seen is not None
    assert seen.reasons == (Reason.IMPLAUSIBLY_HIGH,)
    fields = {field.name: field for field in seen.fields}
    assert (fields["account"].value, fields["account"].cells, fields["account"].weak) == (A, 12, False)
    assert (fields["reading"].value, fields["reading"].weak) == ("9100", True)
    assert (fields["date"].value, fields["signature"].value) == (DAY.isoformat(), "yes")
    assert not fields["reading_t2"].weak, "an empty optional field needs nobody"
    assert seen.account is not None
    assert (seen.account.surname, seen.account.meters[0].previous_reading) == ("Иванова", "01000")


def test_a_page_without_a_form_can_be_keyed(ctx: Context) -> None:
    [sheet_id] = take_in(ctx, "foreign")
    seen = review.claim(ctx, "anna", sheet_id)
    assert (seen.template, seen.account) == (None, None)
    assert {field.role for field in seen.fields} >= {"account", "reading", "date", "signature"}
    assert review.accept(ctx, "anna", sheet_id, GOOD).outcome == "accepted"


def test_a_lease_can_be_renewed_lost_and_released(ctx: Context, clock: Clock) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    with pytest.raises(LeaseLostError):
        review.claim(ctx, "boris", sheet_id)
    clock.forward(200)
    assert review.renew(ctx, "anna", sheet_id) == clock.now + timedelta(minutes=5)
    clock.forward(299)
    assert review.claim_next(ctx, "boris") is None
    clock.forward(2)
    assert review.renew(ctx, "anna", sheet_id), "late, but nobody has taken it"
    review.release(ctx, "boris", sheet_id)
    assert review.claim_next(ctx, "boris") is None
    review.release(ctx, "anna", sheet_id)
    assert review.claim_next(ctx, "boris") is not None
    with pytest.raises(LeaseLostError):
        review.renew(ctx, "anna", sheet_id)
    with pytest.raises(LeaseLostError):
        review.accept(ctx, "anna", sheet_id, GOOD)
    with pytest.raises(LeaseLostError):
        review.reject(ctx, "anna", sheet_id, Reason.ILLEGIBLE)


def test_accepting_what_the_machine_doubted(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    values = GOOD | {"reading": "1 101"}
    assert review.preview(ctx, sheet_id, values).outcome == "accepted"
    assert sheet(ctx, sheet_id).state is SheetState.REVIEW, "a preview changes nothing"
    assert review.accept(ctx, "anna", sheet_id, values).outcome == "accepted"
    row, [reading] = sheet(ctx, sheet_id), readings(ctx, sheet_id)
    assert (row.state, row.reasons, row.claimed_by, row.entered) == (SheetState.ACCEPTED, (), None, values)
    assert (reading.reading, reading.accepted_by, reading.reading_date) == ("01101", "anna", DAY)
    audit = last_audit(ctx, sheet_id)
    assert (audit.who, audit.state_before, audit.state_after) == ("anna", "review", "accepted")
    assert audit.details is not None
    assert audit.details["values"] == values
    assert audit.details["machine"]["reading"] == "1100"
    assert "reading_unclear" in audit.details["machine_reasons"]
    with pytest.raises(LeaseLostError):
        review.accept(ctx, "anna", sheet_id, values)
    assert verify(ctx).ok


@pytest.mark.parametrize(
    ("changes", "blocking"),
    [
        ({"account": "999000000000"}, Reason.ACCOUNT_UNKNOWN),
        ({"account": ""}, Reason.ACCOUNT_MISSING),
        ({"account": "12"}, Reason.ACCOUNT_UNKNOWN),
        ({"reading": ""}, Reason.READING_MISSING),
        ({"reading": "12a"}, Reason.READING_UNCLEAR),
        ({"reading": "123456"}, Reason.READING_TOO_LONG),
        ({"reading": "0900"}, Reason.LOWER_THAN_LAST),
        ({"reading_t2": "5"}, Reason.METER_UNKNOWN),
    ],
)
def test_some_rules_nobody_overrules(ctx: Context, changes: dict[str, str], blocking: Reason) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    answer = review.accept(ctx, "anna", sheet_id, GOOD | changes, confirmed=list(Reason))
    assert answer.outcome == "refused"
    assert blocking in answer.blocking
    assert sheet(ctx, sheet_id).state is SheetState.REVIEW
    assert readings(ctx, sheet_id) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reading": "9100"}, Reason.IMPLAUSIBLY_HIGH),
        ({"signature": ""}, Reason.SIGNATURE_MISSING),
        ({"address": ""}, Reason.ADDRESS_MISSING),
        ({"date": ""}, Reason.DATE_MISSING),
        ({"date": "31.12.2025"}, Reason.DATE_IMPLAUSIBLE),
        ({"date": "32.13.2026"}, Reason.DATE_UNCLEAR),
    ],
)
def test_some_rules_a_person_may_overrule(ctx: Context, changes: dict[str, str], reason: Reason) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    answer = review.accept(ctx, "anna", sheet_id, GOOD | changes)
    assert (answer.outcome, answer.reasons, answer.blocking) == ("confirm", (reason,), ())
    assert review.accept(ctx, "anna", sheet_id, GOOD | changes, confirmed=[reason]).outcome == "accepted"
    details = last_audit(ctx, sheet_id).details
    assert details is not None
    assert details["confirmed"] == [reason.value]
    expected = date(2025, 12, 31) if reason is Reason.DATE_IMPLAUSIBLE else DAY
    assert readings(ctx, sheet_id)[0].reading_date == expected


def test_what_another_slip_brought_meanwhile_is_seen(ctx: Context) -> None:
    first, second = unclear(ctx, 2)
    review.claim(ctx, "anna", first)
    review.claim(ctx, "boris", second)
    assert review.accept(ctx, "anna", first, GOOD).outcome == "accepted"
    other = review.preview(ctx, second, GOOD | {"reading": "1150"})
    assert (other.outcome, other.reasons) == ("confirm", (Reason.CONTRADICTS_EARLIER,))
    answer = review.accept(ctx, "boris", second, GOOD)
    assert (answer.outcome, answer.duplicate_of) == ("duplicate", first)
    row = sheet(ctx, second)
    assert (row.state, row.duplicate_of) == (SheetState.DUPLICATE, first)
    assert verify(ctx).ok


def test_a_person_may_say_that_the_second_slip_is_the_right_one(ctx: Context) -> None:
    first, second = unclear(ctx, 2)
    review.claim(ctx, "anna", first)
    review.claim(ctx, "boris", second)
    review.accept(ctx, "anna", first, GOOD)
    changed = GOOD | {"reading": "1150"}
    answer = review.accept(ctx, "boris", second, changed, confirmed=[Reason.CONTRADICTS_EARLIER])
    assert answer.outcome == "accepted"
    assert readings(ctx, first) == []
    assert [each.reading for each in readings(ctx, second)] == ["01150"]
    row = sheet(ctx, first)
    assert (row.state, row.reasons, row.duplicate_of) == (
        SheetState.DUPLICATE,
        (Reason.OUTRANKED,),
        second,
    )
    assert verify(ctx).ok


def test_a_corrected_account_shows_its_own_customer(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    answer = review.preview(ctx, sheet_id, GOOD | {"account": B})
    assert answer.account is not None
    assert answer.account.surname == "Петров"


def test_rejecting_frees_the_paper_for_another_scan(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    review.reject(ctx, "anna", sheet_id, Reason.RESCAN, "слишком темно")
    row = sheet(ctx, sheet_id)
    assert (row.state, row.reasons) == (SheetState.REJECTED, (Reason.RESCAN,))
    details = last_audit(ctx, sheet_id).details
    assert details is not None
    assert details["note"] == "слишком темно"
    [again] = take_in(ctx, [slip(A, "1100", ink="0")])
    assert sheet(ctx, again).state is SheetState.ACCEPTED
    assert status(ctx).by_state["rejected"] == 1
    assert verify(ctx).ok


def test_an_unknown_sheet_is_said_clearly(ctx: Context) -> None:
    for call in (review.claim, review.accept):
        with pytest.raises((UsageError, LeaseLostError)):
            call(ctx, "anna", 99, GOOD) if call is review.accept else call(ctx, "anna", 99)  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="no sheet 99"):
        review.preview(ctx, 99, GOOD)
    with pytest.raises(UsageError, match="no sheet 99"):
        review.sheet_picture(ctx, 99)


def test_characters_that_no_database_keeps(ctx: Context) -> None:
    """A zero character is an error to PostgreSQL, a lone surrogate to both."""
    first, second = unclear(ctx, 2)
    review.claim(ctx, "anna", first)
    dirty = {name: f"\x00{text}\ud800" for name, text in GOOD.items()} | {"no\x00field": "\x00"}
    assert review.preview(ctx, first, dirty).outcome == "accepted"
    assert review.accept(ctx, "anna", first, dirty).outcome == "accepted"
    assert sheet(ctx, first).entered == GOOD | {"nofield": ""}
    review.claim(ctx, "anna", second)
    review.reject(ctx, "anna", second, Reason.ILLEGIBLE, "a\x00b")
    details = last_audit(ctx, second).details
    assert details is not None
    assert details["note"] == "a\N{REPLACEMENT CHARACTER}b"
