"""How fast the review page is: from the key to the next slip on the screen, in a real Chromium on loopback.

``python -m benchmarks.pages [--slips 100]``: slips of a pile are read, nothing is accepted by the machine,
and each is accepted by ENTER. ``--home FOLDER``: take the slips in review of these records, which changes
them. Measured in the browser: the time from the key's event to the second frame after the next slip was
shown, its picture decoded. Beside it: how long the server took to accept, the grid from ENTER to its next
page, and what a slip costs in processor time, which others' load changes less: in the service that accepts
it, and on the main thread of the page.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.pile import DAY, pile
from domain.gate import Thresholds
from meterdrop.settings import load_settings
from meterdrop.wiring import context
from review_ui.app import create_staff_app
from review_ui.staff import stamp_of
from services import batch, register, review, users
from services.context import Context
from services.results import BatchOrder
from web.settings import WebSettings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
]

#: Notes when ENTER is pressed and when the next slip stands on the screen with its picture.
LISTEN = """() => {
  window.timed = [];
  let pressed = 0;
  const hear = (event) => { if (event.key === 'Enter') pressed = performance.now(); };
  document.addEventListener('keydown', hear, true);
  const shown = '.sheet:not([hidden]) svg.whole image, .glyphs:not([hidden]) img';
  const decoded = () => Promise.all([...document.querySelectorAll(shown)].map((image) => image.decode()));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const note = async (from) => {
    await decoded();
    await frame();
    await frame();
    window.timed.push(performance.now() - from);
  };
  new MutationObserver((changes) => {
    if (!pressed || !changes.some((change) => !change.target.hidden)) return;
    note(pressed);
    pressed = 0;
  }).observe(document.getElementById('desk'), { subtree: true, attributeFilter: ['hidden'] });
}"""


def main() -> int:
    """Measure and print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--slips", type=int, default=100)
    arguments.add_argument("--home", type=Path, help="records that are there, instead of a pile's")
    asked = arguments.parse_args()
    browser = shutil.which("chromium")
    if browser is None:
        print("there is no chromium; apt-get install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as made, _desk(asked.home, Path(made), asked.slips) as ctx:
        user = users.add_user(ctx, f"benchmark {secrets.token_hex(4)}", "reviewer", secrets.token_urlsafe(24))
        app = create_staff_app(ctx, WebSettings(secrets.token_urlsafe(48)))
        accepting: list[float] = []
        sessions = app.state.sessions
        cookie = {"name": sessions.cookie, "value": sessions.write(sessions.start(user.name, stamp_of(user)))}
        with _serving(app) as base, sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
            tab = running.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            tab.add_cookies([{**cookie, "url": base}])
            page = tab.new_page()
            grid = _grid(page, base)
            work = tab.new_cdp_session(page)
            work.send("Performance.enable", {"timeDomain": "threadTicks"})
            with _processor_time() as in_service:
                timed, on_page = _review(page, base, accepting, work)
            running.close()
    result = {
        "slips": len(timed),
        "page_to_page_ms": _figures(timed),
        "accept_call_ms": _figures(accepting),
        "accept_processor_ms": _figures(in_service),
        "page_processor_ms": _figures(on_page),
        "grid_pages": len(grid),
        "grid_page_to_page_ms": _figures(grid) if grid else None,
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=2))
    return 0


@contextmanager
def _desk(home: Path | None, folder: Path, slips: int) -> Iterator[Context]:
    """The records in ``home``, or new ones in ``folder`` with ``slips`` slips read by the shipped weights."""
    settings = load_settings({"METERDROP_HOME": str(home or folder)})
    with context(settings) as ctx:
        if home is not None:
            yield ctx
            return
        made = pile(slips)
        nobody = replace(ctx, thresholds=lambda channel, template, model: Thresholds({}))
        register.import_register(nobody, made.register, "krasnoyarskenergosbyt")
        order = BatchOrder("krasnoyarskenergosbyt", "station", "benchmark", DAY)
        batch.run_batch(nobody, [made.pdf], order)
        yield nobody


def _review(
    page: Page, base: str, accepting: list[float], work: CDPSession
) -> tuple[list[float], list[float]]:
    """Milliseconds from the last ENTER to the next slip, and what each slip's keys cost the page's thread."""

    def used() -> float:
        metrics = work.send("Performance.getMetrics")["metrics"]
        return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    page.goto(f"{base}/review")
    page.wait_for_selector("body[data-ready]")
    page.evaluate(LISTEN)
    page.on("requestfinished", lambda request: _note(request.url, request.timing, accepting))
    timed: list[float] = []
    on_page: list[float] = []
    while page.url.split("/")[-1].isdigit():
        # As a person does: the next slip is fetched while this one is looked at.
        page.wait_for_load_state("networkidle")
        before, begun = page.url, used()
        for _ in range(4):
            page.keyboard.press("Enter")
            page.wait_for_timeout(150)
            if page.url != before:
                break
        else:
            # Something is really wrong with this one: it is rejected and not counted.
            page.keyboard.press("Escape")
            page.keyboard.press("1")
            page.wait_for_timeout(600)
            page.evaluate("() => window.timed?.splice(0)")
            continue
        if page.url.split("/")[-1].isdigit() and page.url != before:
            page.wait_for_function("() => window.timed.length > 0")
            timed += page.evaluate("() => window.timed.splice(0)")
            on_page.append(used() - begun)
    return timed, on_page


@contextmanager
def _processor_time() -> Iterator[list[float]]:
    """Collects the processor milliseconds that each call of the service took in its thread."""
    spent: list[float] = []
    accept = review.accept

    def measured(*given: Any, **named: Any) -> Any:
        begun = time.thread_time()
        try:
            return accept(*given, **named)
        finally:
            spent.append(1000 * (time.thread_time() - begun))

    review.accept = measured
    yield spent
    review.accept = accept


def _note(url: str, timing: dict[str, float], accepting: list[float]) -> None:
    if url.endswith("/accept"):
        accepting.append(timing["responseEnd"] - timing["requestStart"])


def _grid(page: Page, base: str) -> list[float]:
    timed: list[float] = []
    page.goto(f"{base}/grid?glyph=1")
    page.wait_for_load_state("networkidle")
    page.evaluate(LISTEN)
    while page.locator(".glyphs[data-more]:not([hidden])").count():
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Enter")
        page.wait_for_function("() => window.timed.length > 0")
        timed += page.evaluate("() => window.timed.splice(0)")
    return timed


def _figures(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
        "most": round(ordered[-1], 1),
    }


@contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    serve: Callable[..., None] = server.run
    thread = threading.Thread(target=serve, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    sys.exit(main())
