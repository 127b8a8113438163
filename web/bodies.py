"""A bound on what a request may send."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.failures import failure


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """Refuses bodies over ``most`` bytes with 413, whether or not their length was announced."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise _TooLargeError
            return message

        if not announced.isdigit() or int(announced) > self.most:
            await failure(Request(scope), 413)(scope, receive, send)
            return
        try:
            await self.app(scope, counted, send)
        except _TooLargeError:
            await failure(Request(scope), 413)(scope, receive, send)
