"""Comparing characters that were read alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import deliver, digitise, grid, receive, review
from services.context import Context
from services.places import by_place
from services.verify import verify
from storage.records import SheetRow
from tests.paper import ORDER, account_row, file_of, register, slip

A, B, C = "121000000001", "121000000002", "121000000003"
#: A paper reader's fields have as many characters as digits, a form's have 12 and 6 cells.
READING = "001799"


@pytest.fixture(autouse=True)
def known_accounts(ctx: Context) -> None:
    register(ctx, *(account_row(account, digits=6, previous_reading="001700") for account in (A, B, C)))


def take_in(ctx: Context, *slips: dict[str, object]) -> list[int]:
    receipt = receive.receive_file(ctx, file_of(*([each] for each in slips)), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def sheet(ctx: Context, sheet_id: int) -> SheetRow:
    with ctx.records.read() as tx:
        return tx.sheets.get([sheet_id])[0]


def log(ctx: Context, sheet_id: int) -> list[tuple[str, str]]:
    with ctx.records.read() as tx:
        return [(each.who, each.what) for each in tx.audits.of_sheet(sheet_id)]


def page(ctx: Context, glyph: str = "7", limit: int = 50, **more: object) -> list[grid.Place]:
    return [each.key for each in grid.next_page(ctx, glyph, limit=limit, **more).glyphs]


def test_what_was_read_alike_comes_together_the_least_sure_first(ctx: Context) -> None:
    sure, unsure = take_in(ctx, slip(A, READING, ink="a"), slip(B, READING, ink="b", confidence=0.6))
    assert page(ctx) == [(unsure, "reading", 3), (sure, "reading", 3)]
    assert len(page(ctx, "2")) == 3, "two accounts have one each, and B ends in another"
    with pytest.raises(UsageError, match="no digit"):
        grid.next_page(ctx, "x", limit=5)


def test_pages_go_on_by_whole_sheets(ctx: Context) -> None:
    sheets = take_in(ctx, *(slip(a, READING, ink=a) for a in (A, B, C)))
    first = grid.next_page(ctx, "9", limit=3)
    assert {each.sheet_id for each in first.glyphs} == {sheets[0]}
    assert first.more and first.after == sheets[0]
    second = grid.next_page(ctx, "9", limit=4, after=first.after)
    assert {each.sheet_id for each in second.glyphs} == set(sheets[1:])
    assert not second.more
    assert page(ctx, skip={(sheets[0], "reading", 3)}) == [(s, "reading", 3) for s in sheets[1:]]


def test_confirmed_ones_are_not_asked_again_and_change_nothing(ctx: Context) -> None:
    [sheet_id] = take_in(ctx, slip(A, READING))
    result = grid.settle(ctx, "anna", "7", [(sheet_id, "reading", 3)], [])
    assert (result.confirmed, result.sent_to_review) == (1, ())
    assert sheet(ctx, sheet_id).state is SheetState.ACCEPTED
    assert page(ctx) == []
    assert ("anna", "grid.confirmed") in log(ctx, sheet_id)


def test_a_picked_one_sends_its_slip_to_review(ctx: Context, tmp_path: Path) -> None:
    first, second = take_in(ctx, slip(A, READING, ink="a"), slip(B, READING, ink="b"))
    seen = [(first, "reading", 3), (second, "reading", 3)]
    result = grid.settle(ctx, "anna", "7", seen, {(first, "reading", 3)})
    assert (result.confirmed, result.sent_to_review, result.too_late) == (1, (first,), ())
    row = sheet(ctx, first)
    assert (row.state, row.reasons) == (SheetState.REVIEW, (Reason.PICKED_OUT,))
    assert [what for who, what in log(ctx, first) if who == "anna"] == ["sheet.state", "grid.sent_to_review"]
    assert deliver.export_readings(ctx, tmp_path / "out.csv").readings == 1
    seen_again = review.claim(ctx, "boris", first)
    field = {each.name: each for each in seen_again.fields}["reading"]
    assert field.weak and Reason.PICKED_OUT in field.reasons
    assert [char.confidence for char in field.characters][3] == 0.0
    values = {"account": A, "reading": "001199", "date": "24.11.2026", "signature": "yes", "address": "yes"}
    assert review.accept(ctx, "boris", first, values | {"reading": "001719"}).outcome == "accepted"
    assert verify(ctx).problems == ()


def test_in_review_it_is_marked_and_a_confirmed_one_is_no_longer_weak(ctx: Context) -> None:
    [sheet_id] = take_in(ctx, slip(A, READING, confidence=0.6))
    nines = [(sheet_id, "reading", 4), (sheet_id, "reading", 5)]
    result = grid.settle(ctx, "anna", "9", nines, {nines[0]})
    assert (result.confirmed, result.marked, result.sent_to_review) == (1, (sheet_id,), ())
    field = {each.name: each for each in review.claim(ctx, "boris", sheet_id).fields}["reading"]
    assert [char.confidence for char in field.characters][4:] == [0.0, 1.0]
    assert sheet(ctx, sheet_id).state is SheetState.REVIEW


def test_what_billing_has_is_noted(ctx: Context, tmp_path: Path) -> None:
    [sheet_id] = take_in(ctx, slip(A, READING))
    key = page(ctx)
    deliver.export_readings(ctx, tmp_path / "out.csv")
    result = grid.settle(ctx, "anna", "7", key, key)
    assert (result.too_late, result.sent_to_review) == ((sheet_id,), ())
    assert sheet(ctx, sheet_id).state is SheetState.DELIVERED
    assert ("anna", "grid.too_late") in log(ctx, sheet_id)
    assert verify(ctx).ok


def test_what_is_to_be_read_blindly_is_not_shown(ctx: Context) -> None:
    settings = replace(ctx.settings, audit_share=1.0, audit_key=b"k" * 32)
    take_in(replace(ctx, settings=settings), slip(A, READING))
    assert page(ctx) == []


def test_only_what_was_read_so_can_be_settled(ctx: Context) -> None:
    [sheet_id] = take_in(ctx, slip(A, READING))
    for key in ((sheet_id, "reading", 0), (sheet_id, "date", 1), (999, "reading", 3)):
        with pytest.raises(UsageError, match="has no '7'"):
            grid.settle(ctx, "anna", "7", [(sheet_id, "reading", 3), key], [])
    assert len(page(ctx)) == 1, "nothing was recorded"


@pytest.mark.parametrize(
    ("value", "raw", "expected"),
    [("0563", "0563__", "0563--"), ("0563", "__0563", "--0563"), ("0513", "05#3__", "0513--")],
)
def test_a_value_is_laid_over_its_cells(value: str, raw: str, expected: str) -> None:
    assert "".join(char or "-" for char in by_place(value, raw, len(raw))) == expected
