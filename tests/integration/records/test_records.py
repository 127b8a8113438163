"""What both databases promise."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.errors import SettingsError, StorageError
from domain.reasons import Reason
from domain.sheet import SheetState
from storage.records import FileRow, NewReading, Records, RecordsSettings, Transaction
from storage.records.migrate import HEAD, MIGRATIONS, migrate
from storage.records.tables import metadata, sheet
from tests.paper import DAY, SUPPLIER, account_row

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PLACE = {"channel": "station", "station": "7", "collected": DAY}


def add_file(tx: Transaction, key: str = "a" * 64, pages: int = 1) -> FileRow:
    batch = tx.files.add_batch(SUPPLIER, "station", "7", DAY, NOW)
    file, _ = tx.files.add_file(SUPPLIER, key, "скан 1.pdf", size=10, batch_id=batch, at=NOW)
    tx.files.add_receipt(SUPPLIER, file.id, batch, "скан 1.pdf", NOW)
    tx.sheets.add(file, PLACE, [(page, 1) for page in range(1, pages + 1)], NOW)
    tx.files.close(file.id, "split", pages)
    return file


def move_all(tx: Transaction, state: SheetState, *reasons: Reason) -> None:
    for row in tx.sheets.get(tx.sheets.pending()):
        assert tx.sheets.move(row, state, reasons, at=NOW, who="machine")


def test_migrated_tables_are_those_of_the_program(empty_url: str) -> None:
    with Records.open(RecordsSettings(empty_url)) as records, records.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_can_be_taken_back(records: Records) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with records.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    migrate(records.engine)
    with records.read() as tx:
        assert tx.sheets.counts() == []


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.slow
def test_two_processes_may_start_at_once(empty_url: str) -> None:
    code = "import sys; from storage.records import *; Records.open(RecordsSettings(sys.argv[1])).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], stderr=subprocess.PIPE) for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[1] for process in started] == [b"", b"", b""]
    with Records.open(RecordsSettings(empty_url)) as records, records.read() as tx:
        assert tx.sheets.counts() == []


def test_records_of_a_newer_program_are_left_alone(records: Records) -> None:
    with records.begin() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer version"):
        migrate(records.engine)


def test_moments_are_utc_whatever_zone_they_came_in(records: Records) -> None:
    krasnoyarsk = timezone(timedelta(hours=7))
    with records.begin() as tx:
        tx.audits.add(NOW.astimezone(krasnoyarsk), "somebody", "test")
    with records.read() as tx:
        [row] = tx.audits.latest()
    assert (row.at, row.at.tzinfo) == (NOW, UTC)
    with pytest.raises(sa.exc.StatementError, match="without a time zone"), records.begin() as tx:
        tx.audits.add(datetime(2026, 11, 24), "somebody", "test")


def test_a_failure_rolls_everything_back(records: Records) -> None:
    with pytest.raises(ZeroDivisionError), records.begin() as tx:
        add_file(tx)
        raise ZeroDivisionError
    with records.read() as tx:
        assert tx.sheets.counts() == []
        assert tx.audits.latest() == []


def test_reading_sees_one_moment(records: Records) -> None:
    with records.read() as reader:
        assert reader.sheets.counts() == []
        with records.begin() as tx:
            add_file(tx)
        assert reader.sheets.counts() == []
    with records.read() as reader:
        assert reader.sheets.counts() == [("pending", "", 1)]


def test_same_bytes_are_one_file(records: Records) -> None:
    with records.begin() as tx:
        first = add_file(tx)
        again, new = tx.files.add_file(
            "other", first.sha256, "b.pdf", size=10, batch_id=first.batch_id, at=NOW
        )
    assert again == first or again.id == first.id
    assert not new


def test_a_page_has_its_sheet_once(records: Records) -> None:
    with records.begin() as tx:
        file = add_file(tx, pages=3)
        tx.sheets.add(file, PLACE, [(2, 1), (3, 1), (3, 2)], NOW)
        assert [(r.page, r.slip) for r in tx.sheets.at(file.id, 3)] == [(3, 1), (3, 2)]
        assert len(tx.sheets.pending()) == 4


def test_pending_waits_for_the_count_of_pages(records: Records) -> None:
    with records.begin() as tx:
        batch = tx.files.add_batch(SUPPLIER, "station", "7", DAY, NOW)
        file, _ = tx.files.add_file(SUPPLIER, "b" * 64, "b.pdf", size=1, batch_id=batch, at=NOW)
        tx.sheets.add(file, PLACE, [(1, 1)], NOW)
        assert tx.sheets.pending() == []
        assert tx.files.uncounted() == [file.id]
        assert tx.files.close(file.id, "split", 1)
        assert not tx.files.close(file.id, "unreadable", 0)
        assert len(tx.sheets.pending()) == 1


def test_moving_is_compare_and_set_and_audited(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx)
    with records.begin() as tx:
        [row] = tx.sheets.get(tx.sheets.pending())
        assert tx.sheets.move(row, SheetState.REVIEW, [Reason.EMPTY, Reason.EMPTY], at=NOW, who="machine")
        assert not tx.sheets.move(row, SheetState.BLANK, [], at=NOW, who="machine")
        [now] = tx.sheets.get([row.id])
        assert (now.state, now.reasons) == (SheetState.REVIEW, (Reason.EMPTY,))
        steps = [(a.who, a.state_before, a.state_after) for a in tx.audits.of_sheet(row.id)]
    assert steps == [("machine", None, "pending"), ("machine", "pending", "review")]


def test_moving_sets_the_columns_that_are_named_and_no_others(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx)
        [row] = tx.sheets.get(tx.sheets.pending())
        with pytest.raises(TypeError, match="acount"):
            tx.sheets.move(row, SheetState.REVIEW, [], at=NOW, who="machine", acount="1")
        seen: dict[str, Any] = {"account": "12", "recognition": {"fields": {}}, "ink": b"\x01"}
        assert tx.sheets.move(row, SheetState.REVIEW, [], at=NOW, who="machine", **seen)
        [now] = tx.sheets.get([row.id])
        assert (now.account, now.recognition, now.ink) == ("12", {"fields": {}}, b"\x01")
        assert tx.sheets.move(now, SheetState.REJECTED, [], at=NOW, who="machine", recognition=None)
        [now] = tx.sheets.get([row.id])
        assert (now.account, now.recognition, now.ink) == ("12", None, b"\x01")


def test_no_state_follows_where_it_may_not(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx)
        move_all(tx, SheetState.BLANK)
        [row] = tx.sheets.get([1])
        with pytest.raises(ValueError, match="cannot go"):
            tx.sheets.move(row, SheetState.ACCEPTED, [], at=NOW, who="machine")


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
def test_the_audit_log_refuses_changes(records: Records, statement: str) -> None:
    with records.begin() as tx:
        tx.audits.add(NOW, "somebody", "test")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), records.begin() as tx:
        tx.connection.execute(sa.text(statement))
    with records.read() as tx:
        assert [row.who for row in tx.audits.latest()] == ["somebody"]


def test_a_reading_is_once_a_sheet_and_tariff(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx)
        move_all(tx, SheetState.ACCEPTED)
        reading = NewReading(
            SUPPLIER, 1, "121000000001", "1", "", "00563", DAY, "2026-11", NOW, "station", "machine", NOW, "x"
        )
        tx.readings.add([reading])
    with pytest.raises(sa.exc.IntegrityError), records.begin() as tx:
        tx.readings.add([reading])


def test_an_unknown_sheet_has_no_readings(records: Records) -> None:
    reading = NewReading(
        SUPPLIER, 99, "121000000001", "1", "", "00563", DAY, "2026-11", NOW, "station", "machine", NOW, "x"
    )
    with pytest.raises(sa.exc.IntegrityError), records.begin() as tx:
        tx.readings.add([reading])


def test_a_reading_goes_out_with_one_run(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx, pages=2)
        move_all(tx, SheetState.ACCEPTED)
        tx.readings.add(
            [
                NewReading(SUPPLIER, n, "1", "1", "", "1", DAY, "2026-11", NOW, "station", "m", NOW, "x")
                for n in (1, 2)
            ]
        )
        first, second = tx.exports.start("/a.csv", NOW), tx.exports.start("/b.csv", NOW)
        assert (first.readings, second.readings) == (2, 0)
        assert tx.exports.set_state(first.id, ("writing",), "written")
        assert not tx.exports.set_state(first.id, ("writing",), "finished")
        assert tx.exports.deliver(first.id, NOW, "export") == 2
        assert tx.sheets.counts() == [("delivered", "", 2)]
        assert [a.details for a in tx.audits.of_sheet(1)][-1] == {"run": first.id}


def test_registers_are_upserted(records: Records) -> None:
    with records.begin() as tx:
        tx.registers.upsert([account_row("121000000002"), account_row("121000000001")])
        assert tx.registers.bump(SUPPLIER, NOW) == 1
    with records.begin() as tx:
        tx.registers.upsert([account_row("121000000001", surname="Петрова", monthly_average=None)])
        tx.registers.upsert([account_row("121000000001", tariff="T2", previous_date=None)])
        assert tx.registers.bump(SUPPLIER, NOW) == 2
    with records.read() as tx:
        assert tx.registers.accounts(SUPPLIER) == ["121000000001", "121000000002"]
        assert (tx.registers.count(SUPPLIER), tx.registers.count("other")) == (3, 0)
        first, second = tx.registers.rows(SUPPLIER, "121000000001")
        assert (first.surname, first.monthly_average, first.previous_date) == (
            "Петрова",
            None,
            date(2026, 10, 24),
        )
        assert (second.tariff, second.previous_date) == ("T2", None)
        assert tx.registers.version(SUPPLIER) == 2
        assert tx.registers.version("other") == 0


def test_claims_are_exclusive(records: Records) -> None:
    with records.begin() as tx:
        add_file(tx, pages=40)
        move_all(tx, SheetState.REVIEW, Reason.EMPTY)
    until = NOW + timedelta(minutes=5)
    taken: dict[str, list[int]] = {f"reviewer {n}": [] for n in range(4)}
    gate = threading.Barrier(len(taken))

    def review(name: str) -> None:
        gate.wait()
        for _ in range(10):
            with records.begin() as tx:
                sheet_id = tx.queue.take_next(name, NOW, until, skip=taken[name])
            assert sheet_id is not None
            taken[name].append(sheet_id)

    in_threads([partial(review, name) for name in taken])
    assert sorted(chain.from_iterable(taken.values())) == list(range(1, 41))


def test_a_claim_ends_with_its_lease(records: Records) -> None:
    until = NOW + timedelta(minutes=5)
    with records.begin() as tx:
        add_file(tx)
        move_all(tx, SheetState.REVIEW)
        assert tx.queue.take_next("anna", NOW, until) == 1
        assert tx.queue.take_next("anna", NOW, until) == 1, "her own slip again"
        assert tx.queue.take_next("boris", NOW, until) is None
        assert not tx.queue.take("boris", 1, NOW, until)
        assert tx.queue.take_next("boris", until, until + timedelta(minutes=5)) == 1
        assert not tx.queue.renew("anna", 1, until)
        tx.queue.release("anna", 1)
        assert not tx.queue.take("anna", 1, until, until + timedelta(minutes=5))
        tx.queue.release("boris", 1)
        assert tx.queue.take("anna", 1, until, until + timedelta(minutes=5))


@pytest.mark.slow
def test_only_one_process_is_inside(records_url: str, tmp_path: Path) -> None:
    code = """
