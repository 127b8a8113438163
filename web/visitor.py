"""Middleware that tells each request who asks and in which language, and keeps the session's cookie alive."""

from __future__ import annotations

from datetime import timedelta

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.languages import LANGUAGES, Language, language
from web.sessions import Session, Sessions
from web.settings import WebSettings

LANGUAGE_COOKIE = "meterdrop-language"

#: The cookie is written again when it is older than this; not on every request.
RENEW_AFTER = timedelta(minutes=1)


class Visitor:
    """Who asks. ``session`` is always there; only one with a ``user`` is logged in.

    ``begin`` and ``leave`` change it; ``needs_cookie`` says that a form was shown, whose CSRF token is
    bound to the session.
    """

    def __init__(self, sessions: Sessions, session: Session | None, language: Language, address: str) -> None:
        self.sessions = sessions
        self.known = session is not None
        self.session = session or sessions.start()
        self.language = language
        self.address = address
        self.needs_cookie = False
        self.left = False

    @property
    def csrf_token(self) -> str:
        """The token for forms; makes sure that the session's cookie is set."""
        self.needs_cookie = not self.known or self.needs_cookie
        return self.sessions.csrf_token(self.session)

    def begin(self, user: str, stamp: str) -> None:
        """Log in, under a new session id."""
        self.sessions.end(self.session)
        self.session = self.sessions.start(user, stamp)
        self.needs_cookie = True

    def leave(self) -> None:
        """Log out."""
        self.sessions.end(self.session)
        self.session = self.sessions.start()
        self.left = True


class VisitorMiddleware:
    """Puts a ``Visitor`` into ``request.state.visitor``."""

    def __init__(self, app: ASGIApp, sessions: Sessions, settings: WebSettings) -> None:
        self.app = app
        self.sessions = sessions
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session = self.sessions.read(connection.cookies.get(self.sessions.cookie))
        code = connection.cookies.get(LANGUAGE_COOKIE, self.settings.language)
        visitor = Visitor(
            self.sessions,
            session,
            language(code if code in LANGUAGES else self.settings.language),
            connection.client.host if connection.client else "",
        )
        scope.setdefault("state", {})["visitor"] = visitor

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = self._cookie(visitor)
                if cookie:
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _cookie(self, visitor: Visitor) -> str | None:
        sessions = self.sessions
        stale = visitor.known and sessions.clock() - visitor.session.seen >= RENEW_AFTER
        if not (visitor.left or visitor.needs_cookie or stale):
            return None
        response = Response()
        options = {"path": "/", "httponly": True, "samesite": "lax", "secure": self.settings.behind_tls}
        if visitor.left:
            response.delete_cookie(sessions.cookie, **options)  # type: ignore[arg-type]
        else:
            # No max-age: the cookie goes with the browser window; the signed times inside end it earlier.
            response.set_cookie(sessions.cookie, sessions.write(visitor.session), **options)  # type: ignore[arg-type]
        return response.headers["set-cookie"]
