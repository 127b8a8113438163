"""The audit log: rows are only ever added; triggers in both databases refuse anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.tables import audit

#: ``what`` of every row that records a change of a sheet's state.
STATE = "sheet.state"
_ADD = sa.insert(audit)


@dataclass(frozen=True)
class AuditRow:
    """Who did what when. ``state_before`` and ``state_after`` only for ``what`` = ``sheet.state``."""

    id: int
    at: datetime
    who: str
    what: str
    supplier: str | None
    sheet_id: int | None
    state_before: str | None
    state_after: str | None
    details: Mapping[str, Any] | None


class Audits:
    """Adds to the log and reads it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        at: datetime,
        who: str,
        what: str,
        *,
        supplier: str | None = None,
        sheet_id: int | None = None,
        before: str | None = None,
        after: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add one row."""
        self.add_all(
            [
                row(
                    at,
                    who,
                    what,
                    supplier=supplier,
                    sheet_id=sheet_id,
                    before=before,
                    after=after,
                    details=details,
                )
            ]
        )

    def add_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows made by ``row``."""
        if rows:
            self._connection.execute(_ADD, [dict(r) for r in rows])

    def of_sheet(self, sheet_id: int) -> list[AuditRow]:
        """Everything that happened to a sheet, oldest first."""
        query = sa.select(audit).where(audit.c.sheet_id == sheet_id).order_by(audit.c.id)
        return [AuditRow(**r._mapping) for r in self._connection.execute(query)]

    def of_what(self, what: str) -> list[AuditRow]:
        """Every row of one kind, oldest first."""
        query = sa.select(audit).where(audit.c.what == what).order_by(audit.c.id)
        return [AuditRow(**r._mapping) for r in self._connection.execute(query)]

    def next_of_what(self, what: str, after: int, limit: int) -> list[AuditRow]:
        """The next rows of one kind after the row of id ``after``, oldest first."""
        query = sa.select(audit).where(audit.c.what == what, audit.c.id > after).order_by(audit.c.id)
        return [AuditRow(**r._mapping) for r in self._connection.execute(query.limit(limit))]

    def latest(
        self, limit: int = 100, before_id: int | None = None, who: str | None = None, what: str | None = None
    ) -> list[AuditRow]:
        """The newest rows first; ``before_id`` pages on."""
        query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        if who is not None:
            query = query.where(audit.c.who == who)
        if what is not None:
            query = query.where(audit.c.what == what)
        return [AuditRow(**r._mapping) for r in self._connection.execute(query)]


def row(
    at: datetime,
    who: str,
    what: str,
    *,
    supplier: str | None = None,
    sheet_id: int | None = None,
    before: str | None = None,
    after: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A row for ``Audits.add_all``."""
    return {
        "at": at,
        "who": who,
        "what": what,
        "supplier": supplier,
        "sheet_id": sheet_id,
        "state_before": before,
        "state_after": after,
        "details": None if details is None else dict(details),
    }
