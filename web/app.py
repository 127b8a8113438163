"""The app factory that the staff and the public pages are built from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.bodies import BodyLimit
from web.clock import Clock
from web.csrf import check_csrf
from web.failures import Failsafe, install
from web.headers import SecurityHeaders
from web.languages import LANGUAGES
from web.pages import Pages
from web.sessions import Ended, Sessions
from web.settings import WebSettings
from web.visitor import LANGUAGE_COOKIE, VisitorMiddleware

log = logging.getLogger(__name__)

#: What forms and calls without files may send.
MOST_BODY = 256 * 1024


class OwnFiles(StaticFiles):
    """Style sheets and scripts: kept by browsers, but asked about each time, so an update is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(
    *,
    title: str,
    packages: Sequence[str],
    settings: WebSettings,
    clock: Clock,
    works: Callable[[], bool],
    most_body: int = MOST_BODY,
    larger_bodies: Mapping[str, int] | None = None,
    ended: Ended | None = None,
) -> FastAPI:
    """An app with sessions, CSRF, security headers, languages, error pages and ``/healthz``.

    ``packages``: where templates and static files are, most special first; each has ``templates/`` and may
    have ``static/``. ``works`` says whether the stores can be reached. ``larger_bodies``: see ``BodyLimit``.
    ``ended``: see ``Sessions``.
    """
    app = FastAPI(
        title=title, docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(check_csrf)]
    )
    sessions = Sessions(settings, clock, ended)
    app.state.sessions = sessions
    app.state.pages = Pages(packages, title)
    install(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, most=most_body, larger=larger_bodies)
    app.add_middleware(Failsafe)
    app.add_middleware(VisitorMiddleware, sessions=sessions, settings=settings)
    app.add_middleware(SecurityHeaders, behind_tls=settings.behind_tls)
    for package in packages:
        folder = files(package) / "static"
        if folder.is_dir():
            app.mount(f"/static/{package}", OwnFiles(directory=str(folder)), name=f"static-{package}")

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> JSONResponse:
        try:
            ok = works()
        except Exception:
            log.exception("health check failed")
            ok = False
        return JSONResponse({"ok": ok}, 200 if ok else 503)

    @app.get("/language/{code}", include_in_schema=False)
    def choose_language(request: Request, code: str, to: str = "/") -> RedirectResponse:
        response = RedirectResponse(local_path(to), 303)
        if code in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE,
                code,
                max_age=365 * 86400,
                samesite="lax",
                httponly=True,
                secure=settings.behind_tls,
            )
        return response

    return app


def local_path(target: str) -> str:
    """``target`` if it is a path on this server, else "/": nobody is sent elsewhere by a crafted link."""
    parts = urlsplit(target.replace("\\", "/"))
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return target if target.isprintable() else "/"
