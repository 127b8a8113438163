"""Damage done by hand: ``verify`` names each kind, whatever the tables themselves would have refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services import deliver, digitise, receive
from services.context import Context
from services.verify import verify
from storage.objects import FolderStore
from storage.records.proofs import contradictions
from tests.faults.damage import TakenBackError, drop_protection
from tests.paper import ORDER, Clock, account_row, file_of, register, slip

#: What has nothing to do with the kind of database.
ONLY_SQLITE = pytest.mark.parametrize("records_url", ["sqlite"], indirect=True)
A, B, C = "121000000001", "121000000002", "121000000003"


@pytest.fixture
def kept(ctx: Context, tmp_path: Path) -> Context:
    """File 1: sheet 1 delivered, 2 its duplicate. File 2: 3 accepted, 4 blank. File 3: sheet 5 pending."""
    register(ctx, account_row(A), account_row(B), account_row(C))
    first = [[slip(A, "1100", ink="x")], [slip(A, "1100", ink="x")]]
    _digitised(ctx, file_of(*first), "a.pdf")
    deliver.export_readings(ctx, tmp_path / "r.csv")
    _digitised(ctx, file_of([slip(B, "1100")], "blank"), "b.pdf")
    receive.receive_file(ctx, file_of([slip(C, "1100")]), "c.pdf", ORDER)
    assert verify(ctx).problems == ()
    return ctx


def _digitised(ctx: Context, data: bytes, name: str) -> None:
    digitise.split(ctx, receive.receive_file(ctx, data, name, ORDER).file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))


#: What is done to the tables, and what a line about it says.
BY_HAND = {
    "a reading doubled on its sheet": (
        "INSERT INTO reading ({rest}, sheet_id, revision) SELECT {rest}, 3, 7 FROM reading WHERE id = 2",
        "sheet 3 has two readings for one meter",
    ),
    "a reading doubled on another sheet": (
        "INSERT INTO reading ({rest}, sheet_id, revision) SELECT {rest}, 1, 7 FROM reading WHERE id = 2",
        ": another one counts for the same meter",
    ),
    "a reading that nobody accepted": (
        "UPDATE reading SET accepted_by = 'nobody' WHERE id = 2",
        "reading 2: the audit log does not tell of its acceptance",
    ),
    "a step of a sheet gone from the log": (
        "DELETE FROM audit WHERE sheet_id = 3 AND state_after = 'accepted'",
        "sheet 3: the audit log does not end",
    ),
    "a sheet's first step gone from the log": (
        "DELETE FROM audit WHERE sheet_id = 3 AND state_after = 'pending'",
        "sheet 3: the audit log has a gap",
    ),
    "a receipt gone from the log": (
        "DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit WHERE what = 'file.received')",
        "file 1: the audit log does not tell of every receipt",
    ),
    "an export gone from the log": (
        "DELETE FROM audit WHERE what = 'export.finished'",
        "export run 1 is finished, but the audit log",
    ),
    "a receipt gone": ("DELETE FROM receipt WHERE file_id = 2", "file 2 has no receipt"),
    "a sheet gone": (
        "DELETE FROM sheet WHERE id = 5",
        "the audit log tells of sheet 5, which is not in the records",
    ),
    "a sheet that nothing brought": (
        "UPDATE sheet SET state = 'accepted' WHERE id = 4",
        "sheet 4 is accepted or delivered without a reading",
    ),
    "a pending sheet that no run will find": (
        "UPDATE source_file SET state = 'unreadable' WHERE id = 3",
        "sheet 5 is pending, but its file is given up",
    ),
    "a judged sheet of a file that was never counted": (
        "UPDATE source_file SET state = 'received', pages = NULL WHERE id = 1",
        "file 1 is not counted, but a sheet of it is judged",
    ),
    "a destroyed file that nobody destroyed": (
        "UPDATE source_file SET purged_at = received_at WHERE id = 2",
        "file 2 is destroyed, but the audit log",
    ),
}


def test_damaged_records_are_named(kept: Context) -> None:
    """Each damage in a transaction of its own that is taken back: all are done to the same records."""
    for kind, (statement, says) in BY_HAND.items():
        with pytest.raises(TakenBackError), kept.records.begin() as tx:
            drop_protection(tx.connection)
            columns = [c["name"] for c in sa.inspect(tx.connection).get_columns("reading")]
            rest = ", ".join(name for name in columns if name not in {"id", "sheet_id", "revision"})
            tx.connection.execute(sa.text(statement.format(rest=rest)))
            problems = [*contradictions(tx.connection)]
            assert any(says in problem for problem in problems), (kind, problems)
            raise TakenBackError
    assert verify(kept).problems == ()


@ONLY_SQLITE
def test_any_row_gone_from_the_log_is_missed_on_sqlite(kept: Context) -> None:
    row = "INSERT INTO audit (at, who, what) VALUES ('2026-11-24', 'x', 'user.left')"
    with pytest.raises(TakenBackError), kept.records.begin() as tx:
        drop_protection(tx.connection)
        tx.connection.execute(sa.text(row))
        last = tx.connection.execute(sa.text("SELECT MAX(id) FROM audit")).scalar_one()
        tx.connection.execute(sa.text(row))
        tx.connection.execute(sa.text(f"DELETE FROM audit WHERE id = {last}"))
        assert f"the audit log misses row {last}" in [*contradictions(tx.connection)]
        raise TakenBackError


def test_a_log_that_may_be_changed_is_named(kept: Context) -> None:
    trigger = {"sqlite": "audit_no_DELETE", "postgresql": "audit_no_change ON audit"}
    with kept.records.begin() as tx:
        tx.connection.execute(sa.text(f"DROP TRIGGER {trigger[kept.records.engine.dialect.name]}"))
    [problem] = verify(kept).problems
    assert problem.startswith("table audit may be changed")


def test_a_sheet_that_everybody_forgot_is_named_until_its_file_comes_again(
    kept: Context, clock: Clock
) -> None:
    clock.forward(25 * 3600)
    [problem] = verify(kept).problems
    assert problem.startswith("sheet 5 is pending since 2026-11-24 09:00 UTC and nobody is at it")
    receive.receive_file(kept, file_of([slip(C, "1100")]), "c.pdf", ORDER)
    assert verify(kept).problems == ()


@ONLY_SQLITE
def test_every_original_is_looked_at(kept: Context) -> None:
    """One is deleted, in one a bit is flipped, one is cut short."""
    assert isinstance(kept.objects, FolderStore)
    with kept.records.read() as tx:
        deleted, flipped, cut = (key for _, key, _ in tx.files.kept(0, 10))
    kept.objects.path_of(deleted).unlink()
    for key in (flipped, cut):
        path = kept.objects.path_of(key)
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x10 if key == flipped else 0
        path.write_bytes(data if key == flipped else data[:-1])
    told: list[tuple[int, int]] = []
    assert verify(kept, lambda *done: told.append(done)).problems == (
        f"file 1: its original {deleted} is missing; restore it from a backup",
        f"file 2: its original {flipped} is damaged; restore it from a backup",
        f"file 3: its original {cut} is damaged; restore it from a backup",
    )
    assert told == [(0, 3), (1, 3), (2, 3)]


@ONLY_SQLITE
def test_a_damaged_records_file_is_named(kept: Context) -> None:
    with kept.records.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        # One entry of one index: its row is there and is not found through it.
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, '(state, id)', '(id, state)') "
            "WHERE name = 'ix_sheet_state_id'"
        )
        connection.commit()
    kept.records.engine.dispose()
    assert any("the records' file is damaged" in problem for problem in verify(kept).problems)


@ONLY_SQLITE
def test_verify_is_not_disturbed_by_work_beside_it(kept: Context, clock: Clock) -> None:
    """A file whose term ends between the question to the records and the look at its object."""
    from services.purge import Terms, purge

    digitise.split(kept, 3)
    digitise.digitise_chunk(kept, digitise.pending(kept))
    clock.forward(timedelta(days=400).total_seconds())

    def purging(done: int, _total: int) -> None:
        if done == 0:
            assert len(purge(kept, Terms({"station": 365}), "test").keys) == 3

    assert verify(kept, purging).problems == ()
