"""A bound on what a request may send."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.failures import failure


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """Refuses bodies over ``most`` bytes with 413, whether or not their length was announced.

    ``larger``: how a path begins → what may be sent there instead.
    """

    def __init__(self, app: ASGIApp, most: int, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.most = most
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        received = 0
        most = next((n for start, n in self.larger.items() if scope["path"].startswith(start)), self.most)

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _TooLargeError
            return message

        if not announced.isdigit() or int(announced) > most:
            await failure(Request(scope), 413)(scope, receive, send)
            return
        try:
            await self.app(scope, counted, send)
        except _TooLargeError:
            await failure(Request(scope), 413)(scope, receive, send)