import sys, pathlib, os, time
from storage.records import *
with Records.open(RecordsSettings(sys.argv[1])) as records, records.exclusive("test"):
    inside = pathlib.Path(sys.argv[2])
    os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
    time.sleep(0.1)
    inside.unlink()
"""
    arguments = [sys.executable, "-c", code, records_url, str(tmp_path / "inside")]
    started = [subprocess.Popen(arguments, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate(timeout=60)[1] for process in started] == [b"", b"", b""]


def test_many_writers_wait_for_one_another(records: Records) -> None:
    """A deferred transaction on SQLite fails here with "database is locked"."""
    failed: list[Exception] = []

    def write(who: str) -> None:
        try:
            for _ in range(25):
                with records.begin() as tx:
                    tx.audits.latest(1)
                    tx.audits.add(NOW, who, "test")
        except Exception as error:
            failed.append(error)

    in_threads([partial(write, f"writer {n}") for n in range(4)])
    assert failed == []
    with records.read() as tx:
        assert len(tx.audits.latest(1000)) == 100


def in_threads(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_counting_states_uses_the_index(tmp_path: Path) -> None:
    with Records.open(RecordsSettings(f"sqlite:///{tmp_path}/records.db")) as records, records.read() as tx:
        query = sa.select(sheet.c.state, sheet.c.reasons, sa.func.count()).group_by(
            sheet.c.state, sheet.c.reasons
        )
        plan = tx.connection.execute(sa.text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert "COVERING INDEX" in str(plan)


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/db"]
)
def test_a_wrong_address_is_said_clearly(url: str) -> None:
    with pytest.raises(SettingsError, match="METERDROP_DATABASE_URL"):
        Records.open(RecordsSettings(url))


def test_an_unreachable_database_is_one_line() -> None:
    with pytest.raises(StorageError, match="cannot be used") as caught:
        Records.open(RecordsSettings("postgresql://meterdrop@127.0.0.1:1/none"))
    assert "\n" not in str(caught.value)
