"""Whether two surnames may be one: people leave out initials, write ё as е, and robots hear endings badly."""

from __future__ import annotations

import re
from typing import Final

#: Latin letters that look like Cyrillic ones.
_ALIKE: Final = str.maketrans("aceopxykmthb", "асеорхукмтнв")
_ENDINGS: Final = (
    ("ская", "ский"),
    ("цкая", "цкий"),
    ("ая", "ый"),
    ("ова", "ов"),
    ("ева", "ев"),
    ("ина", "ин"),
)
#: From so many letters on, one of them may be wrong.
_LONG: Final = 6


def same_surname(registered: str, given: str) -> bool:
    """Whether ``given`` names the registered customer; with either unknown nothing contradicts it."""
    ours, theirs = _words(registered), _words(given)
    if not ours or not theirs:
        return True
    return any(_close(a, b) for a in ours[:1] for b in theirs)


def _words(text: str) -> list[str]:
    """The words of a name without initials, in one spelling and gender."""
    plain = text.lower().translate(_ALIKE).replace("ё", "е")
    return [_masculine(word) for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", plain) if len(word) > 1]


def _masculine(word: str) -> str:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word


def _close(a: str, b: str) -> bool:
    """Equal, or one letter added, left out, changed or exchanged with its neighbour in a long name."""
    if a == b:
        return True
    if min(len(a), len(b)) < _LONG or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    exchanged = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b or rest_a == rest_b[1:] or rest_a[1:] == rest_b[1:] or exchanged
