"""What a text message or a mail's subject says: an account and its readings, or that it is not understood.

The formats that suppliers name are ``account*reading`` and ``account reading [reading …]``; people type them
with spaces, commas, brackets, labels, over several lines and the other way round. The parser lays every
reading of the text beside every other that the supplier's account format allows, and takes one only when it
is the only one. Doubtful is not understood: a wrong reading costs more than a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.message_tokens import Token, Tokens, tokenise
from domain.reasons import Reason
from domain.supplier import AccountFormat

#: No meter shows more digits before the mark.
MOST_DIGITS: Final = 8
#: An ordinary meter shows at most this many: more digits look like an account where its length is not fixed.
USUAL_DIGITS: Final = 6
#: Meters and zones of one account in one message.
MOST_READINGS: Final = 9
#: Longest text that is looked at, in characters: ten joined messages.
LONGEST: Final = 700

_DASHES: Final = re.compile("[-\u2010-\u2015\u2212?\uff1f]")
_BRACKETS: Final = str.maketrans("", "", "[]<>")
#: What may stand, once, between the account and a reading, after a label, and between two readings.
_BESIDE_ACCOUNT: Final = frozenset({"", "*", "**", "x", ",", ".", ";", ":", "=", "/", "|", "#"})
_AFTER_LABEL: Final = frozenset({"", ":", ".", ",", "=", "#", "№", ".:", ".№", ":№", "*"})
_BETWEEN: Final = frozenset({"", ",", ".", ";", "*", "/", "|"})
_BEFORE_ALL: Final = frozenset({"", "*", "#", "№", ".", ",", "!", ":", "!.", ",."})
_AFTER_ALL: Final = frozenset({"", ".", ",", "!", ";", "*", "#", "*#", "!!", "!!!", "..", "...", ".!", ",."})
#: A piece as short as this beside other readings may be decimals or a part of the reading before it.
_SHORT: Final = 2


@dataclass(frozen=True)
class Message:
    """``outcome`` is ``parsed`` or ``not_understood``.

    ``account``: text as the format wants it; ``readings``: digits before the decimal mark as typed, in the
    order of the account's meters and zones; ``surname``: where one was written; ``reasons``: why not.
    """

    account: str = ""
    readings: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    surname: str = ""

    @property
    def outcome(self) -> str:
        """``parsed`` or ``not_understood``."""
        return "not_understood" if self.reasons else "parsed"


@dataclass(frozen=True)
class _Sense:
    """One way to take the numbers. ``first``: the account comes before the readings."""

    account: str
    readings: tuple[str, ...]
    first: bool


class _DoubtError(Exception):
    """This way to take the numbers has something doubtful."""

    def __init__(self, reason: Reason = Reason.NOT_UNDERSTOOD) -> None:
        self.reason = reason


def parse_message(text: str, account: AccountFormat, *, subject: bool = False) -> Message:
    """What ``text`` says by the supplier's account format; ``subject``: it is a mail's. Never raises."""
    if len(text) > LONGEST or _DASHES.search(text):
        return Message(reasons=(Reason.NOT_UNDERSTOOD,))
    labels = {name.lower() for name in (account.name, *(alias.name for alias in account.aliases))}
    tokens = tokenise(text, frozenset(labels), subject=subject)
    if tokens is None:
        return Message(reasons=(Reason.NOT_UNDERSTOOD,))
    try:
        sense = _sense(tokens, account)
    except _DoubtError as doubt:
        return Message(reasons=(doubt.reason,))
    return Message(sense.account, sense.readings, surname=tokens.surname)


def _sense(found: Tokens, account: AccountFormat) -> _Sense:
    tokens = found.tokens
    numbers = [token for token in tokens if token.kind == "number"]
    if not numbers:
        raise _DoubtError()
    if _core(found.rest) not in _AFTER_ALL or _core(tokens[0].gap) not in _BEFORE_ALL:
        raise _DoubtError()
    senses: list[_Sense] = []
    doubts: list[Reason] = []
    for start, end in _places(tokens, account):
        try:
            senses.append(_taken(tokens, start, end, account))
        except _DoubtError as doubt:
            doubts.append(doubt.reason)
    if found.named_first:
        senses = [sense for sense in senses if sense.first]
    if not senses:
        raise _DoubtError(doubts[0] if doubts else _why_no_account(numbers, account))
    labelled = any(token.kind == "account" for token in tokens)
    return _only(senses, account, labelled=labelled)


def _why_no_account(numbers: Sequence[Token], account: AccountFormat) -> Reason:
    """No number can be the account: is one of a wrong length, or is there none at all?"""
    longest = max(len(token.text) for token in numbers)
    if len(numbers) > 1 and longest > USUAL_DIGITS:
        return Reason.ACCOUNT_FORMAT
    return Reason.READING_TOO_LONG if longest > MOST_DIGITS else Reason.ACCOUNT_MISSING


def _only(senses: Sequence[_Sense], account: AccountFormat, *, labelled: bool) -> _Sense:
    """The one sense, or the documented order where its numbers cannot well be the other way round."""
    if len(set(senses)) == 1:
        if not (account.fixed or labelled or senses[0].first) and not _surely_reversed(senses[0], account):
            raise _DoubtError()
        return senses[0]
    documented = [sense for sense in senses if sense.first]
    if account.fixed or len(documented) != 1:
        raise _DoubtError()
    longest = max(len(reading) for reading in documented[0].readings)
    if longest > min(USUAL_DIGITS, len(documented[0].account)):
        raise _DoubtError()
    return documented[0]


def _surely_reversed(sense: _Sense, account: AccountFormat) -> bool:
    """Whether no reading of a message in the other order may be an account, nor its account a reading."""
    longest = max(len(reading) for reading in sense.readings)
    return longest < account.shortest or (longest <= USUAL_DIGITS and len(sense.account) > MOST_DIGITS)


def _places(tokens: Sequence[Token], account: AccountFormat) -> Iterator[tuple[int, int]]:
    """Where the account may stand: the first or last number, or neighbours that make one of fixed length."""
    where = [index for index, token in enumerate(tokens) if token.kind == "number"]
    seen: set[tuple[int, int]] = set()
    for size in range(1, len(where) + 1):
        for start, end in ((where[0], where[size - 1]), (where[-size], where[-1])):
            part = tokens[start : end + 1]
            if size > 1 and not (account.fixed and _grouped(part)):
                continue
            number = "".join(token.text for token in part)
            if account.may_name(number) and (start, end) not in seen:
                seen.add((start, end))
                yield start, end


def _grouped(part: Sequence[Token]) -> bool:
    """Whether the numbers are one that was written in groups: 1210 0000 0000."""
    return all(token.kind == "number" and len(token.text) >= _SHORT for token in part) and all(
        token.gap == " " for token in part[1:]
    )


def _taken(tokens: Sequence[Token], start: int, end: int, account: AccountFormat) -> _Sense:
    """The message with the account at ``start`` … ``end``; raises ``_DoubtError``."""
    part, before, after = tokens[start : end + 1], tokens[:start], tokens[end + 1 :]
    if any(token.guessed for token in part) and not account.fixed:
        raise _DoubtError()
    first = not any(token.kind == "number" for token in before)
    rest = list(after if first else before)
    _check_labels(tokens, start, end, account)
    if first and any(token.kind == "tariff" for token in before):
        raise _DoubtError()
    if not first and any(token.kind != "account" for token in after):
        raise _DoubtError()
    rest = [token for token in rest if token.kind in {"number", "tariff"}]
    _check_gaps(tokens, start, end)
    numbers = [token for token in rest if token.kind == "number"]
    if not numbers:
        raise _DoubtError(Reason.READING_MISSING)
    _check_second_pair(part, numbers, account)
    glue = _core(after[0].gap) if first and after and after[0].gap in {",", "."} else ""
    readings = tuple(_readings(rest, glue if first else ""))
    return _Sense("".join(token.text for token in part), readings, first)


def _check_labels(tokens: Sequence[Token], start: int, end: int, account: AccountFormat) -> None:
    """A label says what the number after it is; behind the last number it says nothing that counts."""
    last = max(index for index, token in enumerate(tokens) if token.kind == "number")
    for index, token in enumerate(tokens[:last]):
        if token.kind not in {"account", "reading"}:
            continue
        follower = tokens[index + 1]
        names_account = start <= index + 1 <= end
        if token.kind == "account" and follower.kind != "account" and not names_account:
            raise _DoubtError()
        # "Показания 121000000000*0563": where an account's length is fixed, no harm is done.
        if token.kind == "reading" and names_account and not (account.fixed and index == 0):
            raise _DoubtError()


def _check_gaps(tokens: Sequence[Token], start: int, end: int) -> None:
    for index, token in enumerate(tokens):
        if index == 0 or start < index <= end:
            continue
        before, core = tokens[index - 1], _core(token.gap)
        if before.kind != "number":
            allowed = _AFTER_LABEL
        elif index in {start, end + 1}:
            allowed = _BESIDE_ACCOUNT
        else:
            allowed = _BETWEEN
        if core not in allowed or (token.kind == "number" and re.search(r"\s[.]$", token.gap)):
            raise _DoubtError()


def _check_second_pair(part: Sequence[Token], numbers: Sequence[Token], account: AccountFormat) -> None:
    """Two customers in one message: which reading is whose is anybody's guess."""
    length = sum(len(token.text) for token in part)
    others = [len(token.text) for token in numbers]
    if account.fixed:
        if any(account.may_name(token.text) and len(token.text) > MOST_DIGITS for token in numbers):
            raise _DoubtError(Reason.SEVERAL_ACCOUNTS)
        return
    if max(others) > USUAL_DIGITS or length in others[1:]:
        raise _DoubtError(Reason.SEVERAL_ACCOUNTS)
    lengths = [length, *others]
    pairs = list(zip(lengths[::2], lengths[1::2], strict=False))
    if len(lengths) >= 4 and len(lengths) % 2 == 0 and all(a >= account.shortest and a > b for a, b in pairs):
        raise _DoubtError(Reason.SEVERAL_ACCOUNTS)


