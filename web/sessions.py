"""Who is asking: a signed cookie, renewed while it is used.

The cookie holds a random session id, the user's name and two times; it is signed, not encrypted, and holds
nothing secret. A log-out is remembered until the cookie would have ended anyway.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Protocol

from itsdangerous import BadSignature, URLSafeSerializer

from web.clock import Clock
from web.settings import WebSettings


@dataclass(frozen=True)
class Session:
    """One visitor's session; ``user`` is None before the log-in. ``key`` is bound into the CSRF token."""

    key: str
    started: datetime
    seen: datetime
    user: str | None = None
    stamp: str = ""


class Ended(Protocol):
    """Where log-outs are remembered."""

    def add(self, key: str, until: datetime, now: datetime) -> None:
        """The session is refused from now on, until it would have ended anyway."""
        ...

    def has(self, key: str) -> bool:
        """Whether the session was logged out."""
        ...


class EndedHere:
    """Log-outs in this process's memory."""

    def __init__(self) -> None:
        self.kept: dict[str, datetime] = {}
        self._lock = Lock()

    def add(self, key: str, until: datetime, now: datetime) -> None:
        """The session is refused from now on."""
        with self._lock:
            self.kept[key] = until
            self.kept = {key: until for key, until in self.kept.items() if until >= now}

    def has(self, key: str) -> bool:
        """Whether the session was logged out."""
        with self._lock:
            return key in self.kept


class Sessions:
    """Makes, reads and ends sessions. ``ended``: this process's own log-outs, or those of all."""

    def __init__(self, settings: WebSettings, clock: Clock, ended: Ended | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.ended: Ended = EndedHere() if ended is None else ended
        self._signer = URLSafeSerializer(settings.secret, salt="meterdrop-session")

    @property
    def cookie(self) -> str:
        """The cookie's name; ``__Host-`` makes browsers refuse one set by a sister domain or without TLS."""
        return "__Host-meterdrop" if self.settings.behind_tls else "meterdrop"

    def start(self, user: str | None = None, stamp: str = "") -> Session:
        """A new session; a log-in always takes a new one, so that a planted id is worth nothing.

        ``stamp`` changes with the user's password: sessions begun with an older one end.
        """
        now = self.clock()
        return Session(secrets.token_urlsafe(18), now, now, user, stamp)

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie's text; None when it is missing, forged, too old or logged out."""
        if not cookie:
            return None
        try:
            key, started, seen, user, stamp = self._signer.loads(cookie)
            session = Session(
                key, datetime.fromtimestamp(started, UTC), datetime.fromtimestamp(seen, UTC), user, stamp
            )
        except (BadSignature, ValueError, TypeError, OverflowError):
            return None
        now = self.clock()
        if now - session.seen > self.settings.session_idle:
            return None
        if now - session.started > self.settings.session_longest:
            return None
        # Only who is logged in can log out.
        return None if user and self.ended.has(key) else session

    def write(self, session: Session) -> str:
        """The cookie's text, marked as seen now."""
        session = replace(session, seen=self.clock())
        return self._signer.dumps(
            [
                session.key,
                int(session.started.timestamp()),
                int(session.seen.timestamp()),
                session.user,
                session.stamp,
            ]
        )

    def end(self, session: Session) -> None:
        """Log out: the session's cookie is refused from now on."""
        if session.user:
            now = self.clock()
            self.ended.add(session.key, now + self.settings.session_longest, now)

    def csrf_token(self, session: Session) -> str:
        """The token that every form of this session carries."""
        return hmac.new(self.settings.secret.encode(), f"csrf {session.key}".encode(), sha256).hexdigest()

    def csrf_matches(self, session: Session, token: str) -> bool:
        """Whether ``token`` is this session's, compared in constant time."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())
