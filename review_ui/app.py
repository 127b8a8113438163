"""The staff web app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI, Request
from starlette.responses import Response

from review_ui import dashboard, login, review
from review_ui.holders import Holders
from review_ui.login import LoginLimits, to_login
from review_ui.pictures import Pictures
from review_ui.settings import ReviewSettings
from services import users
from services.context import Context
from web.app import create_app
from web.failures import LoginNeeded
from web.limits import Limiter
from web.settings import WebSettings


def create_staff_app(
    ctx: Context,
    web_settings: WebSettings,
    settings: ReviewSettings = ReviewSettings(),
    works: Callable[[], bool] | None = None,
) -> FastAPI:
    """The app for reviewers and supervisors; ``works`` as in ``create_app``, asks the records if None."""
    app = create_app(
        title="meterdrop",
        packages=("review_ui", "web"),
        settings=web_settings,
        clock=ctx.clock,
        works=works or (lambda: _records_answer(ctx)),
    )
    window: timedelta = web_settings.login_window
    app.state.context = ctx
    app.state.review_settings = settings
    app.state.pictures = Pictures(ctx, settings.picture_dpi)
    app.state.holders = Holders()
    app.state.login_limits = LoginLimits(
        Limiter(web_settings.login_failures, window, ctx.clock),
        Limiter(web_settings.login_failures * 10, window, ctx.clock),
    )
    app.include_router(login.router)
    app.include_router(dashboard.router)
    app.include_router(review.router)

    @app.exception_handler(LoginNeeded)
    async def _login_needed(request: Request, error: LoginNeeded) -> Response:
        return to_login(request)

    return app


def _records_answer(ctx: Context) -> bool:
    users.get_user(ctx, "")
    return True
