"""Rate limits held in memory; each web app is one process."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from web.clock import Clock

#: So many keys at once; the least recently hit one goes first, so that memory stays bounded.
MOST_KEYS = 20_000


class Limiter:
    """At most ``most`` hits a key within ``window``, counted exactly (a sliding log of hits)."""

    def __init__(self, most: int, window: timedelta, clock: Clock) -> None:
        self.most = most
        self.window = window
        self.clock = clock
        self._hits: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def wait(self, key: str) -> int:
        """Whole seconds until ``key`` may go on; 0 when it may now. Does not count as a hit."""
        now = self.clock()
        with self._lock:
            hits = self._fresh(key, now)
            if len(hits) < self.most:
                return 0
            return max(1, ceil((hits[-self.most] + self.window - now).total_seconds()))

    def hit(self, key: str) -> None:
        """Count one."""
        now = self.clock()
        with self._lock:
            hits = self._fresh(key, now)
            hits.append(now)
            self._hits.pop(key, None)
            self._hits[key] = hits
            while len(self._hits) > MOST_KEYS:
                del self._hits[next(iter(self._hits))]

    def forget(self, key: str) -> None:
        """Start anew for ``key``."""
        with self._lock:
            self._hits.pop(key, None)

    def _fresh(self, key: str, now: datetime) -> deque[datetime]:
        hits = self._hits.get(key, deque())
        while hits and hits[0] <= now - self.window:
            hits.popleft()
        return hits
