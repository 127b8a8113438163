"""Which character of a value stands in which cell."""

from __future__ import annotations

from collections.abc import Sequence

BLANK = "_"


def by_place(value: str, raw: Sequence[str], count: int, *, is_date: bool = False) -> list[str]:
    """One text for each of ``count`` cells: the decoded ``value`` laid over the cells that are not blank.

    ``raw``: what the ink alone says, a character a cell, ``_`` for blank; a date's value is YYYY-MM-DD and
    its cells are DDMMYYYY. "" where nothing stands.
    """
    if is_date:
        parts = value.split("-")
        value = "".join(reversed(parts)) if len(parts) == 3 else value.replace(".", "")
    filled = [index for index, char in enumerate(raw[:count]) if char != BLANK]
    if len(value) == len(filled):
        places = filled
    else:
        start = filled[0] if filled and filled[0] + len(value) <= count else 0
        places = list(range(start, start + len(value)))
    values = [""] * count
    for place, char in zip(places, value, strict=False):
        if place < count:
            values[place] = char
    return values
