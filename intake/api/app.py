"""The API under /api/v1: mounted into the public app, without its sessions and forms."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from domain.errors import ConflictError, MeterdropError, StorageError, UsageError
from domain.reasons import Reason
from intake.api import acknowledgements, batches, readings, texts
from services.context import Context
from services.visits import SharedHits
from web.limits import Limiter

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
#: Wrong keys from one address within ``_WINDOW``.
_WRONG_KEYS, _WINDOW = 30, timedelta(minutes=10)

_DESCRIPTION = """
Readings by every channel. A key is made by `meterdrop keys add NAME --supplier SUPPLIER --channel CHANNEL`
and sent as `Authorization: Bearer KEY`; what comes with it is of that supplier and channel.
Repeat a call that was not answered with the same `Idempotency-Key`: it is carried out once.
Reasons are the same codes everywhere; `GET /reasons` lists them.
"""


def create_api(ctx: Context, billing_reasons: Mapping[str, Mapping[str, Reason]]) -> FastAPI:
    """The API. ``billing_reasons``: what each supplier's billing system calls our reasons."""
    api = FastAPI(
        title="meterdrop",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    api.state.context = ctx
    api.state.billing_reasons = billing_reasons
    api.state.wrong_keys = Limiter(_WRONG_KEYS, _WINDOW, ctx.clock, SharedHits(ctx, "wrong key"))
    for router in (readings.router, batches.router, texts.router, acknowledgements.router):
        api.include_router(router)
    _install(api)
    return api


def described(public: Mapping[str, Any], api: FastAPI) -> dict[str, Any]:
    """One OpenAPI document of the public app's own paths and the API's."""
    mine = api.openapi()
    paths = {path: each for path, each in public.get("paths", {}).items() if path.startswith("/api/")} | {
        PREFIX + path: each for path, each in mine["paths"].items()
    }
    components: dict[str, Any] = {}
    for part in (public.get("components", {}), mine.get("components", {})):
        for kind, named in part.items():
            components.setdefault(kind, {}).update(named)
    return {"openapi": mine["openapi"], "info": mine["info"], "paths": paths, "components": components}


def _install(api: FastAPI) -> None:
    @api.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        return failure(error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return failure(422, f"{place}: {first['msg']}")

    @api.exception_handler(MeterdropError)
    async def _ours(request: Request, error: MeterdropError) -> JSONResponse:
        if isinstance(error, ConflictError):
            return failure(409, str(error))
        if isinstance(error, UsageError):
            return failure(400, str(error))
        log.error("%s %s: %s", request.method, request.url.path, error)
        return failure(503 if isinstance(error, StorageError) else 500, "try again later", retry=30)


_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}


def failure(
    status: int, message: str, headers: Mapping[str, str] | None = None, retry: int = 0
) -> JSONResponse:
    """``{"error": code, "message": one line}``."""
    more = {"Retry-After": str(retry)} if retry else {}
    body = {"error": _CODES.get(status, "error"), "message": message}
    return JSONResponse(body, status, {**(headers or {}), **more})
