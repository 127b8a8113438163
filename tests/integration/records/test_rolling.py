"""An upgrade that only adds, while everything runs: what the old program does until it is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.errors import StorageError
from services import digitise, receive, waiting
from services.context import Context
from services.deliver import export_readings
from services.status import status
from services.verify import verify
from storage.records import Records, RecordsSettings
from tests.paper import ORDER, account_row, file_of, open_services, register, slip

A, B, C = "121000000001", "121000000002", "121000000003"
#: What the next version adds: a column, filled in for whoever does not know it, and a table.
ADDED = (
    "ALTER TABLE sheet ADD COLUMN next_thing TEXT NOT NULL DEFAULT 'as before'",
    "CREATE TABLE next_table (id INTEGER PRIMARY KEY, sheet_id BIGINT REFERENCES sheet (id))",
    "UPDATE alembic_version SET version_num = '9999'",
)


@contextmanager
def _next_program() -> Iterator[None]:
    """Inside, this program takes itself for the next version."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("migrate", "waiting"):
            patch.setattr(f"storage.records.{module}.HEAD", "9999")
        yield


def test_old_and_new_workers_run_side_by_side(ctx: Context, records_url: str, tmp_path: Path) -> None:
    register(ctx, account_row(A), account_row(B), account_row(C))
    pages = [[slip(A, "1100")], [slip(B, "1100")], [slip(C, "1100")]]
    for number, page in enumerate(pages):
        receive.receive_file(ctx, file_of(page), f"{number}.pdf", ORDER)
    [taken] = waiting.take(ctx, "old", 1)
    [file_id] = digitise.unsplit(ctx)[:1]
    digitise.split(ctx, file_id)
    under_way = digitise.begin_chunk(ctx, [taken])

    with ctx.records.begin() as tx:
        for statement in ADDED:
            tx.connection.execute(sa.text(statement))
    with _next_program():
        opened = Records.open(RecordsSettings(records_url))
    with opened as records:
        new = open_services(records, tmp_path / "objects", ctx.clock)
        with _next_program():
            mine = waiting.take(new, "new", 1)
            assert mine and taken not in mine, "the old worker's lease holds"
            waiting.read(new, "new", mine)
        [outcome] = digitise.finish_chunk(ctx, under_way).outcomes
        assert outcome.state == "accepted", "what was under way is committed"
        with pytest.raises(StorageError, match=r"9999.*update meterdrop"):
            waiting.take(ctx, "old", 1)
        with _next_program():
            while rest := waiting.take(new, "new", 8):
                waiting.read(new, "new", rest)
        assert status(new).by_state == status(ctx).by_state
        assert status(new).by_state["accepted"] == 3

    export_readings(ctx, tmp_path / "out.csv")
    rows = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 4, "what runs already works on"
    assert verify(ctx).problems == ()
    with ctx.records.read() as tx:
        filled = tx.connection.execute(sa.text("SELECT DISTINCT next_thing FROM sheet")).scalars()
        assert list(filled) == ["as before"]
    with pytest.raises(StorageError, match=r"newer version \(9999\).*update meterdrop"):
        Records.open(RecordsSettings(records_url))
