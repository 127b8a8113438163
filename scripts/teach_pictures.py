"""Takes the pictures of docs/teach.md: a form is taught on the real page in a real Chromium.

    METERDROP_HOME=EMPTY-FOLDER python -m scripts.teach_pictures docs/teach

The form is the drop-box slip without its corner markers, the filled sheet is drawn by the simulated pens.
"""

from __future__ import annotations

import io
import secrets
import shutil
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from domain.errors import UsageError
from meterdrop.wiring import context
from review_ui.app import create_staff_app
from review_ui.staff import stamp_of
from scripts.page_pictures import PERSON, _person
from scripts.pictures import FLAGS, _serving
from services import users
from simulate import fill, hands, paper, scanner
from templates import find
from templates.printing import picture
from web.settings import WebSettings

DPI = 200
VALUES = {
    "account": "121000000001",
    "address": "Мира 12, кв. 45",
    "reading": "05630",
    "date": "24112026",
    "signature": "x",
}

Grey = NDArray[np.uint8]


def main() -> int:
    """Teach the form and take the pictures; says how long the computer took for each step."""
    if len(sys.argv) != 2:
        raise UsageError("name the folder for the pictures: python -m scripts.teach_pictures docs/teach")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium")
    if browser is None:
        raise UsageError("there is no chromium; apt-get install chromium")
    with context() as ctx, _person(ctx), sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        app = create_staff_app(ctx, WebSettings(secrets.token_urlsafe(48)))
        user = users.get_user(ctx, PERSON)
        assert user is not None
        cookie = app.state.sessions.write(app.state.sessions.start(user.name, stamp_of(user)))
        with _serving(app) as base:
            tab = running.new_context(viewport={"width": 1366, "height": 900}, locale="ru-RU")
            tab.add_cookies([{"name": app.state.sessions.cookie, "value": cookie, "url": base}])
            tab.set_default_timeout(180_000)
            _teach(tab.new_page(), base, folder)
        running.close()
    return 0


def _teach(page: Page, base: str, folder: Path) -> None:
    page.goto(f"{base}/templates", wait_until="networkidle")
    page.get_by_label("Скан или PDF").set_input_files(
        {"name": "blank.png", "mimeType": "image/png", "buffer": _png(_blank())}
    )
    page.screenshot(path=folder / "begin.png", clip={"x": 0, "y": 0, "width": 1366, "height": 300})
    started = time.monotonic()
    page.get_by_role("button", name="Начать").click()
    page.wait_for_selector("body[data-ready]")
    print(f"found the fields: {time.monotonic() - started:.1f} s, {page.locator('.f').count()} fields")
    page.get_by_label("Как называется").fill("Бланк ящика без меток")
    page.locator(".f").nth(0).click(position={"x": 40, "y": 20})
    page.wait_for_selector("body[data-kept]")
    page.screenshot(path=folder / "draw.png")
    started = time.monotonic()
    page.locator("#examples").set_input_files(
        {"name": "filled.png", "mimeType": "image/png", "buffer": _png(_filled())}
    )
    expect(page.locator("#trying")).to_contain_text(":", timeout=180_000)
    print(f"read a filled sheet: {time.monotonic() - started:.1f} s, {page.locator('#trying').inner_text()}")
    page.locator("#tried").screenshot(path=folder / "tried.png")
    page.get_by_role("button", name="Опубликовать").click()
    page.wait_for_url("**published=*", wait_until="networkidle")
    page.screenshot(path=folder / "published.png", clip={"x": 0, "y": 0, "width": 1366, "height": 620})
    for path in sorted(folder.glob("*.png")):
        small = Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        print(f"{path}: {path.stat().st_size // 1000} kB")


def _blank() -> Grey:
    form = find("krasnoyarsk-dropbox")
    grey = np.array(picture(form, DPI).convert("L"))
    for marker in form.markers:
        box = marker.box.grown(1.0)
        left, top, right, bottom = (
            round(v / 25.4 * DPI) for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)
        )
        cv2.rectangle(grey, (left, top), (right, bottom), 255, -1)
    return grey


def _filled() -> Grey:
    rng = np.random.default_rng(5)
    writer = fill.Writer(hand=hands.HANDS[2])
    sheet = paper.written(fill.fill(find("krasnoyarsk-dropbox"), VALUES, writer, rng), _blank(), DPI, rng)
    return np.ascontiguousarray(scanner.scan(sheet, scanner.Scan(blur_px=0.5, noise=4), rng))


def _png(grey: Grey) -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UsageError as error:
        sys.exit(f"Error: {error}")
