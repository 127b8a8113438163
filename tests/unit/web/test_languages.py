"""Russian is complete: a text added to a page and not to the catalogue fails here."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.languages import language

ROOT = Path(__file__).parents[3]
CATALOGUES = ROOT / "web/locale/ru/LC_MESSAGES"
ROOMS = ("web", "review_ui", "intake")


def used() -> set[str]:
    """Every text of the pages; of a plural the singular."""
    found = set()
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    options = {"**/templates/**.html": {"newstyle_gettext": "true", "silent": "false"}}
    for room in ROOMS:
        for _, _, message, _, _ in extract_from_dir(str(ROOT / room), methods, options):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def translated() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="ru")
        for message in catalogue:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                assert found.setdefault(key, strings) == strings, f"two translations of {key!r}"
    return found


def test_the_catalogue_has_every_text_and_no_other() -> None:
    texts = used()
    assert len(texts) > 80, "the extraction found the pages"
    assert texts == set(translated())


def test_translations_are_there_and_keep_their_placeholders() -> None:
    for text, strings in translated().items():
        assert len(strings) in (1, 3), text
        for string in strings:
            assert string.strip(), f"no Russian for {text!r}"
            assert sorted(re.findall(r"%\(\w+\)s", string)) == sorted(re.findall(r"%\(\w+\)s", text)), text
            assert re.search("[а-яё]", string.lower()) or not re.search("[a-z]{3}", string), string


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "Получен 1 лист"),
        (3, "Получено 3 листа"),
        (11, "Получено 11 листов"),
        (1021, "Получен 1\xa0021 лист"),
    ],
)
def test_russian_counts_in_three_forms(number: int, text: str) -> None:
    assert language("ru").ngettext("%(num)s sheet received", "%(num)s sheets received", number) == text


def test_days_are_written_as_readers_write_them() -> None:
    day = date(2026, 11, 4)
    assert (language("ru").day(day), language("ru").short(day)) == ("4 ноября 2026 г.", "04.11.2026")
    assert (language("en").day(day), language("en").short(day)) == ("4 November 2026", "04/11/2026")
    assert language("ru").day(None) == language("en").short(None) == ""


def test_an_unknown_language_is_russian() -> None:
    assert language("xx").code == "ru"
