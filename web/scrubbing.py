"""What may stand in a log: our own constant words, numbers of records, codes. Nothing that a customer wrote.

A list of patterns to hide would always miss one: a surname looks like any other word. So it is the other way
round. Our own messages are constants (a test holds every call to that); of their arguments numbers, codes and
enumerations pass as they are, and everything else as text of strangers: of that, only ASCII words outside
quotation marks and short numbers are left. An exception that we did not raise on purpose tells its kind
and its place, never its text: those of databases hold whole rows.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from datetime import date
from types import TracebackType
from typing import Any

from domain.errors import MeterdropError
from web.masking import masked

#: Accounts have eight digits or more; numbers of records stay below.
_MOST = 99_999_999
_LONGEST = 300
#: Names in code, of suppliers, hosts and modules; no word with four digits in a row.
_CODE = re.compile(r"[a-z](?:[a-z0-9]|[_./:@-](?=[a-z0-9])){0,79}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{4,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|«[^»]*»|“[^”]*”|`[^`]*`")
#: Whole words, tried from where a word begins: a long one must not cost its length squared.
_MAIL = re.compile(r"(?<!\S)\S*@\S*")
#: Letters written as numbers (addresses of pages, mails, JSON), and what may be packed text.
_ENCODED = re.compile(r"(?<!\S)\S*(?:[%=][0-9A-Fa-f]{2}|\\[ux])\S*")
_PACKED = re.compile(r"(?![0-9a-f]{32,}(?![0-9A-Za-z]))[0-9A-Za-z+/=_-]{40,}")
_FOREIGN = re.compile(r"(?<!\S)\S*[^\x00-\x7f–—…×→≤≥±µ]+\S*")
_NUMBER = re.compile(r"(?<!\S)\S*[0-9](?:[ ()+-]{0,2}[0-9]){3,}\S*")
_ADDRESS = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}[.]){3}[0-9]{1,3}(?::[0-9]{1,5})?(?![0-9.])")
_DATE = re.compile(r"(?<![0-9])20[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9])")
#: Stands for what was left out.
HIDDEN = "…"


def scrubbed(text: str) -> str:
    """Text of strangers without anything that might be a customer's."""
    text = masked("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]))
    text = _QUOTED.sub(HIDDEN, text)
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{'i' * len(kept)}\x00"

    # Addresses of machines and days say nothing of anybody, and help.
    text = _DATE.sub(keep, _ADDRESS.sub(keep, text))
    for pattern in (_MAIL, _ENCODED, _FOREIGN, _PACKED, _NUMBER):
        text = pattern.sub(HIDDEN, text)
    text = re.sub(r"\x00(i+)\x00", lambda found: kept[len(found[1]) - 1], text)
    text = re.sub(r"(?:… ?){2,}", f"{HIDDEN} ", text)
    return " ".join(text.split())[:_LONGEST]


def is_code(text: str) -> bool:
    """Whether ``text`` is a word of programs: lower-case ASCII, no long run of digits."""
    return bool(_CODE.fullmatch(text)) and not _DIGITS.search(text)


def safe(value: object) -> Any:
    """One argument of a message, as it may be shown."""
    match value:
        case None | bool() | float() | date():
            return value
        case int():
            return value if -_MOST <= value <= _MOST else HIDDEN
        case BaseException():
            return told(value)
        case Mapping():
            return {scrubbed(str(key)): safe(each) for key, each in list(value.items())[:50]}
        case list() | tuple() | set() | frozenset():
            return [safe(each) for each in list(value)[:50]]
        case _:
            text = str(value)
            return text if is_code(text) else scrubbed(text)


def told(error: BaseException) -> str:
    """An exception's kind; of those raised on purpose, and of the system's, the cleaned text too."""
    kind = type(error).__name__
    if isinstance(error, MeterdropError):
        return f"{kind}: {scrubbed(str(error))}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {scrubbed(error.strerror)}"
    return kind


def trace(error: BaseException, at: TracebackType | None) -> str:
    """An exception with its places and its causes, without texts of strangers and without values."""
    lines: list[str] = []
    seen: set[int] = set()
    this: BaseException | None = error
    place = at
    while this is not None and id(this) not in seen and len(seen) < 5:
        seen.add(id(this))
        found = traceback.extract_tb(place)[-20:]
        lines += [f"  at {frame.filename}:{frame.lineno} in {frame.name}" for frame in found]
        lines.append(told(this))
        this = this.__cause__ or (None if this.__suppress_context__ else this.__context__)
        if this is not None:
            place = this.__traceback__
            lines.append("after:")
    return "\n".join(lines)
