"""Hand readings to billing as rows of a table in its own database, and read its answers from them.

Columns: the fields of ``delivery.rows``, with ``key`` as the primary key, and four that billing fills:
``status`` (accepted or refused), ``receipt``, ``code`` and ``words``. Rows are added, never changed; billing
must not delete them: a run whose answer was lost is inserted again, and the key keeps what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from delivery.connections import TableBilling
from delivery.rows import FIELDS, fields_of
from delivery.targets import Handed, NotHandedOverError
from services.context import Context
from services.outbox import Answer, Call
from storage.records.upsert import insert

_ANSWERS = {"accepted": True, "refused": False}
_CHUNK = 500


class TableTarget:
    """A table in PostgreSQL or SQLite."""

    kind = "table"

    def __init__(self, to: TableBilling) -> None:
        self.to = to
        self.place = to.table
        self.rows = to.rows
        self.reasons = to.reasons
        self.patience: timedelta | None = None
        self.table = sa.Table(
            to.table,
            sa.MetaData(),
            sa.Column("key", sa.Text, primary_key=True),
            *(sa.Column(name, sa.Text, nullable=False) for name in FIELDS if name != "key"),
            *(sa.Column(name, sa.Text) for name in ("status", "receipt", "code", "words")),
        )
        url = sa.make_url(to.url)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        self._engine = sa.create_engine(url, pool_pre_ping=True)

    def hand_over(self, ctx: Context, call: Call) -> Handed:
        """Insert the run's rows in one transaction; raises ``NotHandedOverError``."""
        try:
            with self._engine.begin() as connection:
                self.table.create(connection, checkfirst=True)
                connection.execute(
                    insert(connection, self.table).on_conflict_do_nothing(index_elements=["key"]),
                    [fields_of(row) for row in call.rows],
                )
        except sa.exc.SQLAlchemyError as error:
            raise NotHandedOverError(" ".join(str(getattr(error, "orig", error)).split())[:200]) from error
        if self.to.acknowledged_by == "hand-over":
            return Handed(tuple(Answer(row.key, accepted=True) for row in call.rows))
        return Handed()

    def answers(self, ctx: Context, waiting: Sequence[str]) -> list[Answer]:
        """What billing wrote into the rows that wait; nothing while its database cannot be reached."""
        c = self.table.c
        found: list[Answer] = []
        try:
            with self._engine.connect() as connection:
                for start in range(0, len(waiting), _CHUNK):
                    rows = connection.execute(
                        sa.select(c.key, c.status, c.receipt, c.code, c.words).where(
                            c.key.in_(waiting[start : start + _CHUNK]), c.status.in_(list(_ANSWERS))
                        )
                    )
                    found += [
                        Answer(r.key, _ANSWERS[r.status], r.receipt or "", r.code or "", r.words or "")
                        for r in rows
                    ]
        except sa.exc.SQLAlchemyError:
            return found
        return found

    def taken(self) -> None:
        """Nothing to tidy: an answered row no longer waits."""

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
