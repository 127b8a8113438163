"""Prefect's environment variables: quiet, private, offline, everything under our own folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def environment(home: Path, api_url: str | None = None, level: str = "WARNING") -> dict[str, str]:
    """What a process that uses Prefect needs to have set *before* it imports Prefect.

    ``home``: folder for Prefect's own files (its server's database, profiles). ``api_url``: the server to
    talk to. ``level``: from which level on Prefect's log lines are shown.
    """
    values = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_LOGGING_LEVEL": level,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }
    if api_url is not None:
        values["PREFECT_API_URL"] = api_url
    return values


def prepare(home: Path, api_url: str | None = None, given: Mapping[str, str] = os.environ) -> None:
    """Set them in a process that calls flows itself; what the user has set (``given``) stays, but the server.

    Only critical log lines are shown: a flow that fails raises in the caller, who says so in one line.
    """
    for name, value in environment(home, api_url, level="CRITICAL").items():
        if name == "PREFECT_API_URL" or name not in given:
            os.environ[name] = value
