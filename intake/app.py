"""The public web app: no log-in, nothing of the staff pages."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from web.app import create_app
from web.clock import Clock
from web.pages import pages_of
from web.settings import WebSettings


def create_public_app(web_settings: WebSettings, clock: Clock, works: Callable[[], bool]) -> FastAPI:
    """The app for customers. ``works``: see ``web.app.create_app``."""
    app = create_app(
        title="meterdrop", packages=("intake", "web"), settings=web_settings, clock=clock, works=works
    )

    @app.get("/")
    def start(request: Request) -> Response:
        return pages_of(request).page(request, "public.html")

    return app
