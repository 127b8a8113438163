"""Logging in and out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from review_ui.ldap import Directory, DirectoryError
from review_ui.staff import SINGLE_SIGN_ON, context_of, stamp_of
from services import users
from services.results import UserView
from web.app import local_path
from web.limits import Limiter
from web.pages import pages_of, visitor_of

log = logging.getLogger(__name__)

router = APIRouter()

#: Longer names and passwords are wrong without being looked at: hashing must not keep us busy.
LONGEST_INPUT = 200


@dataclass(frozen=True)
class LoginLimits:
    """Failures for one name from one address, and for one address whatever the name."""

    by_name: Limiter
    by_address: Limiter

    def begin(self, address: str, name: str) -> int:
        """Count an attempt as failed before it is looked at; seconds to wait where there were too many.

        Before, so that guesses made at the same time are not looked at all together.
        """
        return self.by_address.take(address) or self.by_name.take(f"{address} {name}")

    def succeeded(self, address: str, name: str) -> None:
        """Forget the name's failures; the address's stay, or one known password would buy endless guesses."""
        self.by_name.forget(f"{address} {name}")
        self.by_address.give_back(address)


def to_login(request: Request) -> RedirectResponse:
    """To the log-in page, and back here afterwards."""
    wanted = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/login" + ("" if wanted == "/" else "?" + urlencode({"to": wanted})), 303)


@router.get("/login")
def login_page(request: Request, to: str = "/") -> Response:
    """The form."""
    if visitor_of(request).session.user:
        return RedirectResponse(local_path(to), 303)
    return pages_of(request).page(request, "login.html", name="", problem="", wait=0, **_values(request, to))


@router.post("/login")
def log_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password; says the same for a wrong name and a wrong password."""
    visitor = visitor_of(request)
    limits: LoginLimits = request.app.state.login_limits
    name = name.strip()
    values = {**_values(request, to), "name": name[:LONGEST_INPUT]}
    wait = limits.begin(visitor.address, name[:LONGEST_INPUT])
    if wait:
        headers = {"Retry-After": str(wait)}
        return pages_of(request).page(
            request, "login.html", 429, headers, problem="wait", wait=wait, **values
        )
    begun = None
    if max(len(name), len(password)) <= LONGEST_INPUT:
        try:
            begun = _right(request, name, password)
        except DirectoryError as error:
            log.warning("log-in by the directory: %s", error)
            return pages_of(request).page(request, "login.html", 503, problem="directory", wait=0, **values)
    if begun is None:
        return pages_of(request).page(request, "login.html", 401, problem="wrong", wait=0, **values)
    user, stamp = begun
    limits.succeeded(visitor.address, name)
    visitor.begin(user.name, stamp)
    return RedirectResponse(local_path(to), 303)


def _right(request: Request, name: str, password: str) -> tuple[UserView, str] | None:
    """Who it is and the session's stamp, by the password kept here or the organisation's directory's.

    Raises ``DirectoryError``.
    """
    ctx = context_of(request)
    user = users.authenticate(ctx, name, password)
    if user is not None:
        return user, stamp_of(user)
    directory: Directory | None = request.app.state.directory
    user = users.get_user(ctx, name) if directory is not None else None
    if directory is None or user is None or not directory.knows(name, password):
        return None
    return user, stamp_of(user) + SINGLE_SIGN_ON


def _values(request: Request, to: str) -> dict[str, object]:
    """Where to go on, and whether the organisation's own accounts are offered."""
    return {"to": local_path(to), "oidc": request.app.state.oidc is not None}


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session."""
    visitor_of(request).leave()
    return RedirectResponse("/login", 303)
