"""The end of the demo with pages: somebody who may see all of them, and where."""

from __future__ import annotations

import secrets

from domain.errors import UsageError
from meterdrop.demo.screen import Screen

REVIEWER = "demo"


def add_reviewer() -> str:
    """Somebody who may see every page of this demo; returns the password."""
    from meterdrop.wiring import context
    from services.users import add_user

    password = secrets.token_urlsafe(9)
    with context() as ctx:
        add_user(ctx, REVIEWER, "admin", password)
    return password


def serve(screen: Screen, password: str) -> int:
    """Serve staff and public pages until Ctrl-C; the exit status."""
    from meterdrop.commands import serve as pages
    from meterdrop.secret import session_secret
    from meterdrop.settings import load_settings

    sockets = []
    for port in (8000, 8001):
        try:
            sockets.append(pages.listen("127.0.0.1", port, "--staff-port"))
        except UsageError:
            sockets.append(pages.listen("127.0.0.1", 0, "--staff-port"))
    session_secret(load_settings())
    screen.line(f"Проверка / review:      {pages.address(sockets[0])}review")
    screen.line(f"Вход / login:           {REVIEWER}   пароль / password: {password}")
    screen.line(f"Для клиентов / public:  {pages.address(sockets[1])}")
    screen.line("Ctrl-C — конец / ends the demo")
    return pages.supervise(
        {"staff": (pages.serve_staff, sockets[0]), "public": (pages.serve_public, sockets[1])}
    )
