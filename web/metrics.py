"""``/metrics`` of a web app, and the timings of its requests.

Who may read it: whoever has the token; without a token only a program on this machine. Others are told that
there is no such page.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import trail

log = logging.getLogger(__name__)

PATH = "/metrics"
REQUEST_ID = "X-Request-Id"
#: Upper ends of the bins of a request's seconds.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Moments at which counters began: a line each, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MetricsSettings:
    """``token``: asked for as ``Authorization: Bearer``; "": only programs on this machine are answered.

    ``behind_proxy``: what comes from this machine may come through a proxy from anywhere, so that nobody is
    answered without a token.
    """

    app: str
    token: str = ""
    behind_proxy: bool = False


class HttpMetrics:
    """Counts and times the requests of one app, in this process."""

    def __init__(self, app: str, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "meterdrop_http_requests",
            "Requests answered.",
            ("app", "method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "meterdrop_http_request_seconds",
            "Seconds until a request was answered.",
            ("app", "method", "route"),
            buckets=SECONDS,
            registry=registry,
        )
        self.open = Gauge(
            "meterdrop_http_requests_open", "Requests being answered.", ("app",), registry=registry
        )
        self.app = app

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is through."""
        self.requests.labels(self.app, method, route, str(status)).inc()
        self.seconds.labels(self.app, method, route).observe(seconds)


class Timings:
    """Times each request and gives it a name, which every line of the log about it bears."""

    def __init__(
        self, app: ASGIApp, metrics: HttpMetrics | None, stopwatch: Callable[[], float], name: str
    ) -> None:
        self.app, self.metrics, self.stopwatch, self.name = app, metrics, stopwatch, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request = self.stopwatch(), 500, secrets.token_hex(6)

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request
            await send(message)

        if self.metrics is not None:
            self.metrics.open.labels(self.name).inc()
        try:
            with trail.about(request=request):
                try:
                    await self.app(scope, receive, watch)
                finally:
                    self._note(scope, status, self.stopwatch() - began)
        finally:
            if self.metrics is not None:
                self.metrics.open.labels(self.name).dec()

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # A method that nobody knows would be a label of a stranger's making.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_of(scope)
        if self.metrics is not None:
            self.metrics.note(method, route, status, seconds)
        fields = {
            "app": self.name,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
        }
        log.info("answered", extra=fields)


def route_of(scope: Scope) -> str:
    """The pattern that the request's path fits, such as ``/status/{reference}``: never the path itself."""
    route = scope.get("route")
    pattern = getattr(route, "path", None)
    if isinstance(pattern, str):
        mounted = str(scope.get("root_path", ""))
        # Where the app itself is mounted under a path, that is a constant of ours, too.
        return pattern if pattern.startswith(mounted) else mounted + pattern
    return "/static" if str(scope.get("path", "")).startswith("/static/") else "unknown"


def install(
    app: FastAPI,
    settings: MetricsSettings | None,
    stopwatch: Callable[[], float],
    *collectors: Collector,
    name: str = "",
) -> None:
    """Time the requests of ``app`` and, with ``settings``, answer ``/metrics``.

    ``collectors``: what is told beside the timings.
    """
    if settings is None:
        app.add_middleware(Timings, metrics=None, stopwatch=stopwatch, name=name)
        return
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    metrics = HttpMetrics(settings.app, registry)
    app.add_middleware(Timings, metrics=metrics, stopwatch=stopwatch, name=settings.app)

    @app.get(PATH, include_in_schema=False)
    def tell(request: Request) -> Response:
        if not may_read(request, settings):
            raise HTTPException(404)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def may_read(request: Request, settings: MetricsSettings) -> bool:
    """Whether the token is right, or, where none is set, the request comes from this machine itself."""
    if settings.token:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), settings.token.encode())
    if settings.behind_proxy or request.client is None:
        return False
    try:
        local = ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    # A page elsewhere may lead a browser on this machine here under a name of its own.
    return local and request.url.hostname in _LOCAL_NAMES
