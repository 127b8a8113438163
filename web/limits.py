"""Rate limits: how often one key may do something within a time, counted exactly (a sliding log of hits)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import Protocol

from web.clock import Clock

#: So many keys at once in memory; the least recently hit one goes first.
MOST_KEYS = 20_000


class Hits(Protocol):
    """Where hits are counted. All of ``since`` are moments before which hits count no more."""

    def newest(self, key: str, since: datetime, limit: int) -> list[datetime]:
        """The newest hits, newest first."""
        ...

    def add(self, key: str, at: datetime, since: datetime) -> None:
        """Count one."""
        ...

    def take(self, key: str, at: datetime, since: datetime, most: int) -> list[datetime]:
        """Count one, unless there are ``most`` already: then give these. Nobody comes in between."""
        ...

    def give_back(self, key: str) -> None:
        """Forget the newest."""
        ...

    def drop(self, key: str) -> None:
        """Forget all of ``key``."""
        ...


class HitsHere:
    """Hits in this process's memory."""

    def __init__(self) -> None:
        self.kept: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def newest(self, key: str, since: datetime, limit: int) -> list[datetime]:
        """The newest hits, newest first."""
        with self._lock:
            return list(self._fresh(key, since))[::-1][:limit]

    def add(self, key: str, at: datetime, since: datetime) -> None:
        """Count one."""
        with self._lock:
            self._add(key, at, since)

    def take(self, key: str, at: datetime, since: datetime, most: int) -> list[datetime]:
        """Count one, unless there are ``most`` already."""
        with self._lock:
            hits = self._fresh(key, since)
            if len(hits) >= most:
                return list(hits)[::-1][:most]
            self._add(key, at, since)
            return []

    def give_back(self, key: str) -> None:
        """Forget the newest."""
        with self._lock:
            if self.kept.get(key):
                self.kept[key].pop()

    def drop(self, key: str) -> None:
        """Forget all of ``key``."""
        with self._lock:
            self.kept.pop(key, None)

    def _add(self, key: str, at: datetime, since: datetime) -> None:
        hits = self._fresh(key, since)
        hits.append(at)
        self.kept.pop(key, None)
        self.kept[key] = hits
        while len(self.kept) > MOST_KEYS:
            del self.kept[next(iter(self.kept))]

    def _fresh(self, key: str, since: datetime) -> deque[datetime]:
        hits = self.kept.get(key, deque())
        while hits and hits[0] <= since:
            hits.popleft()
        return hits


class Limiter:
    """At most ``most`` hits a key within ``window``. ``hits``: this process's own, or those of all."""

    def __init__(self, most: int, window: timedelta, clock: Clock, hits: Hits | None = None) -> None:
        self.most = most
        self.window = window
        self.clock = clock
        self.hits: Hits = HitsHere() if hits is None else hits

    def wait(self, key: str) -> int:
        """Whole seconds until ``key`` may go on; 0 when it may now. Does not count as a hit."""
        now = self.clock()
        return self._wait(self.hits.newest(key, now - self.window, self.most), now)

    def hit(self, key: str) -> None:
        """Count one."""
        now = self.clock()
        self.hits.add(key, now, now - self.window)

    def take(self, key: str) -> int:
        """Count one if ``key`` may go on; else the whole seconds until it may.

        For what must not be tried more often by trying it at the same time.
        """
        now = self.clock()
        return self._wait(self.hits.take(key, now, now - self.window, self.most), now)

    def give_back(self, key: str) -> None:
        """What was taken last turned out to be nothing that counts."""
        self.hits.give_back(key)

    def forget(self, key: str) -> None:
        """Start anew for ``key``."""
        self.hits.drop(key)

    def _wait(self, hits: list[datetime], now: datetime) -> int:
        if len(hits) < self.most:
            return 0
        return max(1, ceil((hits[self.most - 1] + self.window - now).total_seconds()))
