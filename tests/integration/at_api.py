"""The public app in a process to be killed: ``at_api.py URL OBJECTS PORT``."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from intake.app import create_public_app
from services.message_form import MESSAGE
from storage.records import Records, RecordsSettings
from tests.paper import open_services
from web.settings import WebSettings


def main(url: str, objects: str, port: str) -> None:
    day = datetime(2026, 11, 24, 9, tzinfo=UTC)
    ctx = open_services(Records.open(RecordsSettings(url)), Path(objects), lambda: day)
    ctx = replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})
    uvicorn.run(create_public_app(ctx, WebSettings("s" * 40)), port=int(port), log_level="critical")


if __name__ == "__main__":
    main(*sys.argv[1:])
