"""Takes a picture of every page, Russian, as a telephone and as a desk shows it.

    METERDROP_HOME=HOME python -m scripts.page_pictures FOLDER

HOME: a demo's records, or any others. Somebody joins the staff for the pictures, and is shut out afterwards.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from domain.errors import AlreadyExistsError, UsageError
from intake.app import create_public_app
from meterdrop.wiring import context
from review_ui.app import create_staff_app
from review_ui.staff import stamp_of
from scripts.pictures import FLAGS, _serving
from services import designing, review, station, users
from services.context import Context
from storage.records.accounts import Accounts
from web.settings import WebSettings

SIZES = {"phone": (360, 740), "desk": (1366, 768)}
PERSON = "Снимки страниц"


def main() -> int:
    """Take them all; says which were taken."""
    if len(sys.argv) != 2:
        raise UsageError("name the folder for the pictures: python -m scripts.page_pictures FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium")
    if browser is None:
        raise UsageError("there is no chromium; apt-get install chromium")
    settings = WebSettings(secrets.token_urlsafe(48))
    with context() as ctx, _person(ctx), sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        staff, public = create_staff_app(ctx, settings), create_public_app(ctx, settings)
        user = users.get_user(ctx, PERSON)
        assert user is not None
        cookie = staff.state.sessions.write(staff.state.sessions.start(user.name, stamp_of(user)))
        with _serving(staff) as base:
            session = {"name": staff.state.sessions.cookie, "value": cookie, "url": base}
            for name, path in _staff_pages(ctx):
                _take(running, folder / name, base + path, session if name != "login" else None)
        with _serving(public) as base:
            for name, path in _public_pages(ctx):
                _take(running, folder / name, base + path, None)
        running.close()
        # The review page held a slip: it goes back to the others.
        sheet = review.claim_next(ctx, PERSON)
        if sheet is not None:
            review.release(ctx, PERSON, sheet.sheet_id)
    return 0


@contextmanager
def _person(ctx: Context) -> Iterator[None]:
    try:
        users.add_user(ctx, PERSON, "admin", users.new_password())
    except AlreadyExistsError:
        users.let_in(ctx, PERSON, "console")
    try:
        yield
    finally:
        # Not through shut_out: without another administrator that would be refused.
        with ctx.records.begin() as tx:
            tx.staff.set_left(PERSON, ctx.clock())


def _staff_pages(ctx: Context) -> Iterator[tuple[str, str]]:
    yield from (("login", "/login"), ("review", "/review"), ("grid", "/grid"), ("second", "/second"))
    yield from (("dashboard", "/dashboard"), ("audit", "/audit"), ("users", "/users"))
    yield from (("password", "/password"), ("station", "/station"), ("desk", "/desk"))
    yield "templates", "/templates"
    for draft in designing.drafts(ctx)[:1]:
        yield "designer", f"/templates/drafts/{draft.row.id}"
    for view in station.latest(ctx, 1):
        yield "batch", f"/station/{view.row.batch.id}"
    with ctx.records.read() as tx:
        rows = [row for row in tx.sheets.get(list(range(1, 200))) if row.account is not None]
        if rows and Accounts(tx.connection).cases(rows[0].supplier, rows[0].account or ""):
            yield "account", f"/desk?supplier={rows[0].supplier}&account={rows[0].account}"


def _public_pages(ctx: Context) -> Iterator[tuple[str, str]]:
    yield from (("send", "/"), ("unknown", "/status/AAAABBBBCCCC"))
    with ctx.records.read() as tx:
        references = Accounts(tx.connection).references(1)
    yield from (("status", f"/status/{reference}") for reference in references)


def _take(browser: Browser, target: Path, url: str, cookie: dict[str, str] | None) -> None:
    for size, (width, height) in SIZES.items():
        tab = browser.new_context(viewport={"width": width, "height": height}, locale="ru-RU")
        if cookie is not None:
            tab.add_cookies([cookie])  # type: ignore[list-item]
        page = tab.new_page()
        page.goto(url)
        page.wait_for_load_state("networkidle")
        picture = target.with_name(f"{target.name}-{size}.png")
        page.screenshot(path=picture, full_page=True)
        tab.close()
        print(picture)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UsageError as error:
        sys.exit(f"Error: {error}")
