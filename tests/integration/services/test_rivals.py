"""A slip of two accounts that the ink leaves close, from its page to its reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.reasons import Reason
from domain.sheet import SheetState
from services import digitise, receive
from services.context import Context
from services.recognition import from_json
from services.results import SheetOutcome
from services.verify import verify
from storage.records import SheetRow
from tests.paper import ORDER, account_row, file_of, register, slip

A, B = "121000000001", "121000000007"
INK = "one hand"


def run(ctx: Context, reading: str, near: float) -> tuple[SheetOutcome, SheetRow]:
    written = slip(A, reading, doubts={}, ink=INK, rival=(B, near), account_confidence=0.9995 - near)
    receipt = receive.receive_file(ctx, file_of([written]), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    [outcome] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    with ctx.records.read() as tx:
        return outcome, tx.sheets.get([outcome.sheet_id])[0]


def test_neighbours_are_told_apart_by_what_their_meters_showed(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B, previous_reading="50000"))
    outcome, row = run(ctx, "01100", near=0.07)
    assert (outcome.state, outcome.reasons, row.account) == (SheetState.ACCEPTED, (), A)
    assert row.recognition is not None
    account = from_json(row.recognition).fields["account"]
    assert account.confidence > 0.99
    assert account.runner_up is not None and account.runner_up < 0.01
    with ctx.records.read() as tx:
        assert [r.account for r in tx.readings.of_sheet(row.id)] == [A]
    assert verify(ctx).problems == ()


def test_the_same_slip_goes_to_a_person_where_no_reading_of_the_neighbour_is_known(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B, previous_reading=None))
    outcome, _ = run(ctx, "01100", near=0.07)
    assert outcome.state is SheetState.REVIEW
    assert Reason.ACCOUNT_NEIGHBOUR in outcome.reasons


def test_a_reading_of_the_neighbours_meter_is_a_persons_to_decide(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B, previous_reading="50000"))
    outcome, row = run(ctx, "50100", near=0.3)
    assert (outcome.state, row.account) == (SheetState.REVIEW, A)
    assert Reason.ACCOUNT_NEIGHBOUR in outcome.reasons
    assert row.recognition is not None
    account = from_json(row.recognition).fields["account"]
    assert (account.value, account.other, account.by_ink) == (A, B, pytest.approx(0.6995))
    assert account.confidence < 0.3
    with ctx.records.read() as tx:
        assert tx.readings.of_sheet(row.id) == []


def test_a_neighbours_newest_reading_counts_before_the_registers(ctx: Context) -> None:
    october = date(2026, 10, 24)
    register(ctx, account_row(A), account_row(B, previous_reading=None, previous_date=None))
    written = slip(B, "50000", doubts={}, date=october.isoformat())
    order = replace(ORDER, collected=october)
    receipt = receive.receive_file(ctx, file_of([written], scan="october"), "before.pdf", order)
    digitise.split(ctx, receipt.file_id)
    [before] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    assert before.state is SheetState.ACCEPTED
    outcome, row = run(ctx, "01100", near=0.07)
    assert (outcome.state, row.account) == (SheetState.ACCEPTED, A), "the register alone knows nothing of B"
