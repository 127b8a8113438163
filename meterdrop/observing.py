"""Which metrics an app of this installation tells, and to whom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from meterdrop.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.context import Context


def observe(app: FastAPI, name: str, settings: Settings, ctx: Context | None = None) -> None:
    """Time the requests of ``app`` and answer ``/metrics`` as the settings say.

    With ``ctx`` the records' figures are told, too: one app does it, for they are the same everywhere.
    """
    from services.vitals import Watch
    from web.exposition import VitalMetrics
    from web.metrics import MetricsSettings, install

    if not settings.switch("METERDROP_METRICS"):
        install(app, None, time.perf_counter, name=name)
        return
    access = MetricsSettings(
        name, settings.text("METERDROP_METRICS_TOKEN"), settings.switch("METERDROP_BEHIND_TLS")
    )
    collectors = [] if ctx is None else [VitalMetrics(Watch(ctx, time.monotonic), settings.home)]
    install(app, access, time.perf_counter, *collectors)
