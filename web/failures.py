"""What people see when something goes wrong: a sentence that says what to do, never a traceback."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import ConflictError, MeterdropError, StorageError, UsageError
from web.languages import Translate
from web.pages import pages_of, visitor_of

log = logging.getLogger(__name__)


class LoginNeeded(Exception):  # noqa: N818 - not an error: it leads to the log-in page
    """The page is for staff and nobody is logged in."""


def texts(status: int, detail: str, gettext: Translate) -> tuple[str, str]:
    """A heading and what to do, for an HTTP status; ``detail`` tells cases of one status apart."""
    if detail == "csrf":
        return gettext("This form is out of date"), gettext(
            "Go back, load the page again and repeat the action."
        )
    known = {
        401: (gettext("You are not logged in"), gettext("Log in and try again.")),
        403: (
            gettext("This page is not for your role"),
            gettext("Ask an administrator if you need it for your work."),
        ),
        404: (gettext("There is no such page"), gettext("Check the address or begin at the start page.")),
        409: (gettext("Somebody else was faster"), gettext("Load the page again to see how things are now.")),
        413: (gettext("That is too large"), gettext("Send less at once.")),
        422: (gettext("The request is not complete"), gettext("Go back and check what was entered.")),
        429: (gettext("Too many attempts"), gettext("Wait a little and try again.")),
        503: (
            gettext("The store of records cannot be reached"),
            gettext("Nothing is lost. Try again in a minute; if it stays so, tell the engineer on duty."),
        ),
    }
    if status in known:
        return known[status]
    if status < 500:
        return gettext("The request cannot be carried out"), gettext("Go back and check what was entered.")
    return (
        gettext("Something went wrong on our side"),
        gettext("Nothing is lost. Try again; if it happens again, tell the engineer on duty."),
    )


def wants_json(request: Request) -> bool:
    """Whether a script asks rather than a person."""
    return "application/json" in request.headers.get("Accept", "")


def failure(
    request: Request, status: int, detail: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The answer for an HTTP status: a page for people, ``{"error", "message"}`` for scripts."""
    heading, advice = texts(status, detail, visitor_of(request).language.gettext)
    if wants_json(request):
        body = {"error": detail if detail == "csrf" else str(status), "message": f"{heading}. {advice}"}
        return JSONResponse(body, status, headers)
    return pages_of(request).page(request, "failure.html", status, headers, heading=heading, advice=advice)


def install(app: FastAPI) -> None:
    """Make ``app`` answer failures with pages."""

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return failure(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return failure(request, 422)

    @app.exception_handler(MeterdropError)
    async def _ours(request: Request, error: MeterdropError) -> Response:
        if isinstance(error, ConflictError):
            return failure(request, 409)
        if isinstance(error, UsageError):
            return failure(request, 404)
        log.error("%s %s: %s", request.method, request.url.path, error)
        return failure(request, 503 if isinstance(error, StorageError) else 500)


class Failsafe:
    """Turns an unforeseen exception into a page; stands inside the other middleware: the headers stay."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            request = Request(scope, receive)
            log.exception("%s %s failed", request.method, request.url.path)
            await failure(request, 500)(scope, receive, send)
