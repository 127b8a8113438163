"""Records on both real databases, and services on them with a reader of paper files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services import settling
from services.context import Context
from storage.records import Records, RecordsSettings
from tests.paper import Clock, open_services
from tests.servers.postgres import PostgresServer

_POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


def _migrate(url: str) -> None:
    Records.open(RecordsSettings(url)).close()


@pytest.fixture(params=["sqlite", _POSTGRES])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture(params=["sqlite", _POSTGRES])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the newest tables and nothing in them."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/records.db"
        _migrate(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(server.template("records", _migrate))
    yield url
    server.drop_database(url)


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    with Records.open(RecordsSettings(records_url)) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ctx(records: Records, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    # Paper files have words for ink.
    monkeypatch.setattr(settling, "same_slip", lambda a, b: float(bool(a) and a == b))
    yield open_services(records, tmp_path / "objects", clock)
