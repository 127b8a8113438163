"""The public web app: no log-in, nothing of the staff pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from starlette.responses import JSONResponse

from domain.reasons import Reason
from intake import sending, statuses
from intake.api.app import PREFIX, create_api, described
from intake.limits import PublicLimits
from intake.settings import PublicSettings
from services.context import Context
from services.photos import PhotoReader
from services.portal import offers
from web.app import create_app
from web.settings import WebSettings


def create_public_app(
    ctx: Context,
    web_settings: WebSettings,
    settings: PublicSettings = PublicSettings(),
    photo_reader: PhotoReader | None = None,
    works: Callable[[], bool] | None = None,
    *,
    billing_reasons: Mapping[str, Mapping[str, Reason]] | None = None,
) -> FastAPI:
    """The app for customers.

    ``photo_reader``: reads meters; without one every photo goes to a person. ``works`` as in ``create_app``,
    asks the records if None. ``billing_reasons``: see ``intake.api.app``.
    """
    app = create_app(
        title="meterdrop",
        packages=("intake", "web"),
        settings=web_settings,
        clock=ctx.clock,
        works=works or (lambda: _records_answer(ctx)),
        most_body=settings.most_bytes,
    )
    app.state.context = ctx
    app.state.public_settings = settings
    app.state.photo_reader = photo_reader
    app.state.public_limits = PublicLimits.of(settings, ctx)
    app.include_router(sending.router)
    app.include_router(statuses.router)

    api = create_api(ctx, billing_reasons or {})

    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(described(app.openapi(), api))

    # After the pages' own paths below /api.
    app.mount(PREFIX, api)

    return app


def _records_answer(ctx: Context) -> bool:
    offers(ctx, sending.today(ctx))
    return True
