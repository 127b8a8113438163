"""Logging in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from review_ui.staff import context_of, stamp_of
from services import users
from web.app import local_path
from web.limits import Limiter
from web.pages import pages_of, visitor_of

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
    user = None
    if max(len(name), len(password)) <= LONGEST_INPUT:
        user = users.authenticate(context_of(request), name, password)
    if user is None:
        return pages_of(request).page(request, "login.html", 401, problem="wrong", wait=0, **values)
    limits.succeeded(visitor.address, name)
    visitor.begin(user.name, stamp_of(user))
    return RedirectResponse(local_path(to), 303)


def _values(request: Request, to: str) -> dict[str, object]:
    """Where to go on, and whether the organisation's own accounts are offered."""
    return {"to": local_path(to), "oidc": request.app.state.oidc is not None}


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session."""
    visitor_of(request).leave()
    return RedirectResponse("/login", 303)
