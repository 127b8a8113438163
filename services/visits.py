"""What the processes of the pages have in common, so that a limit or a log-out holds in all of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from services.context import Context
from storage.records.visits import Place

#: So long nobody else is given what somebody looks at.
LOOKED_AT = timedelta(minutes=5)
#: A page that shows a slip for longer has lost it anyway.
_SHOWN = timedelta(days=1)


class SharedHits:
    """Hits of one kind, counted in the records: the keys (addresses, names, accounts) only as hashes."""

    def __init__(self, ctx: Context, kind: str) -> None:
        self._ctx = ctx
        self._kind = kind

    def newest(self, key: str, since: datetime, limit: int) -> list[datetime]:
        """The newest hits, newest first."""
        with self._ctx.records.read() as tx:
            return tx.visits.attempts(self._kind, self._hash(key), since, limit)

    def add(self, key: str, at: datetime, since: datetime) -> None:
        """Count one."""
        with self._ctx.records.begin() as tx:
            tx.visits.add_attempt(self._kind, self._hash(key), at, since)

    def take(self, key: str, at: datetime, since: datetime, most: int) -> list[datetime]:
        """Count one, unless there are ``most`` already: then give these."""
        hashed = self._hash(key)
        with self._ctx.records.begin() as tx:
            tx.lock(f"attempt {self._kind} {hashed}")
            hits = tx.visits.attempts(self._kind, hashed, since, most)
            if len(hits) >= most:
                return hits
            tx.visits.add_attempt(self._kind, hashed, at, since)
        return []

    def give_back(self, key: str) -> None:
        """Forget the newest."""
        with self._ctx.records.begin() as tx:
            tx.visits.take_attempt_back(self._kind, self._hash(key))

    def drop(self, key: str) -> None:
        """Forget all of ``key``."""
        with self._ctx.records.begin() as tx:
            tx.visits.drop_attempts(self._kind, self._hash(key))

    def _hash(self, key: str) -> str:
        return hashlib.sha256(f"{self._kind} {key}".encode("utf-8", "replace")).hexdigest()


class EndedSessions:
    """Log-outs."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def add(self, key: str, until: datetime, now: datetime) -> None:
        """The session is refused from now on, until it would have ended anyway."""
        with self._ctx.records.begin() as tx:
            tx.visits.end_session(_hash(key), until, now)

    def has(self, key: str) -> bool:
        """Whether the session was logged out."""
        with self._ctx.records.read() as tx:
            return tx.visits.has_ended(_hash(key))


def others_look_at(ctx: Context, who: str) -> set[Place]:
    """The characters of the grid that others have on their screens."""
    with ctx.records.read() as tx:
        return tx.visits.looked_at_by_others(who, ctx.clock())


def lend(ctx: Context, who: str, places: Collection[Place]) -> set[Place]:
    """Those of ``places`` that are ``who``'s to look at now: somebody else may just have been given some."""
    now = ctx.clock()
    with ctx.records.begin() as tx:
        return tx.visits.lend(who, places, now + LOOKED_AT, now)


def show(ctx: Context, kind: str, who: str, sheet_id: int) -> str:
    """``who`` is shown a slip on a new page, whose token this is."""
    token, now = secrets.token_urlsafe(9), ctx.clock()
    with ctx.records.begin() as tx:
        tx.visits.show(kind, who, sheet_id, token, at=now, since=now - _SHOWN)
    return token


def is_shown_last(ctx: Context, kind: str, who: str, sheet_id: int, token: str) -> bool:
    """Whether no newer page shows the slip."""
    with ctx.records.read() as tx:
        return tx.visits.shown_last(kind, who, sheet_id) in (None, token)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
