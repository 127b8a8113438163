"""The supervisor's figures, the desk, the log and retention, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from domain.errors import UsageError
from domain.gate import OVERRULABLE
from domain.reasons import Reason
from meterdrop.acts import act_text
from services import desk, digitise, figures, forms, journal, purge, receive, review, station, users
from services.context import Context
from services.journal import JournalQuery
from services.photos import PHOTOS
from services.purge import Terms
from services.results import Effort
from services.station import PapersEntry
from services.verify import verify
from storage.records.messages import NewMessage
from storage.records.submissions import NewSubmission
from tests.paper import DAY, ORDER, SUPPLIER, Clock, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
GOOD = {"account": A, "reading": "1100", "date": "24.11.2026", "signature": "yes", "address": "yes"}


@pytest.fixture
def ctx(ctx: Context) -> Context:
    register(ctx, account_row(A), account_row(B, surname="Петров"))
    templates = {**ctx.templates, **{form.key: form for form in PHOTOS}}
    settings = dataclasses.replace(ctx.settings, audit_share=1.0, audit_key=b"k" * 32)
    return dataclasses.replace(ctx, templates=templates, settings=settings)


def take_in(ctx: Context, *pages: object) -> None:
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)  # type: ignore[arg-type]
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))


def judged(ctx: Context, clock: Clock) -> None:
    """One slip accepted alone, one by a person; one waits; one is blank."""
    take_in(
        ctx,
        [slip(B, "1200", ink="1")],
        [slip(A, "1100", confidence=0.6, ink="2")],
        [slip(A, "1100", confidence=0.7, ink="3")],
        "blank",
    )
    sheet = review.claim_next(ctx, "anna")
    assert sheet is not None
    review.accept(ctx, "anna", sheet.sheet_id, GOOD, effort=Effort(2.5, 3))


def test_the_overview_counts_what_happened(ctx: Context, clock: Clock) -> None:
    judged(ctx, clock)
    found = figures.overview(ctx)
    assert [(each.days, each.slips, each.alone) for each in found.straight] == [
        (1, 3, 1),
        (7, 3, 1),
        (30, 3, 1),
    ]
    assert found.straight[0].share == pytest.approx(1 / 3)
    assert found.waiting == 1 and found.oldest is not None and sum(n for _, n in found.ages) == 1
    assert len(found.hours) == figures.HOURS and found.hours[-1][1] == 4, (
        "four pages left the reader this hour"
    )
    assert [(r.name, r.verdicts, r.seconds, r.keys) for r in found.reviewers] == [("anna", 1, 2.5, 3)]
    assert [(group.n, group.right) for group in found.curve] == [(1, 1.0)]
    assert found.bounds == (), "no audit has an answer"


def test_the_bound_stands_by_station_and_form(ctx: Context, clock: Clock) -> None:
    judged(ctx, clock)
    with ctx.records.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE blind_audit SET state = 'done', wrong = FALSE")
    [bound] = figures.overview(ctx).bounds
    assert (bound.station, bound.template, bound.by_machine, bound.n, bound.wrong) == (
        "box 7",
        "krasnoyarsk-dropbox@1",
        True,
        1,
        0,
    )
    assert bound.bound == pytest.approx(0.95), "one audit proves next to nothing"
    assert figures.bound(0, 2995) == pytest.approx(0.001, abs=1e-5)


def test_the_desk_finds_everything_of_an_account_and_says_who_looked(ctx: Context, clock: Clock) -> None:
    judged(ctx, clock)
    case = desk.find(ctx, "olga", SUPPLIER, f" {A[:4]} {A[4:]} ", DAY)
    assert case is not None and case.view is not None and case.view.surname == "Иванова"
    assert [[r.reading for r in each.row.readings] for each in case.cases] == [[], ["01100"]]
    assert [each.sent for each in case.cases] == [("1100",), ("1100",)]
    assert desk.find(ctx, "olga", SUPPLIER, "somebody", DAY) is None
    unknown = desk.find(ctx, "olga", SUPPLIER, "129999999999", DAY)
    assert unknown is not None and unknown.view is None and unknown.cases == ()
    looks = journal.search(ctx, JournalQuery(what="desk.looked"), 10)
    assert [(row.who, row.details["account"]) for row in looks] == [("olga", "129999999999"), ("olga", A)]
    assert desk.is_of_account(ctx, 1) and not desk.is_of_account(ctx, 999)


def test_a_reading_told_by_telephone_passes_the_same_gate(ctx: Context, clock: Clock) -> None:
    low = desk.key_in(ctx, "olga", SUPPLIER, A, {"reading": "900"}, day=DAY)
    assert (low.outcome, low.blocking) == ("refused", (Reason.LOWER_THAN_LAST,))
    high = desk.key_in(ctx, "olga", SUPPLIER, A, {"reading": "90000"}, day=DAY)
    assert (high.outcome, high.reasons) == ("confirm", (Reason.IMPLAUSIBLY_HIGH,))
    with ctx.records.read() as tx:
        assert tx.sheets.get([1, 2, 3]) == [], "what is not accepted leaves nothing behind"
    assert desk.key_in(ctx, "olga", SUPPLIER, A, {"reading": "1100"}, day=DAY).outcome == "accepted"
    again = desk.key_in(ctx, "olga", SUPPLIER, A, {"reading": "1100", "meter_serial": "10203040"}, day=DAY)
    assert again.outcome == "duplicate"
    assert (
        desk.key_in(ctx, "olga", SUPPLIER, B, {"reading": "90000"}, day=DAY, confirmed=OVERRULABLE).outcome
        == "accepted"
    )
    case = desk.find(ctx, "olga", SUPPLIER, A, DAY)
    assert case is not None and len(case.cases) == 2
    [first] = case.cases[-1].row.readings
    assert (first.reading, first.channel, first.accepted_by) == ("01100", "desk", "olga")
    assert verify(ctx).problems == ()


def test_the_log_is_searched(ctx: Context, clock: Clock) -> None:
    judged(ctx, clock)
    users.add_user(ctx, "Ольга", "supervisor", "long enough")
    assert {row.what for row in journal.search(ctx, JournalQuery(sheet_id=1), 50)} >= {"sheet.state"}
    assert [row.what for row in journal.search(ctx, JournalQuery(word="Ольга"), 50)] == ["user.added"]
    assert [row.who for row in journal.search(ctx, JournalQuery(who="anna", what="sheet.state"), 50)] == [
        "anna"
    ]
    assert journal.search(ctx, JournalQuery(since=clock() + timedelta(days=1)), 50) == []
    rows = journal.search(ctx, JournalQuery(), 3)
    older = journal.search(ctx, JournalQuery(before_id=rows[-1].id), 3)
    assert len(rows) == len(older) == 3 and older[0].id < rows[-1].id
    assert journal.search(ctx, JournalQuery(word="%"), 5) == [], "a percent sign is a percent sign"
    assert "sheet.state" in journal.kinds(ctx)


def test_what_is_due_is_destroyed_on_both_databases(ctx: Context, clock: Clock) -> None:
    take_in(ctx, [slip(A, "1100", ink="1")])
    with ctx.records.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE blind_audit SET state = 'done', wrong = FALSE")
        photo = ctx.objects.put(b"a photo")
        tx.submissions.add(
            NewSubmission(
                "7K2M9QF4XT12", SUPPLIER, "portal", A, "", False, "s", photo, {"value": "1"}, clock()
            )
        )
        assert not tx.submissions.add(
            NewSubmission("7K2M9QF4XT12", SUPPLIER, "portal", B, "", False, "s", photo, {}, clock())
        ), "a reference is given once"
    later = dataclasses.replace(ctx, clock=lambda: clock() + timedelta(days=400))
    purge.place_hold(later, SUPPLIER, B, "another's case", "olga")
    act = purge.purge(later, Terms({"station": 365, "draft": 2}), "olga")
    assert (act.number, sorted(act.kinds)) == (1, ["draft", "station"])
    assert not ctx.objects.exists(photo) and verify(later).problems == ()
    with ctx.records.read() as tx:
        row = tx.sheets.get([1])[0]
        assert (row.account, row.recognition, row.ink, row.model) == (None, None, None, None)
        forgotten = tx.submissions.get("7K2M9QF4XT12")
        assert forgotten is not None and (forgotten.state, forgotten.account) == ("dropped", "")
    assert figures.overview(later).straight[2].slips == 0


def test_messages_lose_their_words_with_their_term(ctx: Context, clock: Clock) -> None:
    take_in(ctx, [slip(A, "1100", ink="1")])

    def came(number: int) -> NewMessage:
        return NewMessage(
            supplier=SUPPLIER,
            channel="sms",
            source="operator",
            external_id=str(number),
            reference=f"R{number}",
            sender="+79130000001",
            language="ru",
            text=f"{A}*1100",
            received_at=clock(),
            outcome="not_understood",
            reasons="",
        )

    with ctx.records.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE blind_audit SET state = 'done', wrong = FALSE")
        stray, known = tx.messages.add(came(1)), tx.messages.add(came(2))
        assert stray is not None and known is not None
        tx.messages.set(known, sheet_id=1)
    later = dataclasses.replace(ctx, clock=lambda: clock() + timedelta(days=400))
    assert purge.purge(later, Terms({"sms": 365}), "olga", dry=True).messages == 1
    act = purge.purge(later, Terms({"sms": 365, "station": 365}), "olga")
    assert (act.messages, len(act.keys)) == (1, 1)
    assert "сообщения, не принёсшие показаний: 1" in act_text(act, "ПАО")
    with ctx.records.read() as tx:
        kept = [tuple(row) for row in tx.connection.exec_driver_sql("SELECT sender, text FROM message")]
    assert kept == [("", ""), ("", "")]


def test_a_batchs_key_opens_it_once(ctx: Context) -> None:
    entry = PapersEntry(box="17", declared=3)
    first = station.open_batch(ctx, "office", "abcdefgh", ORDER, entry)
    assert station.open_batch(ctx, "office", "abcdefgh", ORDER) == first
    assert station.view(ctx, first).row.papers.bag == f"{DAY:%Y%m%d}-{first}"
    for key in ("short", "no blanks!", "x" * 65):
        with pytest.raises(UsageError, match="8 to 64"):
            station.open_batch(ctx, "office", key, ORDER)
    with pytest.raises(UsageError, match="no batch 99"):
        station.close(ctx, 99)
    with pytest.raises(UsageError, match="no batch 99"):
        station.hand_in(ctx, 99, b"x", "x.pdf")


def test_forms_on_paper_are_listed(ctx: Context) -> None:
    listed = {form.template.key for form in forms.printed_forms(ctx)}
    assert "krasnoyarsk-dropbox@1" in listed and "krasnoyarsk-box@1" in listed
    assert not listed & {form.key for form in PHOTOS}
