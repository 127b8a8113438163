"""Makes docs/review.png from a demo's records, in the folder that METERDROP_HOME names.

The page is the real one in a real Chromium. The slip goes back to the queue afterwards.
"""

from __future__ import annotations

import argparse
import io
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import sync_playwright

from domain.errors import AlreadyExistsError, UsageError
from domain.reasons import Reason
from meterdrop.wiring import context
from review_ui.app import create_staff_app
from review_ui.staff import stamp_of
from services import review, users
from services.context import Context
from services.results import ReviewSheet, UserView
from web.settings import WebSettings

REVIEWER = "Анна Петрова"
SIZE = {"width": 1366, "height": 768}
MOST_BYTES = 400_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
]

#: Which slip shows best what the page is for: the better, the earlier.
WANTED = (Reason.ACCOUNT_UNCLEAR, Reason.ACCOUNT_NEIGHBOUR, Reason.READING_UNCLEAR)


def main() -> int:
    """Take the picture."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sheet", type=int, help="which sheet to show (default: one with unclear digits)")
    arguments.add_argument("--to", type=Path, default=Path("docs/review.png"))
    asked = arguments.parse_args()
    browser = shutil.which("chromium")
    if browser is None:
        raise UsageError("there is no chromium; apt-get install chromium")
    with context() as ctx:
        user = _reviewer(ctx)
        sheet_id = asked.sheet or _sheet(ctx, user)
        settings = WebSettings(secrets.token_urlsafe(48))
        app = create_staff_app(ctx, settings)
        sessions = app.state.sessions
        cookie = sessions.write(sessions.start(user.name, stamp_of(user)))
        with _serving(app) as base:
            shot = _shot(browser, f"{base}/review/{sheet_id}", base, sessions.cookie, cookie)
        review.release(ctx, user.name, sheet_id)
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(255, dither=Image.Dither.NONE)
    asked.to.parent.mkdir(parents=True, exist_ok=True)
    picture.save(asked.to, optimize=True)
    size = asked.to.stat().st_size
    print(f"{asked.to}: sheet {sheet_id}, {size // 1000} kB")
    return 0 if size < MOST_BYTES else 1


def _reviewer(ctx: Context) -> UserView:
    try:
        return users.add_user(ctx, REVIEWER, "reviewer", secrets.token_urlsafe(24))
    except AlreadyExistsError:
        found = users.get_user(ctx, REVIEWER)
        assert found is not None
        return found


def _sheet(ctx: Context, user: UserView) -> int:
    """The slip in the queue that shows the page best."""
    seen: dict[int, ReviewSheet] = {}
    while (sheet := review.claim_next(ctx, user.name, skip=list(seen))) is not None:
        seen[sheet.sheet_id] = sheet
    for sheet_id in seen:
        review.release(ctx, user.name, sheet_id)
    if not seen:
        raise UsageError("no slip is in review; run the demo first and set METERDROP_HOME to its folder")
    return min(seen.values(), key=_fitness).sheet_id


def _fitness(sheet: ReviewSheet) -> tuple[bool, bool, int, int]:
    """Less is better: the account known, only digits in doubt, the reason first in ``WANTED``, few doubts."""
    place = min((WANTED.index(reason) for reason in sheet.reasons if reason in WANTED), default=len(WANTED))
    others = any(reason not in WANTED for reason in sheet.reasons)
    return sheet.account is None, others, place, sum(field.weak for field in sheet.fields)


def _shot(browser: str, url: str, base: str, name: str, cookie: str) -> bytes:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        tab = running.new_context(viewport=SIZE, locale="ru-RU")  # type: ignore[arg-type]
        tab.add_cookies([{"name": name, "value": cookie, "url": base}])
        page = tab.new_page()
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        page.wait_for_load_state("networkidle")
        shot = page.screenshot()
        running.close()
    return shot


@contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UsageError as error:
        sys.exit(f"Error: {error}")
