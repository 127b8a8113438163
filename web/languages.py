"""Russian first, English second: texts, dates and numbers as readers of each write them.

Texts in code and templates are English; the ``.po`` files in ``locale/ru/LC_MESSAGES`` have the Russian ones:
each part of the pages its own. They are read as they are, when the process starts: there is no compiled copy
that could be forgotten or out of date.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from importlib.resources import files

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

#: code → the language's own name; the first is the default.
LANGUAGES = {"ru": "Русский", "en": "English"}


@dataclass(frozen=True)
class Language:
    """One language of the pages."""

    code: str
    name: str
    translations: NullTranslations

    def gettext(self, text: str) -> str:
        """``text`` in this language."""
        return self.translations.gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """``one`` or ``many`` in this language's plural form for ``number``, with the number filled in."""
        return self.translations.ngettext(one, many, number) % {"num": self.number(number)}

    def day(self, day: date | None) -> str:
        """A day in words: "24 ноября 2026 г." or "24 November 2026"; empty for None."""
        if day is None:
            return ""
        return format_date(day, format="d MMMM y", locale=self.code) + (" г." if self.code == "ru" else "")

    def short(self, day: date | None) -> str:
        """A day in digits: "24.11.2026" or "24/11/2026"; empty for None."""
        return "" if day is None else f"{day:%d.%m.%Y}" if self.code == "ru" else f"{day:%d/%m/%Y}"

    def time(self, moment: datetime) -> str:
        """A moment as day and time, in the moment's own time zone."""
        return format_datetime(moment, format="d MMMM y, HH:mm", locale=self.code)

    def number(self, number: float) -> str:
        """A number with this language's separators."""
        return format_decimal(number, locale=self.code)


@cache
def language(code: str) -> Language:
    """The language of that code; an unknown code gives the default one."""
    if code not in LANGUAGES:
        code = next(iter(LANGUAGES))
    translations = NullTranslations() if code == "en" else _read_catalogue(code)
    return Language(code, LANGUAGES[code], translations)


def _read_catalogue(code: str) -> NullTranslations:
    folder = files("web") / "locale" / code / "LC_MESSAGES"
    catalogue = read_po(io.BytesIO((folder / "messages.po").read_bytes()), locale=code)
    for po in folder.iterdir():
        if po.name.endswith(".po") and po.name != "messages.po":
            for message in read_po(io.BytesIO(po.read_bytes()), locale=code):
                if message.id:
                    catalogue[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


#: What templates and page code call a translator.
Translate = Callable[[str], str]