def _readings(rest: Sequence[Token], glue: str) -> Iterator[str]:
    """The readings in the order of their meters or zones; decimals left out. ``glue``: account,reading."""
    found: list[tuple[int, str]] = []
    zone = 0
    decimal_before = False
    for index, token in enumerate(rest):
        before = rest[index - 1].kind if index else ""
        if token.kind == "tariff":
            if zone:
                raise _DoubtError()
            zone = int(token.text)
            continue
        if token.guessed:
            raise _DoubtError()
        if found and not zone and token.gap in {",", "."} and before == "number":
            if _is_decimal(token, glue, again=decimal_before):
                decimal_before = True
                continue
        elif found and not zone and _may_belong_to_the_one_before(token, found[-1][1]):
            raise _DoubtError()
        if len(token.text) > MOST_DIGITS:
            raise _DoubtError(Reason.READING_TOO_LONG)
        found.append((zone, token.text))
        zone, decimal_before = 0, False
    if zone:
        raise _DoubtError()
    zones = [number for number, _ in found]
    if len(found) > MOST_READINGS or (any(zones) and sorted(zones) != list(range(1, len(zones) + 1))):
        raise _DoubtError()
    yield from (text for _, text in sorted(found, key=lambda item: item[0]))


def _is_decimal(token: Token, glue: str, *, again: bool) -> bool:
    """Whether ``,7`` right behind a number is its decimals (True) or the next reading (False)."""
    digits = len(token.text)
    if again:
        raise _DoubtError()
    if glue == token.gap:
        # "УИН,5630,412": the mark separates. "УИН,5630,7" has decimals, and with two digits nobody knows.
        if digits == _SHORT:
            raise _DoubtError()
        return digits < _SHORT
    if digits > _SHORT:
        raise _DoubtError()
    return True


def _may_belong_to_the_one_before(token: Token, before: str) -> bool:
    """A short piece, or one after a short piece: decimals, or a reading that was written in groups."""
    if ";" in token.gap or "\n" in token.gap:
        return False
    return len(token.text) <= _SHORT or len(before) <= _SHORT


def _core(gap: str) -> str:
    """A gap without spaces and brackets; ``)`` behind a word is a smile."""
    return re.sub(r"\s", "", gap.translate(_BRACKETS))
