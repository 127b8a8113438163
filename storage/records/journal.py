"""The audit log, searched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.audits import AuditRow
from storage.records.tables import audit


@dataclass(frozen=True)
class JournalQuery:
    """What is looked for; what is empty is not. ``word`` stands somewhere in the details."""

    who: str = ""
    what: str = ""
    word: str = ""
    sheet_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


class Journal:
    """Reads the log, newest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, query: JournalQuery, limit: int = 100) -> list[AuditRow]:
        """The rows that fit."""
        found = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if query.who:
            found = found.where(audit.c.who == query.who)
        if query.what:
            found = found.where(audit.c.what.startswith(query.what, autoescape=True))
        if query.word:
            word = query.word
            if self._connection.dialect.name == "sqlite":
                # There JSON is kept as text, in ASCII.
                word = json.dumps(word)[1:-1]
            found = found.where(sa.cast(audit.c.details, sa.Text).contains(word, autoescape=True))
        if query.sheet_id is not None:
            found = found.where(audit.c.sheet_id == query.sheet_id)
        if query.since is not None:
            found = found.where(audit.c.at >= query.since)
        if query.until is not None:
            found = found.where(audit.c.at < query.until)
        if query.before_id is not None:
            found = found.where(audit.c.id < query.before_id)
        return [AuditRow(**row._mapping) for row in self._connection.execute(found)]

    def kinds(self) -> list[str]:
        """Every kind of entry."""
        return list(
            self._connection.execute(sa.select(audit.c.what).distinct().order_by(audit.c.what)).scalars()
        )
