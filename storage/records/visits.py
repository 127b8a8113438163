"""What several processes of the pages share; see ``visit_tables``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.upsert import insert
from storage.records.visit_tables import attempt, ended_session, looked_at, shown_on

#: A character of a sheet: sheet, field, place.
Place = tuple[int, str, int]


class Visits:
    """Counts attempts, remembers log-outs, lends characters to lookers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def attempts(self, kind: str, key: str, since: datetime, limit: int) -> list[datetime]:
        """The newest attempts after ``since``, newest first."""
        query = (
            sa.select(attempt.c.at)
            .where(attempt.c.kind == kind, attempt.c.key == key, attempt.c.at > since)
            .order_by(attempt.c.at.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def add_attempt(self, kind: str, key: str, at: datetime, since: datetime) -> None:
        """Count one; those of its kind until ``since`` are forgotten."""
        self._connection.execute(sa.delete(attempt).where(attempt.c.kind == kind, attempt.c.at <= since))
        self._connection.execute(sa.insert(attempt).values(kind=kind, key=key, at=at))

    def take_attempt_back(self, kind: str, key: str) -> None:
        """Forget the newest one."""
        newest = sa.select(sa.func.max(attempt.c.id)).where(attempt.c.kind == kind, attempt.c.key == key)
        self._connection.execute(sa.delete(attempt).where(attempt.c.id == newest.scalar_subquery()))

    def drop_attempts(self, kind: str, key: str) -> None:
        """Forget all of a key."""
        self._connection.execute(sa.delete(attempt).where(attempt.c.kind == kind, attempt.c.key == key))

    def end_session(self, key: str, until: datetime, now: datetime) -> None:
        """A log-out, remembered until then."""
        self._connection.execute(sa.delete(ended_session).where(ended_session.c.until < now))
        self._connection.execute(
            insert(self._connection, ended_session)
            .values(key=key, until=until)
            .on_conflict_do_nothing(index_elements=["key"])
        )

    def has_ended(self, key: str) -> bool:
        """Whether that session was logged out."""
        query = sa.select(ended_session.c.key).where(ended_session.c.key == key)
        return self._connection.execute(query).first() is not None

    def looked_at_by_others(self, who: str, now: datetime) -> set[Place]:
        """What others have on the screen."""
        query = sa.select(looked_at.c.sheet_id, looked_at.c.field, looked_at.c.place).where(
            looked_at.c.until > now, looked_at.c.who != who
        )
        return {(row[0], row[1], row[2]) for row in self._connection.execute(query)}

    def lend(self, who: str, places: Collection[Place], until: datetime, now: datetime) -> set[Place]:
        """Those of ``places`` that nobody else has: they are ``who``'s until then."""
        self._connection.execute(sa.delete(looked_at).where(looked_at.c.until <= now))
        if not places:
            return set()
        rows = [
            {"sheet_id": sheet_id, "field": field, "place": place, "who": who, "until": until}
            for sheet_id, field, place in sorted(places)
        ]
        self._connection.execute(
            insert(self._connection, looked_at).on_conflict_do_nothing(
                index_elements=["sheet_id", "field", "place"]
            ),
            rows,
        )
        sheets = sorted({place[0] for place in places})
        mine = sa.and_(looked_at.c.who == who, looked_at.c.sheet_id.in_(sheets))
        self._connection.execute(sa.update(looked_at).where(mine).values(until=until))
        held = sa.select(looked_at.c.sheet_id, looked_at.c.field, looked_at.c.place).where(mine)
        return {(row[0], row[1], row[2]) for row in self._connection.execute(held)} & set(places)

    def show(self, kind: str, who: str, sheet_id: int, token: str, *, at: datetime, since: datetime) -> None:
        """``who`` has the sheet on the page ``token``; what was shown until ``since`` is forgotten."""
        self._connection.execute(sa.delete(shown_on).where(shown_on.c.at <= since))
        self._connection.execute(
            insert(self._connection, shown_on)
            .values(kind=kind, who=who, sheet_id=sheet_id, token=token, at=at)
            .on_conflict_do_update(
                index_elements=["kind", "who", "sheet_id"], set_={"token": token, "at": at}
            )
        )

    def shown_last(self, kind: str, who: str, sheet_id: int) -> str | None:
        """The token of the page that shows it."""
        query = sa.select(shown_on.c.token).where(
            shown_on.c.kind == kind, shown_on.c.who == who, shown_on.c.sheet_id == sheet_id
        )
        return self._connection.execute(query).scalar()
