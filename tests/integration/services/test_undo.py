"""Taking a verdict back, and leaving a slip to a supervisor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import LeaseLostError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import asking, blind, deliver, digitise, receive, review, undo
from services.context import Context
from services.findings import Period
from services.results import Effort
from services.verify import verify
from storage.records import SheetRow, StaffRow
from tests.paper import FORM, ORDER, Clock, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
GOOD = {"account": A, "reading": "1100", "date": "24.11.2026", "signature": "yes", "address": "yes"}
STAFF = {"anna": "reviewer", "boris": "reviewer", "vera": "supervisor"}


@pytest.fixture(autouse=True)
def people(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B, surname="Петров"))
    with ctx.records.begin() as tx:
        for name, role in STAFF.items():
            tx.staff.add(StaffRow(name, role, "-", ctx.clock()))


def unclear(ctx: Context, count: int = 1) -> list[int]:
    pages = [[slip(A, "1100", confidence=0.6, ink=str(number))] for number in range(count)]
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def sheet(ctx: Context, sheet_id: int) -> SheetRow:
    with ctx.records.read() as tx:
        return tx.sheets.get([sheet_id])[0]


def accepted(ctx: Context, user: str = "anna") -> int:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, user, sheet_id)
    assert review.accept(ctx, user, sheet_id, GOOD).outcome == "accepted"
    return sheet_id


def test_an_accepted_slip_returns_as_it_was(ctx: Context, tmp_path: Path) -> None:
    sheet_id = accepted(ctx)
    again = undo.undo(ctx, "anna", sheet_id)
    row = sheet(ctx, sheet_id)
    assert (row.state, row.claimed_by, row.entered, row.account) == (SheetState.REVIEW, "anna", None, A)
    assert Reason.READING_UNCLEAR in row.reasons
    assert {field.name: field.value for field in again.fields}["reading"] == "1100"
    assert deliver.export_readings(ctx, tmp_path / "none.csv").readings == 0
    assert review.accept(ctx, "anna", sheet_id, GOOD | {"reading": "1101"}).outcome == "accepted"
    assert deliver.export_readings(ctx, tmp_path / "one.csv").readings == 1
    assert ",01101," in (tmp_path / "one.csv").read_text("utf-8-sig")
    assert verify(ctx).problems == ()
    with ctx.records.read() as tx:
        judged = list(tx.findings.reviewed(("station", FORM, "paper@1"), Period()))
    assert [(each.sheet_id, (each.entered or {})["reading"]) for each in judged] == [(sheet_id, "1101")]


def test_a_rejection_and_a_duplicate_are_taken_back(ctx: Context) -> None:
    first, second = unclear(ctx, 2)
    review.claim(ctx, "anna", first)
    review.reject(ctx, "anna", first, Reason.ILLEGIBLE)
    undo.undo(ctx, "anna", first)
    assert review.accept(ctx, "anna", first, GOOD).outcome == "accepted"
    review.claim(ctx, "boris", second)
    assert review.accept(ctx, "boris", second, GOOD).outcome == "duplicate"
    with pytest.raises(undo.TooLateError, match="duplicate"):
        undo.undo(ctx, "anna", first)
    undo.undo(ctx, "boris", second)
    assert (sheet(ctx, second).state, sheet(ctx, second).duplicate_of) == (SheetState.REVIEW, None)
    undo.undo(ctx, "anna", first)
    assert verify(ctx).ok


def test_what_billing_has_stands(ctx: Context, tmp_path: Path) -> None:
    sheet_id = accepted(ctx)
    deliver.export_readings(ctx, tmp_path / "out.csv")
    with pytest.raises(undo.TooLateError):
        undo.undo(ctx, "anna", sheet_id)
    assert sheet(ctx, sheet_id).state is SheetState.DELIVERED


def test_only_ones_own_verdict_and_only_for_a_while(ctx: Context, clock: Clock) -> None:
    sheet_id = accepted(ctx)
    with pytest.raises(LeaseLostError):
        undo.undo(ctx, "boris", sheet_id)
    clock.forward(undo.WITHIN.total_seconds() + 1)
    with pytest.raises(undo.TooLateError):
        undo.undo(ctx, "anna", sheet_id)
    with pytest.raises(UsageError):
        undo.undo(ctx, "anna", 99_999)
    assert sheet(ctx, sheet_id).state is SheetState.ACCEPTED


def test_a_verdict_that_was_read_blindly_stands(ctx: Context) -> None:
    settings = replace(ctx.settings, audit_share_reviewed=1.0, audit_key=b"k" * 32)
    drawing = replace(ctx, settings=settings)
    sheet_id = accepted(drawing)
    undo.undo(drawing, "anna", sheet_id)
    assert review.accept(drawing, "anna", sheet_id, GOOD | {"reading": "1102"}).outcome == "accepted"
    task = blind.claim_next(drawing, "boris")
    assert task is not None
    assert blind.claim_next(drawing, "boris", skip=[task.audit_id]) is None
    answer = blind.submit(drawing, "boris", task.audit_id, GOOD | {"reading": "1102"})
    assert answer.outcome == "agrees", "the later verdict is the one that is read again"
    with pytest.raises(undo.TooLateError, match="second person"):
        undo.undo(drawing, "anna", sheet_id)
    assert sheet(ctx, sheet_id).state is SheetState.ACCEPTED


def test_a_question_goes_to_a_supervisor_alone(ctx: Context) -> None:
    first, second = unclear(ctx, 2)
    review.claim(ctx, "anna", first)
    asking.ask(ctx, "anna", first, "Чей это счёт?", Effort(12.5, 3))
    assert (asking.waiting(ctx), review.queue_length(ctx)) == (1, 2)
    for user in ("anna", "boris"):
        with pytest.raises(LeaseLostError):
            review.claim(ctx, user, first)
    boriss = review.claim_next(ctx, "boris")
    assert boriss is not None and boriss.sheet_id == second
    veras = review.claim_next(ctx, "vera")
    assert veras is not None and veras.question is not None
    assert (veras.sheet_id, veras.question.asked_by, veras.question.note) == (first, "anna", "Чей это счёт?")
    assert review.accept(ctx, "vera", first, GOOD, effort=Effort(4, 1)).outcome == "accepted"
    assert asking.waiting(ctx) == 0
    with ctx.records.read() as tx:
        log = [
            (each.who, each.what, (each.details or {}).get("effort")) for each in tx.audits.of_sheet(first)
        ]
    assert ("anna", "review.asked", {"seconds": 12.5, "keys": 3}) in log
    assert log[-1] == ("vera", "sheet.state", {"seconds": 4, "keys": 1})
    assert verify(ctx).ok


def test_a_question_is_taken_back_by_its_asker(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    asking.ask(ctx, "anna", sheet_id)
    with pytest.raises(LeaseLostError):
        undo.undo(ctx, "boris", sheet_id)
    assert undo.undo(ctx, "anna", sheet_id).question is None
    assert asking.waiting(ctx) == 0


def test_a_question_that_a_supervisor_has_in_hand_stands(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "anna", sheet_id)
    asking.ask(ctx, "anna", sheet_id)
    assert review.claim_next(ctx, "vera") is not None
    with pytest.raises(LeaseLostError):
        undo.undo(ctx, "anna", sheet_id)
    assert asking.waiting(ctx) == 1


def test_with_nobody_to_ask_the_slip_stays(ctx: Context) -> None:
    [sheet_id] = unclear(ctx)
    review.claim(ctx, "vera", sheet_id)
    assert asking.can_ask(ctx, "anna") and not asking.can_ask(ctx, "vera")
    with pytest.raises(UsageError, match="no supervisor"):
        asking.ask(ctx, "vera", sheet_id)
    assert sheet(ctx, sheet_id).claimed_by == "vera"
    with pytest.raises(LeaseLostError):
        asking.ask(ctx, "anna", sheet_id)
