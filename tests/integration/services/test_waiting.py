"""Several workers at one heap of sheets: leases, resting sheets, an old program before new tables."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.errors import StorageError
from domain.reasons import Reason
from services import station, waiting
from services.context import Context, PageCount, PageRead
from services.receive import receive_file
from services.results import Progress
from services.status import status
from services.verify import verify
from tests.paper import ORDER, Clock, account_row, file_of, register, slip

ACCOUNTS = [f"{121_000_000_000 + n}" for n in range(10)]


@pytest.fixture(autouse=True)
def three_files(ctx: Context) -> None:
    register(ctx, *(account_row(account) for account in ACCOUNTS))
    pages = [[slip(account, "1100", ink=account)] for account in ACCOUNTS]
    for number, part in enumerate((pages[:4], pages[4:9], pages[9:])):
        receive_file(ctx, file_of(*part), f"{number}.pdf", ORDER)


def work(ctx: Context, who: str, most: int = 4) -> int:
    """What a worker does until nothing is free; how many chunks."""
    chunks = 0
    while taken := waiting.take(ctx, who, most):
        waiting.read(ctx, who, taken)
        chunks += 1
    return chunks


def test_no_sheet_is_taken_twice_and_files_are_counted_by_whoever_takes_them(ctx: Context) -> None:
    first = waiting.take(ctx, "a", 2)
    second = waiting.take(ctx, "b", 4)
    assert (len(first), len(second)) == (2, 1)
    assert not set(first) & set(second)
    assert waiting.take(ctx, "c", 4) == []
    waiting.read(ctx, "a", first)
    # Both files' other pages are free now, for anybody.
    assert waiting.anything_free(ctx) == 7
    assert work(ctx, "c") == 2
    waiting.read(ctx, "b", second)
    assert status(ctx).by_state["accepted"] == 10
    assert verify(ctx).problems == ()


def test_a_dead_workers_sheets_come_free_when_its_lease_ends(ctx: Context, clock: Clock) -> None:
    taken = waiting.take(ctx, "dead", 10)
    clock.forward(waiting.LEASE_SECONDS / 2)
    waiting.renew(ctx, "dead")
    clock.forward(waiting.LEASE_SECONDS - 1)
    assert waiting.anything_free(ctx) == 0
    clock.forward(2)
    assert waiting.take(ctx, "alive", 10) == taken


def test_two_who_read_the_same_sheets_commit_them_once(ctx: Context, clock: Clock) -> None:
    taken = waiting.take(ctx, "slow", 10)
    clock.forward(waiting.LEASE_SECONDS + 1)
    assert waiting.take(ctx, "quick", 10) == taken
    quick = waiting.read(ctx, "quick", taken)
    slow = waiting.read(ctx, "slow", taken)
    assert (len(quick.outcomes), len(slow.outcomes), slow.skipped) == (3, 0, 3)
    work(ctx, "quick")
    assert status(ctx).by_state["accepted"] == 10
    assert verify(ctx).problems == ()


def test_what_is_given_back_is_free_at_once(ctx: Context) -> None:
    taken = waiting.take(ctx, "stopped", 3)
    assert waiting.give_back(ctx, "another") == 0
    assert waiting.give_back(ctx, "stopped") == 3
    assert waiting.take(ctx, "next", 3) == taken


def test_a_sheet_that_stops_its_worker_rests_and_is_tried_again(ctx: Context, clock: Clock) -> None:
    first, *_ = waiting.take(ctx, "a", 3)
    waiting.set_aside(ctx, "a", first, Reason.DECODER_CRASHED, "KeyError: 'oops'")
    waiting.give_back(ctx, "a", [first + 1, first + 2])
    work(ctx, "b")
    by_state = status(ctx).by_state
    assert (by_state["accepted"], by_state["pending"]) == (6, 1)
    clock.forward(waiting.REST_SECONDS + 1)
    work(ctx, "b")
    assert status(ctx).by_state["accepted"] == 10
    with ctx.records.read() as tx:
        [row] = tx.audits.of_what("sheet.rests")
    assert (row.sheet_id, row.details) == (first, {"reason": "decoder_crashed", "why": "KeyError: 'oops'"})
    assert verify(ctx).problems == ()


def test_a_program_of_the_release_before_takes_nothing(ctx: Context) -> None:
    with ctx.records.begin() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"version 9999.*update meterdrop"):
        waiting.take(ctx, "old", 10)


def test_handing_in_waits_for_the_workers(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "4.pdf").write_bytes(file_of([slip(ACCOUNTS[0], "1150", ink="x")], "blank"))
    told: list[Progress] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        taken = waiting.take(ctx, "worker", 2)
        waiting.read(ctx, "worker", taken)

    result = waiting.hand_in(ctx, [tmp_path / "scans", tmp_path / "none.pdf"], ORDER, pause, told.append)
    assert len(result.receipts) == 1
    assert [problem.reason for problem in result.problems] == ["not_found"]
    assert sum(result.totals.values()) == 2
    assert "pending" not in result.totals
    assert sorted(each.state for each in result.outcomes) == ["blank", "review"]
    assert pauses
    assert told[-1].done == told[-1].total == 2
    again = waiting.hand_in(ctx, [tmp_path / "scans"], ORDER, pause, wait=False)
    assert again.receipts[0].again


def test_papers_of_batches_that_workers_read_are_closed(ctx: Context) -> None:
    batch = station.open_batch(ctx, "anna", "abcdefgh1", ORDER)
    station.hand_in(ctx, batch, file_of([slip(ACCOUNTS[1], "1150", ink="y")]), "5.pdf")
    station.close(ctx, batch)
    waiting.close_papers(ctx)
    assert station.view(ctx, batch).row.papers.state == "closed"
    work(ctx, "a")
    waiting.close_papers(ctx)
    assert station.view(ctx, batch).row.papers.state == "done"


def test_a_lost_original_holds_its_sheet_and_nothing_else(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(ctx, "before")
    (tmp_path / "5.pdf").write_bytes(file_of("blank", scan="lost"))
    count = ctx.reader.count
    monkeypatch.setattr(ctx.reader, "count", lambda key, name: replaced(count(key, name)))

    def replaced(counted: Future[PageCount]) -> Future[PageCount]:
        future: Future[PageCount] = Future()
        future.set_result(replace(counted.result(), held="its original is missing"))
        return future

    monkeypatch.setattr(
        ctx.reader,
        "submit",
        lambda pages: done([PageRead(ref, (), held="its original is missing") for ref in pages]),
    )

    def pause(_: float) -> None:
        work(ctx, "worker")

    result = waiting.hand_in(ctx, [tmp_path / "5.pdf"], ORDER, pause)
    assert [(each.path, each.reason) for each in result.problems] == [("5.pdf", "original_damaged")]
    assert result.totals == {"pending": 1}
    assert waiting.anything_free(ctx) == 0


def done(pages: list[PageRead]) -> Future[list[PageRead]]:
    future: Future[list[PageRead]] = Future()
    future.set_result(pages)
    return future
