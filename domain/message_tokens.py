"""A message's text as numbers and labels with what stands between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from domain import message_words as words

Kind = Literal["number", "account", "reading", "tariff", "word"]

#: Letters that people take for digits: О (Cyrillic or Latin) for 0 anywhere beside a digit.
_ZERO: Final = str.maketrans("оОoO", "0000")
#: З for 3 is certain only where the length of the number tells: in an account.
_THREE: Final = str.maketrans("зЗ", "33")
_STARS: Final = str.maketrans({"∗": "*", "＊": "*", "✱": "*", "✳": "*", "⋆": "*", "×": "x", "∙": "*"})
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\ufe0f]")
_SPACES: Final = re.compile(r"[^\S\n]+")
_QUOTES: Final = re.compile("[«»“”„\"'`]")
_CHUNK: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = re.compile(r"[0-9]+")
_NUMBER: Final = re.compile(r"[0-9оОoO]*[0-9][0-9оОoO]*")
_NUMBER_WITH_THREE: Final = re.compile(r"[0-9оОoOзЗ]*[0-9][0-9оОoOзЗ]*")
_CROSSES: Final = frozenset("xXхХ")
_CROSSED: Final = re.compile(r"([0-9оОoOзЗ]+)[xXхХ]([0-9оОoOзЗ]+)")
_CROSS_BESIDE: Final = re.compile(r"([xXхХ]?)([0-9][0-9оОoOзЗ]*)([xXхХ]?)")
_GLUED: Final = re.compile(r"([^\W\d_]+?)([0-9][0-9оОoO]*)")


@dataclass(frozen=True)
class Token:
    """``text``: a number's digits, or a word in lower case; ``gap``: what stands before it.

    ``guessed``: a letter of the number was taken for a digit that only its length can confirm.
    """

    kind: Kind
    text: str
    gap: str = ""
    guessed: bool = False


@dataclass(frozen=True)
class Tokens:
    """A message's tokens, what follows the last one, and the surname that was written beside them.

    ``named_first``: the surname stands before all numbers, as where one dictates surname, account, reading.
    """

    tokens: tuple[Token, ...]
    rest: str = ""
    surname: str = ""
    named_first: bool = False


def tokenise(text: str, labels: frozenset[str] = frozenset(), *, subject: bool = False) -> Tokens | None:
    """The tokens of ``text``; None when it has a word or a sign that nobody can be sure about.

    ``labels``: the supplier's own names of an account, in lower case. ``subject``: a mail's.
    """
    text = _plain(words.REPLY.sub("", text) if subject else text)
    surname, named_first = "", False
    for match in words.NAME.finditer(text):
        # Between numbers a name is a street's: "0563 Ленина 105".
        before, after = text[: match.start()], text[match.end() :]
        if _is_name(match) and not (_DIGITS.search(before) and _DIGITS.search(after)):
            surname = _name(match)
            named_first = _DIGITS.search(after) is not None
            text = f"{before} {after}"
            break
    found = list(_merged(list(_raw(text)), labels | words.ACCOUNT))
    if any(token.kind == "word" for token in found):
        return None
    last = found.pop()
    return Tokens(tuple(found), last.gap, surname, named_first)


def _plain(text: str) -> str:
    """``text`` with one sort of space, star and line end; without units and reply marks."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(_ascii_digit(symbol) for symbol in text).translate(_STARS)
    text = _SPACES.sub(" ", text)
    text = words.UNIT.sub(" ", words.ACCOUNT_SHORT.sub(" лс ", text))
    return _QUOTES.sub("", text)


def _ascii_digit(symbol: str) -> str:
    """Full-width digits as plain ones; superscripts and other scripts' digits stay what they are."""
    if "０" <= symbol <= "９":
        return unicodedata.normalize("NFKC", symbol)
    return symbol


def _name(match: re.Match[str]) -> str:
    return str(next(filter(None, match.group("with_initials", "after_initials", "alone"))))


def _is_name(match: re.Match[str]) -> bool:
    return _name(match).lower() not in words.NO_NAMES


def _raw(text: str) -> Iterator[Token]:
    """Numbers and single words; at the end an empty number that carries what is left."""
    end = 0
    for chunk in _CHUNK.finditer(text):
        gap, end, before = text[end : chunk.start()], chunk.end(), chunk.group()
        for piece in _pieces(before):
            yield Token(piece.kind, piece.text, gap + piece.gap, piece.guessed)
            gap = ""
    yield Token("number", "", text[end:])


def _pieces(chunk: str) -> Iterator[Token]:
    """A run of letters and digits: a number, a word, a zone, or two of them without a space."""
    crossed = _CROSSED.fullmatch(chunk)
    if chunk.lower() in words.TARIFFS:
        yield Token("word", chunk.lower())
    elif _NUMBER.fullmatch(chunk):
        yield Token("number", chunk.translate(_ZERO))
    elif crossed and all(_DIGITS.search(part) for part in crossed.groups()):
        left, right = crossed.groups()
        yield from _pieces(left)
        for piece in _pieces(right):
            yield Token(piece.kind, piece.text, "x", piece.guessed)
    elif chunk in _CROSSES:
        yield Token("word", "x")
    elif (beside := _CROSS_BESIDE.fullmatch(chunk)) and bool(beside.group(1)) != bool(beside.group(3)):
        for part in filter(None, beside.groups()):
            yield from _pieces(part)
    elif _NUMBER_WITH_THREE.fullmatch(chunk):
        yield Token("number", chunk.translate(_ZERO).translate(_THREE), guessed=True)
    elif glued := _GLUED.fullmatch(chunk):
        yield Token("word", glued.group(1).lower())
        yield Token("number", glued.group(2).translate(_ZERO))
    else:
        yield Token("word", chunk.lower())


def _merged(raw: list[Token], account: frozenset[str]) -> Iterator[Token]:
    """Words as labels, the longest phrase first; courtesies vanish, what is not known stays a word."""
    index, carried = 0, ""
    while index < len(raw):
        token = raw[index]
        if token.kind != "word":
            yield Token(token.kind, token.text, carried + token.gap, token.guessed)
            index, carried = index + 1, ""
            continue
        if token.text == "x":
            carried, index = f"{carried}{token.gap}x", index + 1
            continue
        kind, length = _phrase(raw, index, account)
        gap = carried + token.gap
        if kind == "courtesy":
            carried = f"{gap} "
        else:
            zone = str(words.TARIFFS[token.text]) if kind == "tariff" else ""
            yield Token(kind, zone or token.text, gap)
            carried = ""
        index += length


def _phrase(raw: list[Token], start: int, account: frozenset[str]) -> tuple[Kind | Literal["courtesy"], int]:
    for length in range(words.LONGEST_PHRASE, 0, -1):
        part = raw[start : start + length]
        if len(part) < length or any(token.kind != "word" for token in part):
            continue
        # An abbreviation's point may stand between: "лиц. счёт".
        if any(token.gap not in {" ", ". ", "."} for token in part[1:]):
            continue
        phrase = " ".join(token.text for token in part)
        if phrase in words.TARIFFS:
            return "tariff", length
        if phrase in words.READING:
            return "reading", length
        if phrase in account:
            return "account", length
        if phrase in words.COURTESY:
            return "courtesy", length
    return "word", 1
