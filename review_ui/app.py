"""The staff web app."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from review_ui import (
    blanks,
    dashboard,
    designer,
    desk,
    grid,
    journal,
    login,
    people,
    plots,
    review,
    second,
    station,
    station_api,
)
from review_ui.cells import Cells
from review_ui.digitiser import Digitiser
from review_ui.ldap import Directory
from review_ui.login import LoginLimits, to_login
from review_ui.oidc import Oidc
from review_ui.oidc import router as oidc_router
from review_ui.pictures import Pictures
from review_ui.settings import ReviewSettings
from review_ui.staff import PASSWORD_PAGE, PasswordChangeNeeded, staff
from review_ui.uploads import MOST_PIECE, Uploads
from services import users
from services.context import Context
from services.designing import MOST_UPLOAD
from services.visits import EndedSessions, SharedHits
from web.app import create_app
from web.failures import LoginNeeded
from web.limits import Limiter
from web.settings import WebSettings


def create_staff_app(
    ctx: Context,
    web_settings: WebSettings,
    settings: ReviewSettings = ReviewSettings(),
    works: Callable[[], bool] | None = None,
    *,
    digitiser: Digitiser | None = None,
    oidc: Oidc | None = None,
    directory: Directory | None = None,
) -> FastAPI:
    """The app for the staff; ``works`` as in ``create_app``, asks the records if None.

    ``digitiser``: reads what stations hand in; without one somebody else has to. ``oidc``: the organisation's
    own accounts, ``directory``: its own passwords, beside those kept here.
    """
    app = create_app(
        title="meterdrop",
        packages=("review_ui", "web"),
        settings=web_settings,
        clock=ctx.clock,
        works=works or (lambda: _records_answer(ctx)),
        larger_bodies={"/api/v1/station/uploads/": MOST_PIECE, "/templates/drafts": MOST_UPLOAD},
        ended=EndedSessions(ctx),
    )
    window: timedelta = web_settings.login_window
    app.state.context = ctx
    app.state.review_settings = settings
    app.state.pictures = Pictures(ctx, settings.picture_dpi)
    app.state.cells = Cells(ctx, settings.picture_dpi)
    uploads = settings.uploads or Path(tempfile.gettempdir()) / "meterdrop-uploads"
    app.state.uploads = Uploads(uploads, settings.most_upload)
    app.state.uploads.sweep(ctx.clock().timestamp())
    app.state.digitiser = digitiser
    app.state.figures = plots.Kept()
    app.state.thumbnails = blanks.Thumbnails()
    app.state.oidc = oidc
    app.state.directory = directory
    app.state.login_limits = LoginLimits(
        Limiter(web_settings.login_failures, window, ctx.clock, SharedHits(ctx, "login name")),
        Limiter(web_settings.login_failures * 10, window, ctx.clock, SharedHits(ctx, "login address")),
    )
    app.include_router(login.router)
    app.include_router(oidc_router)
    app.include_router(dashboard.router)
    app.include_router(review.router)
    app.include_router(grid.router)
    app.include_router(second.router)
    app.include_router(people.router)
    app.include_router(designer.router)
    app.include_router(blanks.router)
    app.include_router(journal.router)
    app.include_router(desk.router)
    app.include_router(plots.router)
    app.include_router(station.router)
    app.include_router(station_api.router)

    @app.get("/api/openapi.json", dependencies=[Depends(staff())], include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.exception_handler(PasswordChangeNeeded)
    async def _password_needed(request: Request, error: PasswordChangeNeeded) -> Response:
        return RedirectResponse(PASSWORD_PAGE, 303)

    @app.exception_handler(LoginNeeded)
    async def _login_needed(request: Request, error: LoginNeeded) -> Response:
        return to_login(request)

    return app


def _records_answer(ctx: Context) -> bool:
    users.get_user(ctx, "")
    return True
