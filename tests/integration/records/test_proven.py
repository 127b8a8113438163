"""The history of thresholds, and how old records come to have one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from domain.proof import Evidence, ProvenThreshold
from storage.records import Records, RecordsSettings
from storage.records.engine import WRITING, open_engine
from storage.records.migrate import HEAD, MIGRATIONS, migrate
from tests.paper import DAY, SUPPLIER

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = ("station", "krasnoyarsk-dropbox@1", "digits@2")
PROOF = ProvenThreshold(
    *KEY, lowest={"account": 0.97, "reading": 0.97, "date": None}, target=0.001, delta=0.05, n=4000,
    accepted=3000, wrong=0, bound=0.000998, date="2026-11-24", data="00ff", provisional=False,
    evidence=Evidence.AUDITS, wrong_registered=0, bound_registered=0.000998, note="kept",
)  # fmt: skip


def test_a_row_comes_back_as_it_went_in(records: Records) -> None:
    with records.begin() as tx:
        added = tx.proven.add(PROOF, NOW, "console")
    with records.read() as tx:
        row = tx.proven.in_force(*KEY)
        assert row is not None
        assert (row.id, row.proof, row.withdrawn, row.at, row.who) == (added, PROOF, False, NOW, "console")
        assert tx.proven.keys() == [KEY]
        assert tx.proven.in_force("desk", *KEY[1:]) is None


def test_the_newest_valid_row_counts(records: Records) -> None:
    with records.begin() as tx:
        tx.proven.add(PROOF, NOW, "console")
        tx.proven.add(replace(PROOF, target=0.01, note="looser"), NOW, "console")
    with records.read() as tx:
        assert tx.proven.in_force(*KEY, most_risk=0.01).proof.note == "looser"  # type: ignore[union-attr]
        assert tx.proven.in_force(*KEY, most_risk=0.001).proof.note == "kept"  # type: ignore[union-attr]
        assert tx.proven.in_force(*KEY, most_risk=0.0005) is None
        assert len(tx.proven.history(*KEY)) == 2


def test_what_was_withdrawn_does_not_come_back_by_asking_for_less_risk(records: Records) -> None:
    with records.begin() as tx:
        tx.proven.add(PROOF, NOW, "console")
        tx.proven.add(replace(PROOF, target=0.01), NOW, "console", withdrawn=True)
        tx.proven.add(replace(PROOF, target=0.01), NOW, "console")
    with records.read() as tx:
        row = tx.proven.in_force(*KEY, most_risk=0.001)
        assert row is not None
        assert row.withdrawn


@pytest.mark.parametrize("change", ["UPDATE thresholds SET wrong = 0", "DELETE FROM thresholds"])
def test_the_history_cannot_be_changed(records: Records, change: str) -> None:
    with records.begin() as tx:
        tx.proven.add(PROOF, NOW, "console")
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), records.begin() as tx:
        tx.connection.execute(sa.text(change))


def test_records_of_the_first_version_are_brought_up_with_what_they_hold(empty_url: str) -> None:
    engine = open_engine(RecordsSettings(empty_url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO batch (supplier, channel, station, collected, created_at) "
                "VALUES (:supplier, 'station', '7', :day, :now)"
            ),
            {"supplier": SUPPLIER, "day": DAY.isoformat(), "now": NOW},
        )
    assert HEAD != "0001"
    migrate(engine)
    engine.dispose()
    with Records.open(RecordsSettings(empty_url)) as records, records.begin() as tx:
        assert [batch.station for batch in tx.files.latest_batches()] == ["7"]
        tx.proven.add(PROOF, NOW, "console")
        assert tx.sheets.counts() == []
