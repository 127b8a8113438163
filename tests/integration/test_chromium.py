"""The browser that the other tests rely on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.slow


def test_it_shows_pages_and_speaks_russian(chromium_page: Page) -> None:
    chromium_page.set_content("<h1>Показания</h1><script>document.title = navigator.language</script>")
    assert chromium_page.get_by_role("heading", name="Показания").is_visible()
    assert chromium_page.title() == "ru-RU"
