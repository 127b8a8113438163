"""``verify`` finds every disagreement that it promises to find."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from services import deliver, digitise, receive
from services.context import Context
from services.verify import verify
from tests.paper import ORDER, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"


@pytest.fixture
def key(ctx: Context, tmp_path: Path) -> str:
    """Sheets 1 delivered, 2 duplicate of it, 3 accepted, 4 blank."""
    register(ctx, account_row(A), account_row(B))
    receipt = receive.receive_file(
        ctx, file_of([slip(A, "1100", ink="x")], [slip(A, "1100", ink="x")]), "a.pdf", ORDER
    )
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    deliver.export_readings(ctx, tmp_path / "r.csv")
    more = receive.receive_file(ctx, file_of([slip(B, "1100")], "blank"), "b.pdf", ORDER)
    digitise.split(ctx, more.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    assert verify(ctx).problems == ()
    return receipt.sha256


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        ("UPDATE sheet SET state = 'lost' WHERE id = 4", {"sheet 4 is in an unk", "sheet 4: the audit"}),
        ("UPDATE sheet SET state = 'review' WHERE id = 4", {"sheet 4: the audit log does not end"}),
        ("DELETE FROM reading WHERE sheet_id = 3", {"sheet 3 is accepted or delivered without a reading"}),
        (
            "UPDATE reading SET sheet_id = 4 WHERE sheet_id = 3",
            {"sheet 3 is accepted", "reading 2 belongs", "reading 2: its evidence"},
        ),
        ("UPDATE reading SET evidence = 'x' WHERE sheet_id = 3", {"reading 2: its evidence"}),
        ("UPDATE sheet SET duplicate_of = NULL WHERE id = 2", {"sheet 2 is a duplicate of nothing"}),
        ("UPDATE source_file SET pages = 3 WHERE id = 1", {"file 1: not every page"}),
        ("UPDATE source_file SET size = 3 WHERE id = 1", {"file 1: its original has"}),
        (
            "UPDATE export_run SET state = 'taken_over'",
            {"sheet 1 is delivered, but billing has not acknowledged"},
        ),
        ("UPDATE export_run SET readings = 7", {"export run 1 does not carry"}),
        (
            "INSERT INTO export_item VALUES (2, 'x', 1)",
            {"sheet 3 is in a finished export", "export run 1 does not"},
        ),
        (
            "INSERT INTO audit (at, who, what, sheet_id, state_before, state_after) "
            "VALUES ('2026-11-24', 'x', 'sheet.state', 4, 'rejected', 'blank')",
            {"sheet 4: the audit log has a gap", "sheet 4: the audit log tells of a step"},
        ),
    ],
)
def test_a_contradiction_is_found(ctx: Context, key: str, statement: str, problems: set[str]) -> None:
    with ctx.records.begin() as tx:
        tx.connection.execute(sa.text(statement))
    result = verify(ctx)
    assert not result.ok
    for problem in problems:
        assert any(found.startswith(problem) for found in result.problems), result.problems
    assert len(result.problems) == len(problems)


def test_a_missing_original_is_found(ctx: Context, key: str) -> None:
    ctx.objects.delete(key)
    assert verify(ctx).problems == (f"file 1: its original {key} is missing; restore it from a backup",)


def test_a_damaged_original_is_found(ctx: Context, key: str, tmp_path: Path) -> None:
    [path] = [p for p in (tmp_path / "objects").rglob("*") if p.is_file() and p.name.endswith(key[-20:])]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    told: list[tuple[int, int]] = []
    assert "is damaged" in verify(ctx, lambda *done: told.append(done)).problems[0]
    assert told == [(0, 2), (1, 2)]


def test_an_original_that_nothing_names_is_no_problem(ctx: Context, key: str) -> None:
    ctx.objects.put(b"was being handed in when the process was killed")
    assert verify(ctx).ok
