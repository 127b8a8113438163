"""Records of every earlier version come to this one, with all that is in them, and work goes on."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from services import digitise, settling, waiting
from services.deliver import export_readings
from services.status import status
from services.verify import verify
from storage.objects import FolderStore
from storage.records import Records, RecordsSettings
from storage.records.engine import open_engine
from storage.records.migrate import HEAD, MIGRATIONS, migrate
from tests.paper import Clock, open_services

OLD = sorted((Path(__file__).parent / "old").glob("*.json"))
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_records_that_an_old_program_made(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was accepted, exported, in review or waiting then is so now; nothing goes out twice."""
    monkeypatch.setattr(settling, "same_slip", lambda a, b: float(bool(a) and a == b))
    old = json.loads(file.read_text("utf-8"))
    assert old["revision"] == file.stem < HEAD
    database = tmp_path / "records.db"
    with sqlite3.connect(database) as connection:
        connection.executescript("\n".join(old["sql"]))
    store = FolderStore(tmp_path / "objects")
    assert {store.put(text.encode()) for text in old["objects"].values()} == set(old["objects"])

    with Records.open(RecordsSettings(f"sqlite:///{database}")) as records:
        ctx = open_services(records, store, Clock())
        counts = status(ctx).by_state
        assert {state: n for state, n in counts.items() if n} == {
            "accepted": 1,
            "delivered": 1,
            "review": 1,
            "blank": 1,
            "pending": 2,
        }
        assert verify(ctx).problems == ()
        while taken := waiting.take(ctx, "worker", 8):
            waiting.read(ctx, "worker", taken)
        assert status(ctx).by_state["pending"] == 0
        assert digitise.unsplit(ctx) == []
        export_readings(ctx, tmp_path / "rest.csv")
        rows = (tmp_path / "rest.csv").read_text("utf-8-sig").splitlines()[1:]
        accounts = sorted(row.split(",")[2] for row in rows)
        # The first one's reading was exported by the old program.
        assert accounts == ["121000000001", "121000000003"]
        assert verify(ctx).problems == ()


def test_every_version_is_walked_through_with_rows_in_every_table(empty_url: str) -> None:
    """Each migration meets rows of every table that was there before it, and keeps them."""
    engine = open_engine(RecordsSettings(empty_url))
    kept: dict[str, list[dict[str, Any]]] = {}
    for revision in _revisions():
        _upgrade(engine, revision)
        with engine.begin() as connection:
            tables = _tables(connection)
            for name, rows in kept.items():
                found = _rows(connection, tables[name])
                for row in rows:
                    alike = (
                        [each for each in found if each.get("id") == row.get("id")] if "id" in row else found
                    )
                    assert any(_agree(row, each) for each in alike), f"{revision}: {name} {row}"
            for name in sa.inspect(connection).get_sorted_table_and_fkc_names():
                if name[0] and name[0] != "alembic_version":
                    _fill(connection, tables[name[0]])
            kept = {
                name: _rows(connection, table) for name, table in tables.items() if name != "alembic_version"
            }
    engine.dispose()
    assert set(kept) >= {"sheet", "reading", "audit", "delivery", "notice"}
    with (
        Records.open(RecordsSettings(empty_url)) as records,
        pytest.raises(sa.exc.DatabaseError, match="append"),
        records.engine.begin() as connection,
    ):
        connection.execute(sa.text("DELETE FROM audit"))
    again = open_engine(RecordsSettings(empty_url))
    migrate(again)
    again.dispose()


def _revisions() -> list[str]:
    script = ScriptDirectory.from_config(_config())
    return [each.revision for each in reversed(list(script.walk_revisions()))]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _upgrade(engine: sa.Engine, revision: str) -> None:
    from storage.records.engine import WRITING
    from storage.records.migrate import _check_foreign_keys, _tables_may_be_rebuilt

    config = _config()
    opened = engine.connect().execution_options(**{WRITING: True})
    with opened as connection, _tables_may_be_rebuilt(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _check_foreign_keys(connection)


def _tables(connection: Connection) -> dict[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(connection)
    return dict(found.tables)


def _rows(connection: Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(sa.select(table))]


def _agree(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the columns that both versions have hold the same."""
    return all(after[name] == value for name, value in before.items() if name in after)


def _fill(connection: Connection, table: sa.Table) -> None:
    """One more row, with the newest row of each table that it points to."""
    number = len(_rows(connection, table)) + 1
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            if target.table is table:
                continue
            values[column.name] = connection.execute(sa.select(sa.func.max(target))).scalar_one()
        elif not (column.nullable or (column.server_default is not None and not column.primary_key)):
            values[column.name] = _value(column, number)
    connection.execute(table.insert().values(values))


def _value(column: sa.Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, (sa.Float, sa.Numeric)):
        return float(number)
    if isinstance(kind, sa.DateTime):
        return NOW
    if isinstance(kind, sa.Date):
        return date(2026, 11, 24)
    if isinstance(kind, sa.LargeBinary):
        return bytes([number])
    if isinstance(kind, sa.JSON):
        return {"n": number}
    return f"{column.name} {number}"
