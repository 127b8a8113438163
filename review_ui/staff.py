"""Who of the staff is asking, and whether the page is theirs."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException, Request

from services import users
from services.context import Context
from services.results import UserView
from web.failures import LoginNeeded, wants_json
from web.pages import visitor_of

#: Where everybody changes the own password.
PASSWORD_PAGE = "/password"  # noqa: S105 - an address


#: Ends the stamp of a session that the organisation vouched for: the password here does not matter to it.
SINGLE_SIGN_ON = " single sign-on"


class PasswordChangeNeeded(Exception):  # noqa: N818 - not an error: it leads to the page for it
    """Somebody else has seen the password: it has to be changed before anything else."""


def context_of(request: Request) -> Context:
    """The services' context."""
    ctx: Context = request.app.state.context
    return ctx


def stamp_of(user: UserView) -> str:
    """Changes with the password, and when a name is given to somebody new, so that old sessions end."""
    changed = "" if user.password_at is None else f" {user.password_at.isoformat()}"
    return user.created_at.isoformat() + changed


def staff(*roles: str) -> Callable[[Request], UserView]:
    """A dependency that lets in the roles named (none named: every role).

    Raises ``LoginNeeded`` for people who are not logged in, 401 for scripts, 403 for other roles.
    """

    def check(request: Request) -> UserView:
        session = visitor_of(request).session
        user = users.get_user(context_of(request), session.user) if session.user else None
        if user is None or stamp_of(user) != session.stamp.removesuffix(SINGLE_SIGN_ON):
            if wants_json(request):
                raise HTTPException(401)
            raise LoginNeeded
        request.state.user = user
        vouched = session.stamp.endswith(SINGLE_SIGN_ON)
        if user.must_change and not vouched and request.url.path != PASSWORD_PAGE:
            if wants_json(request):
                raise HTTPException(403, detail="password")
            raise PasswordChangeNeeded
        if roles and user.role not in roles:
            raise HTTPException(403)
        return user

    return check


#: Who may judge slips.
REVIEWERS = ("reviewer", "supervisor", "admin")

#: Who hands scans in.
STATIONS = ("station", "supervisor", "admin")

#: Who answers customers: by account, and by telephone.
DESK = ("desk", "supervisor", "admin")

#: Who hands blanks out.
PRINTERS = ("station", "desk", "supervisor", "admin")

#: Who sees how the work goes.
OVERSEERS = ("supervisor", "admin")

#: Who gives and takes away log-ins.
ADMINS = ("admin",)
