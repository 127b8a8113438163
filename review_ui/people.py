"""Who may log in: adding people, roles, new passwords, leaving; and everybody's own password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from domain.errors import AlreadyExistsError, UsageError
from review_ui.login import LONGEST_INPUT, LoginLimits
from review_ui.staff import ADMINS, PASSWORD_PAGE, context_of, staff, stamp_of
from services import users
from services.results import UserView
from web.languages import Translate
from web.pages import pages_of, visitor_of

router = APIRouter()

Admin = Annotated[UserView, Depends(staff(*ADMINS))]
Anybody = Annotated[UserView, Depends(staff())]
Name = Annotated[str, Path(max_length=64)]
Short = Annotated[str, Form(max_length=LONGEST_INPUT)]


@router.get("/users")
def people(request: Request, user: Admin) -> Response:
    """Everybody."""
    return _page(request, user)


@router.post("/users")
def add(request: Request, user: Admin, name: Short = "", role: Short = "") -> Response:
    """Add somebody; the first password is shown once."""
    ctx, gettext = context_of(request), visitor_of(request).language.gettext
    try:
        users.add_user(ctx, name.strip(), role, users.new_password(), by=user.name)
        password = users.reset_password(ctx, name.strip(), user.name)
    except AlreadyExistsError:
        return _page(request, user, problem=gettext("There is somebody of that name already."), status=409)
    except UsageError:
        problem = gettext("A name has 1 to 64 visible characters and no blanks around it.")
        return _page(request, user, problem=problem, status=422)
    return _page(request, user, told=(name.strip(), password))


@router.post("/users/{name}/password")
def new_password(request: Request, user: Admin, name: Name) -> Response:
    """A new password for somebody, shown once and good for one log-in."""
    password = users.reset_password(context_of(request), name, user.name)
    return _page(request, user, told=(name, password))


@router.post("/users/{name}/role")
def role(request: Request, user: Admin, name: Name, role: Short = "") -> Response:
    """Another role, at once."""
    return _change(request, user, lambda: users.change_role(context_of(request), name, role, user.name))


@router.post("/users/{name}/leave")
def leave(request: Request, user: Admin, name: Name) -> Response:
    """Shut somebody out, at once."""
    return _change(request, user, lambda: users.shut_out(context_of(request), name, user.name))


@router.post("/users/{name}/return")
def come_back(request: Request, user: Admin, name: Name) -> Response:
    """Let somebody in again."""
    return _change(request, user, lambda: users.let_in(context_of(request), name, user.name))


@router.get(PASSWORD_PAGE)
def own_password(request: Request, user: Anybody) -> Response:
    """The form for one's own password."""
    return pages_of(request).page(request, "password.html", user=user, problem="")


@router.post(PASSWORD_PAGE)
def change_own(
    request: Request, user: Anybody, old: Short = "", new: Short = "", again: Short = ""
) -> Response:
    """Change one's own password; other sessions of the same name end."""
    ctx, visitor = context_of(request), visitor_of(request)
    limits: LoginLimits = request.app.state.login_limits
    if new != again:
        return _password_problem(request, user, "differ")
    wait = limits.begin(visitor.address, user.name)
    if wait:
        return _password_problem(request, user, "wait", 429, {"Retry-After": str(wait)})
    try:
        changed = users.change_password(ctx, user.name, old, new)
    except UsageError:
        limits.succeeded(visitor.address, user.name)
        return _password_problem(request, user, "weak")
    if changed is None:
        return _password_problem(request, user, "wrong")
    limits.succeeded(visitor.address, user.name)
    visitor.begin(changed.name, stamp_of(changed))
    return RedirectResponse("/", 303)


def _password_problem(
    request: Request, user: UserView, problem: str, status: int = 422, headers: dict[str, str] | None = None
) -> Response:
    return pages_of(request).page(request, "password.html", status, headers, user=user, problem=problem)


def _change(request: Request, user: UserView, change: Callable[[], None]) -> Response:
    gettext: Translate = visitor_of(request).language.gettext
    try:
        change()
    except UsageError:
        problem = gettext("One administrator has to stay: give the role to somebody else first.")
        return _page(request, user, problem=problem, status=422)
    return RedirectResponse("/users", 303)


def _page(
    request: Request,
    user: UserView,
    *,
    told: tuple[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return pages_of(request).page(
        request,
        "users.html",
        status,
        user=user,
        people=users.list_users(context_of(request)),
        roles=users.ROLES,
        told=told,
        problem=problem,
    )
