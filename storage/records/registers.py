"""The register of accounts: a row a meter and tariff, as each supplier sends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.account import RegisterRow
from storage.records.tables import account, register_version
from storage.records.upsert import insert

#: Columns of a register row, in the order of the bulk import.
COLUMNS = tuple(column.name for column in account.columns)
#: Values of the columns that a row may leave out.
OPTIONAL: Mapping[str, Any] = {
    "status": "",
    "status_since": None,
    "report_to": "",
    "monthly_norm": None,
    "estimated_months": 0,
    "route": "",
}
_KEY = tuple(column.name for column in account.primary_key.columns)
_ROW = (
    account.c.supplier,
    account.c.account,
    account.c.meter_serial,
    account.c.tariff,
    account.c.digits,
    account.c.decimals,
    account.c.surname,
    account.c.address,
    account.c.previous_reading,
    account.c.previous_date,
    account.c.previous_kind,
    account.c.monthly_average,
    account.c.ratio,
    account.c.status,
    account.c.status_since,
    account.c.report_to,
)
#: Built once: every reading that is judged asks it.
_OF_ACCOUNT = (
    sa.select(*_ROW)
    .where(account.c.supplier == sa.bindparam("supplier"), account.c.account == sa.bindparam("number"))
    .order_by(account.c.meter_serial, account.c.tariff)
)


class Registers:
    """Imports registers in bulk and looks accounts up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows or bring those with the same key up to date; keys must differ.

        A row has all of ``COLUMNS``, except that it may leave out the ``OPTIONAL`` ones.
        """
        if not rows:
            return
        if any(len(row) < len(COLUMNS) for row in rows):
            rows = [{**OPTIONAL, **row} for row in rows]
        if self._connection.dialect.name == "postgresql":
            self._copy(rows)
            return
        statement = insert(self._connection, account)
        changes = {name: statement.excluded[name] for name in COLUMNS if name not in _KEY}
        # In key order the tree of a table without row ids grows at its end.
        ordered = sorted(rows, key=lambda row: tuple(row[name] for name in _KEY))
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=list(_KEY), set_=changes), ordered
        )

    def _copy(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """COPY into a scratch table, then one upsert: 1,000,000 rows in seconds."""
        self._connection.execute(
            sa.text("CREATE TEMP TABLE IF NOT EXISTS account_new (LIKE account) ON COMMIT DROP")
        )
        self._connection.execute(sa.text("TRUNCATE account_new"))
        names = ", ".join(COLUMNS)
        raw = cast(Any, self._connection.connection.driver_connection)
        with raw.cursor() as cursor, cursor.copy(f"COPY account_new ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in COLUMNS])
        changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEY)
        self._connection.execute(
            sa.text(
                f"INSERT INTO account ({names}) SELECT {names} FROM account_new "  # noqa: S608 - own column names
                f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {changes}"
            )
        )

    def bump(self, supplier: str, at: datetime) -> int:
        """A new version number of the supplier's register, after an import."""
        statement = insert(self._connection, register_version).values(
            supplier=supplier, version=1, imported_at=at
        )
        return int(
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["supplier"],
                    set_={"version": register_version.c.version + 1, "imported_at": at},
                ).returning(register_version.c.version)
            ).scalar_one()
        )

    def version(self, supplier: str) -> int:
        """How often the supplier's register was imported; 0: never."""
        query = sa.select(register_version.c.version).where(register_version.c.supplier == supplier)
        return self._connection.execute(query).scalar() or 0

    def rows(self, supplier: str, number: str) -> tuple[RegisterRow, ...]:
        """An account's rows, by meter and tariff."""
        found = self._connection.execute(_OF_ACCOUNT, {"supplier": supplier, "number": number})
        return tuple(RegisterRow(**row._mapping) for row in found)

    def rows_by_alias(self, supplier: str, alias: str) -> tuple[RegisterRow, ...]:
        """The rows of the one account with this other number; none where several have it."""
        query = (
            sa.select(account.c.account)
            .where(account.c.supplier == supplier, account.c.alias == alias, account.c.alias != "")
            .distinct()
            .limit(2)
        )
        numbers = list(self._connection.execute(query).scalars())
        return self.rows(supplier, numbers[0]) if len(numbers) == 1 else ()

    def accounts(self, supplier: str) -> list[str]:
        """Every account number of a supplier, ascending, each once."""
        query = (
            sa.select(account.c.account)
            .where(account.c.supplier == supplier)
            .distinct()
            .order_by(account.c.account)
        )
        return list(self._connection.execute(query).scalars())

    def count(self, supplier: str | None = None) -> int:
        """Rows of a supplier, or of all."""
        query = sa.select(sa.func.count()).select_from(account)
        if supplier is not None:
            query = query.where(account.c.supplier == supplier)
        return int(self._connection.execute(query).scalar_one())

    def all_rows(self, supplier: str) -> Iterator[RegisterRow]:
        """A supplier's register, streamed by account."""
        query = sa.select(*_ROW).where(account.c.supplier == supplier).order_by(account.c.account)
        for row in self._connection.execution_options(yield_per=1000).execute(query):
            yield RegisterRow(**row._mapping)
