"""Blind audits: who is drawn, who may answer, and what is counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.errors import LeaseLostError, UsageError
from domain.sheet import SheetState
from services import blind, deliver, digitise, receive, review
from services.context import Context
from services.verify import verify
from storage.records import BlindRow, StaffRow
from tests.paper import FORM, ORDER, Clock, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
RIGHT = {"account": A, "reading": "01100", "date": "24.11.2026"}
REVIEWERS = {"anna": "reviewer", "boris": "reviewer"}
SUPERVISORS = {"vera": "supervisor", "gleb": "supervisor"}


@pytest.fixture
def desk(ctx: Context) -> Context:
    """Services where every accepted sheet is drawn, with a staff."""
    register(ctx, account_row(A), account_row(B, surname="Петров"))
    add_staff(ctx, {**REVIEWERS, **SUPERVISORS, "kim": "desk"})
    return drawing(ctx, 1.0)


def drawing(ctx: Context, share: float) -> Context:
    settings = replace(ctx.settings, audit_share=share, audit_share_reviewed=share, audit_key=b"k" * 32)
    return replace(ctx, settings=settings)


def add_staff(ctx: Context, names: dict[str, str]) -> None:
    with ctx.records.begin() as tx:
        for name, role in names.items():
            tx.staff.add(StaffRow(name, role, "-", ctx.clock()))


def take_in(ctx: Context, *slips: dict[str, object]) -> list[int]:
    receipt = receive.receive_file(ctx, file_of(*([each] for each in slips)), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def audit_of(ctx: Context, sheet_id: int) -> BlindRow:
    with ctx.records.read() as tx:
        row = tx.blind.of_sheet(sheet_id)
    assert row is not None
    return row


def test_a_drawn_sheet_stays_accepted_and_goes_to_billing(desk: Context, tmp_path) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100"))
    row = audit_of(desk, sheet_id)
    assert (row.kind, row.state, row.channel, row.template, row.model) == (
        "machine", "open", "station", FORM, "paper@1",
    )  # fmt: skip
    assert (row.month, row.share, row.floor) == ("2026-11", 1.0, 0.99)
    assert deliver.export_readings(desk, tmp_path / "out.csv").readings == 1
    assert blind.claim_next(desk, "anna") is not None
    assert verify(desk).ok


def test_nothing_is_drawn_without_a_share_and_only_what_is_accepted_with_one(ctx: Context) -> None:
    register(ctx, account_row(A))
    take_in(drawing(ctx, 0.0), slip(A, "1100", ink="a"))
    take_in(drawing(ctx, 1.0), slip(A, "1200", ink="b", confidence=0.6))
    assert blind.counts(ctx) == []


def test_the_second_person_sees_no_answer(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100"))
    task = blind.claim_next(desk, "anna")
    assert task is not None
    assert (task.sheet_id, task.stage, task.answers) == (sheet_id, "second", ())
    assert {field.value for field in task.fields} == {""}
    assert {field.confidence for field in task.fields} == {0.0}
    with desk.records.read() as tx:
        drawn = [row for row in tx.audits.of_sheet(sheet_id) if row.what == "blind.drawn"]
    assert A not in json.dumps([row.details for row in drawn])


def test_the_same_values_end_the_audit(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "01100"))
    task = blind.claim_next(desk, "anna")
    assert task is not None
    answer = blind.submit(desk, "anna", task.audit_id, {**RIGHT, "reading": "1100"})
    assert (answer.outcome, answer.wrong, answer.wrong_registered) == ("agrees", False, False)
    row = audit_of(desk, sheet_id)
    assert (row.state, row.second_by, row.truth) == ("done", "anna", row.first)
    [count] = blind.counts(desk, "2026-11")
    assert (count.sampled, count.done, count.wrong, count.kind) == (1, 1, 0, "machine")
    assert blind.counts(desk, "2026-10") == []


def test_a_difference_goes_to_a_supervisor_who_sees_both_answers(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100"))
    task = blind.claim_next(desk, "anna")
    assert task is not None
    answer = blind.submit(desk, "anna", task.audit_id, {**RIGHT, "account": B})
    assert (answer.outcome, answer.differing, answer.wrong) == ("differs", ("account",), None)
    assert blind.claim_next(desk, "boris") is None
    third = blind.claim_next(desk, "vera")
    assert third is not None
    assert third.stage == "third"
    assert {each["account"] for each in third.answers} == {A, B}
    answer = blind.submit(desk, "vera", task.audit_id, {**RIGHT, "account": B})
    assert (answer.outcome, answer.wrong, answer.wrong_registered) == ("decided", True, True)
    [count] = blind.counts(desk)
    assert (count.done, count.disputed, count.wrong, count.wrong_registered) == (1, 0, 1, 1)
    [(row, sheet)] = blind.found_wrong(desk)
    assert (row.truth or {})["account"] == B
    assert (sheet.id, sheet.state) == (sheet_id, SheetState.ACCEPTED)
    with desk.records.read() as tx:
        assert [r.who for r in tx.audits.of_sheet(sheet_id) if r.what.startswith("blind.")] == [
            "machine", "anna", "vera",
        ]  # fmt: skip


def test_a_wrong_date_is_told_but_is_no_wrong_reading(desk: Context) -> None:
    take_in(desk, slip(A, "1100"))
    for user in ("anna", "vera"):
        task = blind.claim_next(desk, user)
        assert task is not None
        answer = blind.submit(desk, user, task.audit_id, {**RIGHT, "date": "23.11.2026"})
    assert (answer.outcome, answer.differing, answer.wrong) == ("decided", ("date",), False)


def test_what_nobody_can_read_counts_as_wrong(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100"))
    for user in ("anna", "vera"):
        task = blind.claim_next(desk, user)
        assert task is not None
        answer = blind.submit(desk, user, task.audit_id, None)
    assert answer.wrong is True
    assert (audit_of(desk, sheet_id).truth, audit_of(desk, sheet_id).differs) == (None, "illegible")


def test_nobody_audits_his_own_answer(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100", confidence=0.6))
    review.claim(desk, "vera", sheet_id)
    assert review.accept(
        desk, "vera", sheet_id, {**RIGHT, "signature": "yes", "address": "yes"}
    ).outcome == "accepted"  # fmt: skip
    row = audit_of(desk, sheet_id)
    assert (row.kind, row.first_by, row.floor) == ("reviewed", "vera", None)
    assert blind.claim_next(desk, "vera") is None
    with pytest.raises(LeaseLostError):
        blind.claim(desk, "vera", row.id)
    assert blind.claim(desk, "gleb", row.id).stage == "second"
    blind.submit(desk, "gleb", row.id, {**RIGHT, "reading": "1200"})
    for user in ("vera", "gleb"):
        assert blind.claim_next(desk, user) is None, "a third person decides"


def test_roles_are_kept(desk: Context) -> None:
    take_in(desk, slip(A, "1100"))
    for user in ("kim", "nobody"):
        with pytest.raises(UsageError, match="may not audit"):
            blind.claim_next(desk, user)
    task = blind.claim_next(desk, "anna")
    assert task is not None
    blind.submit(desk, "anna", task.audit_id, {**RIGHT, "reading": "1"})
    with pytest.raises(LeaseLostError):
        blind.claim(desk, "boris", task.audit_id)


def test_the_only_supervisor_keeps_himself_free_to_decide(ctx: Context) -> None:
    register(ctx, account_row(A))
    add_staff(ctx, {"anna": "reviewer", "vera": "supervisor"})
    take_in(drawing(ctx, 1.0), slip(A, "1100"))
    assert blind.claim_next(ctx, "vera") is None
    assert blind.claim_next(ctx, "anna") is not None


def test_an_audit_is_held_for_a_lease(desk: Context, clock: Clock) -> None:
    take_in(desk, slip(A, "1100"))
    task = blind.claim_next(desk, "anna")
    assert task is not None
    assert blind.claim_next(desk, "boris") is None
    with pytest.raises(LeaseLostError):
        blind.submit(desk, "boris", task.audit_id, RIGHT)
    clock.forward(301)
    assert blind.claim_next(desk, "boris") is not None
    with pytest.raises(LeaseLostError):
        blind.submit(desk, "anna", task.audit_id, RIGHT)
    blind.release(desk, "boris", task.audit_id)
    assert blind.waiting(desk) == (1, 0)
    assert blind.claim_next(desk, "anna") is not None


def test_an_unknown_field_is_refused_and_nothing_changes(desk: Context) -> None:
    [sheet_id] = take_in(desk, slip(A, "1100"))
    task = blind.claim_next(desk, "anna")
    assert task is not None
    with pytest.raises(UsageError, match="no field 'colour'"):
        blind.submit(desk, "anna", task.audit_id, {"colour": "red"})
    assert audit_of(desk, sheet_id).state == "open"


def test_the_meters_number_counts_where_there_are_several(desk: Context) -> None:
    register(desk, account_row(A, meter_serial="20203040"))
    [sheet_id] = take_in(desk, slip(A, "1100", meter_serial="10203040"))
    assert audit_of(desk, sheet_id).first["meter_serial"] == "10203040"
    for user in ("anna", "vera"):
        task = blind.claim_next(desk, user)
        assert task is not None
        answer = blind.submit(desk, user, task.audit_id, {**RIGHT, "meter_serial": "20203040"})
    assert (answer.wrong, answer.wrong_registered) == (True, False)
