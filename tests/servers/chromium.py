"""A real Chromium from the system's packages, driven by Playwright."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

from tests.servers.processes import find, require

_FLAGS = [
    "--no-sandbox",  # root may not use it; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    # It must ask nobody on the internet anything.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _chromium() -> Path | None:
    """A Chromium that can be driven; Ubuntu's package is only a pointer to a snap, which cannot see /tmp."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable"):
        path = find(name)
        if path is None:
            continue
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if answer.returncode == 0 and "snap" not in answer.stdout.lower():
            return path
    return None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser for one test module: Playwright's running loop would disturb others' asyncio."""
    program = require("Chromium", {"chromium": _chromium()}, "chromium")["chromium"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(program), args=_FLAGS)
        yield running
        running.close()


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, Russian, Krasnoyarsk time; a page that asks for another host fails the test."""
    context = browser.new_context(
        locale="ru-RU", timezone_id="Asia/Krasnoyarsk", viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(30_000)  # a laden machine is slow, not wrong
    strangers: list[str] = []

    def keep_inside(route: Route, request: Request) -> None:
        if urlsplit(request.url).hostname in {"127.0.0.1", "localhost"}:
            route.continue_()
        else:
            strangers.append(request.url)
            route.abort()

    context.route(re.compile("^(http|ws)s?:"), keep_inside)
    yield context
    context.close()
    assert not strangers, f"the page asked for what is not ours: {strangers}"


@pytest.fixture
def chromium_page(browser_context: BrowserContext) -> Iterator[Page]:
    """A page; a script's error fails the test."""
    page = browser_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors, f"scripts failed: {errors}"
