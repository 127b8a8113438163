"""An address as it was read against an address of the register: do they name the same home?

What counts is what tells two homes apart: the numbers of house, building and flat, and the words of town and
street. The reader's text is never taken as it is, for letters are often wrong: words are compared by their
common letter pairs (Dice 1945), numbers as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words that say what kind of a place follows, and nothing of which.
_KINDS_TEXT = """
    г город пгт пос поселок п с село д дер деревня ул улица пр пр-кт просп проспект пер переулок пл площадь
    б-р бульвар ш шоссе наб набережная мкр микрорайон кв квартира дом корп корпус к стр строение оф офис обл
    область край респ республика р-н район снт тер
"""
_KINDS = frozenset(_KINDS_TEXT.split())
_WORD = re.compile(r"[а-яa-z]+(?:-[а-яa-z]+)*|\d+(?:[а-я](?![а-я]))?")
#: Letters that look alike in print, Latin to Cyrillic: a reader of both mixes them.
_ALIKE = str.maketrans("abcehkmoptxyёu", "авсенкмортхуеи")


@dataclass(frozen=True)
class Likeness:
    """``numbers``: share of the register's numbers that were read; ``words``: the same of its words, softly.

    ``foreign``: numbers that were read and that the register's address has not.
    """

    numbers: float
    words: float
    foreign: int

    @property
    def same(self) -> bool:
        """The same home as far as it was read."""
        return self.numbers == 1.0 and self.foreign == 0 and self.words >= 0.55

    @property
    def other(self) -> bool:
        """Another home: its numbers are others although the words are there, or nothing is alike."""
        return (self.foreign > 0 and self.numbers < 1.0) or (self.words < 0.2 and self.numbers < 0.5)


def compare(read: str, registered: str) -> Likeness:
    """How alike two addresses are; an empty one is like nothing."""
    ours, theirs = _parts(registered), _parts(read)
    wanted = [part for part in ours if part[0].isdigit()]
    said = [part for part in theirs if part[0].isdigit()]
    left = list(said)
    found = 0
    for number in wanted:
        if number in left:
            left.remove(number)
            found += 1
    words = [part for part in ours if not part[0].isdigit() and part not in _KINDS]
    others = [part for part in theirs if not part[0].isdigit() and part not in _KINDS]
    alike = [max((_dice(word, other) for other in others), default=0.0) for word in words]
    return Likeness(
        numbers=found / len(wanted) if wanted else 0.0,
        words=sum(alike) / len(alike) if alike else 0.0,
        foreign=len(left),
    )


def _parts(address: str) -> list[str]:
    return _WORD.findall(address.lower().translate(_ALIKE).replace("№", " "))


def _dice(one: str, other: str) -> float:
    pairs, others = _pairs(one), _pairs(other)
    total = len(pairs) + len(others)
    return 2 * len(pairs & others) / total if total else float(one == other)


def _pairs(word: str) -> set[str]:
    return {word[i : i + 2] for i in range(len(word) - 1)}
