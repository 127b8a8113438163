"""Prefect's environment variables: quiet, private, offline, everything under our own folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def environment(home: Path, api_url: str | None = None) -> dict[str, str]:
    """What a process that uses Prefect needs to have set *before* it imports Prefect.

    ``home``: folder for Prefect's own files (its server's database, profiles). ``api_url``: the server to
    talk to.
    """
    values = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }
    if api_url is not None:
        values["PREFECT_API_URL"] = api_url
    return values


def prepare(home: Path, api_url: str | None = None, given: Mapping[str, str] = os.environ) -> None:
    """Set them in this process; what the user has set himself (``given``) stays, except the server's
    address.
    """
    for name, value in environment(home, api_url).items():
        if name == "PREFECT_API_URL" or name not in given:
            os.environ[name] = value
