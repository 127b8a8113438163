"""The PostgreSQL that the other tests rely on."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.postgres import PostgresServer


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_each_database_is_empty_and_its_own(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.create_database(), postgres_server.create_database()
    rows(first, "CREATE TABLE only_here (n int)")
    assert rows(first, "SELECT count(*) FROM only_here") == [(0,)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows(second, "SELECT count(*) FROM only_here")
    postgres_server.drop_database(first)
    with pytest.raises(psycopg.OperationalError):
        rows(first, "SELECT 1")


def test_a_template_is_prepared_once(postgres_server: PostgresServer) -> None:
    calls = []

    def prepare(url: str) -> None:
        calls.append(url)
        rows(url, "CREATE TABLE from_template (n int)")

    for _ in range(2):
        url = postgres_server.create_database(postgres_server.template("for_this_test", prepare))
        assert rows(url, "SELECT count(*) FROM from_template") == [(0,)]
    assert len(calls) == 1


def test_it_is_a_real_server_far_from_utc(postgres_url: str) -> None:
    assert rows(postgres_url, "SHOW timezone") == [("Asia/Krasnoyarsk",)]
    assert rows(postgres_url, "SELECT version() LIKE 'PostgreSQL 1%'") == [(True,)]
