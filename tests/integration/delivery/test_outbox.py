"""The outbox: each reading acknowledged once, refused ones back in review, wrong ones reversed."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.pump import deliver
from delivery.targets import Handed, TooMuchError
from domain.errors import ConflictError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import corrections, outbox, review
from services.context import Context
from services.deliver import export_readings
from services.outbox import Answer, Call
from services.reconcile import AtBilling, reconcile
from services.status import status
from services.verify import verify
from storage.records.outbox import DeliveryRow
from tests.delivery_desk import SUPPLIER, Desk, accept, refusing
from tests.paper import Clock


def rows(ctx: Context) -> list[DeliveryRow]:
    with ctx.records.read() as tx:
        return tx.outbox.of_readings(range(1, 100))


def sheet_of(ctx: Context, account: str) -> tuple[int, SheetState, tuple[Reason, ...]]:
    with ctx.records.read() as tx:
        found = [row for row in tx.sheets.get(range(1, 100)) if row.account == account]
    [row] = found
    return row.id, row.state, row.reasons


def test_accepted_readings_are_acknowledged_once(ctx: Context) -> None:
    accept(ctx, 1, 5)
    desk = Desk(rows=2)
    done = deliver(ctx, SUPPLIER, desk)
    assert (done.queued, done.runs, done.acknowledged) == (5, 3, 5)
    assert deliver(ctx, SUPPLIER, desk).runs == 0
    assert len(desk.handed) == 5
    assert status(ctx).by_state["delivered"] == 5
    assert [row.receipt for row in rows(ctx)] == ["B1"] * 5
    assert reconcile(ctx, SUPPLIER).settled
    assert verify(ctx).problems == ()


def test_an_export_and_the_outbox_never_share_a_reading(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 2)
    export_readings(ctx, tmp_path / "1.csv")
    accept(ctx, 3, 2)
    assert deliver(ctx, SUPPLIER, Desk()).queued == 2
    assert export_readings(ctx, tmp_path / "2.csv").readings == 0
    found = reconcile(ctx, SUPPLIER)
    assert (found.accepted, found.exported, found.acknowledged) == (4, 2, 2)
    assert found.settled
    assert verify(ctx).problems == ()


def test_a_run_is_handed_over_again_with_the_same_rows_and_key(ctx: Context, clock: Clock) -> None:
    accept(ctx, 1, 2)
    desk = Desk()
    desk.broken = True
    assert deliver(ctx, SUPPLIER, desk).failed == 1
    accept(ctx, 3, 1)
    desk.broken = False
    clock.forward(3600)
    deliver(ctx, SUPPLIER, desk)
    first, again, other = desk.calls
    assert first.key == again.key != other.key
    assert [row.key for row in first.rows] == [row.key for row in again.rows]
    assert status(ctx).by_state["delivered"] == 3


def test_a_billing_system_that_is_away_is_asked_later_and_later(ctx: Context, clock: Clock) -> None:
    accept(ctx, 1, 1)
    desk = Desk()
    desk.broken = True
    waits = []
    for _ in range(3):
        deliver(ctx, SUPPLIER, desk)
        with ctx.records.read() as tx:
            [run] = tx.outbox.runs(SUPPLIER)
        waits.append((run.next_at - clock.now).total_seconds())
        assert deliver(ctx, SUPPLIER, desk).failed == 0, "not before its time"
        clock.now = run.next_at
    assert waits == [2, 4, 8]
    assert run.error == "away"


def test_only_the_first_answer_counts(ctx: Context) -> None:
    accept(ctx, 1, 1)
    deliver(ctx, SUPPLIER, Desk())
    [row] = rows(ctx)
    assert outbox.record(ctx, [Answer(row.key, accepted=True)]).again == 1
    assert outbox.record(ctx, [Answer(row.key, accepted=False, code="x")]).again == 1
    assert outbox.record(ctx, [Answer("nobody's", accepted=True)]).unknown == ("nobody's",)
    [row] = rows(ctx)
    assert (row.state, row.answers) == ("acknowledged", 3)
    with ctx.records.read() as tx:
        assert [a.details["said"] for a in tx.audits.latest(what="delivery.contradicted")] == ["refused"]
    assert status(ctx).by_state["delivered"] == 1


def test_rows_without_an_answer_are_asked_again_alone(ctx: Context, clock: Clock) -> None:
    one, two = accept(ctx, 1, 2)
    silent = {two}
    desk = Desk(lambda row: None if row.reading.account in silent else Answer(row.key, accepted=True))
    deliver(ctx, SUPPLIER, desk)
    assert sheet_of(ctx, one)[1] is SheetState.DELIVERED
    silent.clear()
    clock.forward(60)
    deliver(ctx, SUPPLIER, desk)
    assert desk.handed == [("reading", one), ("reading", two), ("reading", two)]
    assert reconcile(ctx, SUPPLIER).settled


def test_a_refused_reading_returns_to_review_with_billings_reason(ctx: Context) -> None:
    one, two = accept(ctx, 1, 2)
    done = deliver(ctx, SUPPLIER, Desk(refusing(two)))
    assert (done.acknowledged, done.refused) == (1, 1)
    sheet_id, state, reasons = sheet_of(ctx, two)
    assert state is SheetState.REVIEW
    assert reasons == (Reason.REFUSED_BY_BILLING, Reason.PERIOD_CLOSED)
    with ctx.records.read() as tx:
        [refusal] = [a for a in tx.audits.of_sheet(sheet_id) if a.what == "delivery.refused"]
    assert refusal.details is not None
    assert refusal.details["words"] == "Период закрыт"
    assert verify(ctx).problems == ()
    assert reconcile(ctx, SUPPLIER).settled
    assert sheet_of(ctx, one)[1] is SheetState.DELIVERED


def correct(ctx: Context, sheet_id: int, reading: str) -> None:
    sheet = review.claim(ctx, "anna", sheet_id)
    values = {f.name: f.value for f in sheet.fields} | {"reading": reading}
    answer = review.accept(ctx, "anna", sheet_id, values)
    assert answer.outcome == "accepted", answer


def test_a_corrected_reading_goes_out_after_its_reversal(ctx: Context, clock: Clock) -> None:
    [account] = accept(ctx, 1, 1)
    desk = Desk(rows=1)
    deliver(ctx, SUPPLIER, desk)
    sheet_id, *_ = sheet_of(ctx, account)
    assert corrections.take_back(ctx, "boss", sheet_id, "переписан счётчик") == 1
    assert sheet_of(ctx, account)[1:] == (SheetState.REVIEW, (Reason.TAKEN_BACK,))
    correct(ctx, sheet_id, "1120")
    desk.say = lambda row: None if row.kind == "reversal" else Answer(row.key, accepted=True)
    deliver(ctx, SUPPLIER, desk)
    assert desk.handed[1:] == [("reversal", account)], "the new reading waits"
    clock.forward(60)
    desk.say = lambda row: Answer(row.key, accepted=True)
    deliver(ctx, SUPPLIER, desk)
    deliver(ctx, SUPPLIER, desk)
    assert [row.kind for call in desk.calls for row in call.rows] == [
        "reading",
        "reversal",
        "reversal",
        "reading",
    ]
    first, back, _, last = [row for call in desk.calls for row in call.rows]
    assert back.reverses == first.key != last.key
    assert (first.reading.reading, last.reading.reading) == ("01100", "01120")
    found = reconcile(ctx, SUPPLIER)
    assert found.settled
    assert (found.accepted, found.acknowledged, found.reversed_) == (1, 1, 1)
    assert verify(ctx).problems == ()


def test_a_reading_that_is_only_queued_is_taken_back_without_a_word_to_billing(ctx: Context) -> None:
    [account] = accept(ctx, 1, 1)
    outbox.enqueue(ctx, SUPPLIER)
    sheet_id, *_ = sheet_of(ctx, account)
    assert corrections.take_back(ctx, "boss", sheet_id, "") == 0
    desk = Desk()
    deliver(ctx, SUPPLIER, desk)
    assert desk.handed == []
    assert verify(ctx).problems == ()


def test_a_fresh_verdict_waits_as_long_as_the_connection_says(ctx: Context, clock: Clock) -> None:
    accept(ctx, 1, 1)
    clock.forward(9 * 60)
    assert deliver(ctx, SUPPLIER, Desk(), wait_minutes=10).queued == 0
    assert reconcile(ctx, SUPPLIER).waiting == 1
    clock.forward(60)
    assert deliver(ctx, SUPPLIER, Desk(), wait_minutes=10).acknowledged == 1


def test_nothing_is_taken_back_while_billing_has_not_answered(ctx: Context) -> None:
    [account] = accept(ctx, 1, 1)
    deliver(ctx, SUPPLIER, Desk(lambda row: None))
    sheet_id, *_ = sheet_of(ctx, account)
    with pytest.raises(ConflictError, match="not answered"):
        corrections.take_back(ctx, "boss", sheet_id, "")
    with pytest.raises(UsageError, match="no sheet 99"):
        corrections.take_back(ctx, "boss", 99, "")


def test_an_exported_reading_is_reversed_through_the_outbox(ctx: Context, tmp_path: Path) -> None:
    [account] = accept(ctx, 1, 1)
    export_readings(ctx, tmp_path / "r.csv")
    sheet_id, *_ = sheet_of(ctx, account)
    assert corrections.take_back(ctx, "boss", sheet_id, "") == 1
    assert verify(ctx).problems == ()
    desk = Desk()
    deliver(ctx, SUPPLIER, desk)
    assert desk.handed == [("reversal", account)]


def test_a_refused_reversal_is_a_problem_until_somebody_settles_it(ctx: Context) -> None:
    [account] = accept(ctx, 1, 1)
    desk = Desk()
    deliver(ctx, SUPPLIER, desk)
    corrections.take_back(ctx, "boss", sheet_of(ctx, account)[0], "")
    desk.say = lambda row: Answer(row.key, accepted=False, code="closed")
    deliver(ctx, SUPPLIER, desk)
    [problem, *_] = [p for p in reconcile(ctx, SUPPLIER).problems if "refused to reverse" in p]
    key = problem.partition(":")[0]
    corrections.try_again(ctx, "boss", key)
    desk.say = lambda row: Answer(row.key, accepted=True)
    deliver(ctx, SUPPLIER, desk)
    assert reconcile(ctx, SUPPLIER).settled
    with pytest.raises(UsageError, match="no reversal"):
        corrections.try_again(ctx, "boss", key)


def test_one_bad_row_does_not_hold_the_others(ctx: Context) -> None:
    accounts = accept(ctx, 1, 5)

    class Strict(Desk):
        def hand_over(self, ctx: Context, call: Call) -> Handed:
            if len(call.rows) > 1 and accounts[3] in {row.reading.account for row in call.rows}:
                raise TooMuchError("422")
            return super().hand_over(ctx, call)

    deliver(ctx, SUPPLIER, Strict(refusing(accounts[3])))
    assert status(ctx).by_state["delivered"] == 4
    assert sheet_of(ctx, accounts[3])[1] is SheetState.REVIEW
    assert reconcile(ctx, SUPPLIER).settled


def test_billings_own_list_is_compared_row_by_row(ctx: Context) -> None:
    accept(ctx, 1, 3)
    deliver(ctx, SUPPLIER, Desk())
    theirs = [AtBilling(row.key, f"{121_000_000_000 + n}", "1100") for n, row in enumerate(rows(ctx), 1)]
    assert reconcile(ctx, SUPPLIER, billing=theirs).settled
    wrong = [AtBilling(theirs[0].key, theirs[0].account, "1101"), theirs[1], theirs[1]]
    strange = AtBilling("x", "1", "2")
    problems = reconcile(ctx, SUPPLIER, billing=[*wrong, strange]).problems
    assert [problem.partition(": ")[2] for problem in problems] == [
        "billing has it twice",
        "billing acknowledged it, but does not list it",
        "billing lists it, but acknowledged no such reading",
        "billing has another account or reading",
    ]


def test_verify_sees_a_reading_that_went_out_twice(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 1)
    export_readings(ctx, tmp_path / "r.csv")
    with ctx.records.begin() as tx:
        reading = tx.readings.get(1)
        assert reading is not None
        tx.outbox.add([(reading, "reading", "k")], ctx.clock())
    assert "reading 1 went out both in an export and through the outbox" in verify(ctx).problems
