"""Which pages of a file are the two sides of one paper.

A scanner writes both sides next to each other, but which first, and what is missing between them, differs: a
paper lies upside down in the stack, one was printed on one side, a page cannot be made out. So the file is
divided into papers in the way that supposes the fewest such things, and two pages count as one paper only
where every other division supposes more of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Face(Enum):
    """What a page shows: a form's front or back, nothing that could be told, or something else."""

    FRONT = "front"
    BACK = "back"
    UNKNOWN = "unknown"
    OTHER = "other"


@dataclass(frozen=True)
class Page:
    """A page of a file. ``form``: the name of the form whose front or back it is."""

    face: Face
    form: str = ""


class Doubt(Enum):
    """Why a page has no other side: there is none, or it is not sure which one it is."""

    ALONE = "alone"
    UNSURE = "unsure"


#: What a division into papers supposes, in half deviations: a front by itself (a paper printed on one side),
#: a back by itself (its front is lost), a paper that lies the other way up than the one before it.
_LONE = {Face.FRONT: 2, Face.BACK: 4, Face.UNKNOWN: 0, Face.OTHER: 0}
_TURNED = 1
#: By so much another division has to suppose more.
_MARGIN = 1
_FAR = 1 << 30
#: How the paper before lay: not known yet, front first, back first.
_WAYS = range(3)
_FRONT_FIRST, _BACK_FIRST = 1, 2


def other_sides(pages: Sequence[Page]) -> list[int | Doubt]:
    """For each front and back its other side's index, or why it has none; ``ALONE`` for all other pages.

    ``pages``: all pages of a file, in its order. Exact: the cheapest divisions with and without each pair are
    compared (Bellman's recursion forwards and backwards). A pair beside a back that is left over is unsure:
    that is what a stack looks like whose backs were scanned after all its fronts.
    """
    count = len(pages)
    before = _forwards(pages)
    behind = _backwards(pages)
    found: list[int | Doubt] = [Doubt.ALONE] * count
    for first in range(count - 1):
        for way in _ways(pages[first], pages[first + 1]):
            joined = min(before[first][w] + _turn(w, way) for w in _WAYS) + behind[first + 2][way]
            apart = min(before[first + 1][w] + behind[first + 1][w] for w in _WAYS)
            if joined + _MARGIN <= apart:
                found[first], found[first + 1] = first + 1, first
            elif joined < apart + _MARGIN:
                for index in (first, first + 1):
                    if found[index] is Doubt.ALONE:
                        found[index] = Doubt.UNSURE
    return _beside_left_over(pages, found)


def _beside_left_over(pages: Sequence[Page], found: list[int | Doubt]) -> list[int | Doubt]:
    lone = [
        page.face is Face.BACK and isinstance(other, Doubt) for page, other in zip(pages, found, strict=True)
    ]
    result = list(found)
    for index, other in enumerate(found):
        if isinstance(other, Doubt):
            continue
        for beside in (min(index, other) - 1, max(index, other) + 1):
            if 0 <= beside < len(pages) and lone[beside] and _same(pages, beside, index):
                result[index] = result[other] = Doubt.UNSURE
    return result


def _same(pages: Sequence[Page], one: int, other: int) -> bool:
    return not pages[other].form or pages[one].form == pages[other].form


def _ways(first: Page, second: Page) -> tuple[int, ...]:
    """The ways up in which two pages may be one paper."""
    faces = (first.face, second.face)
    known = {page.form for page in (first, second) if page.face is not Face.UNKNOWN}
    if Face.OTHER in faces or len(known) > 1 or faces == (Face.UNKNOWN, Face.UNKNOWN):
        return ()
    if Face.UNKNOWN in faces:
        front_first = faces[0] is Face.FRONT or faces[1] is Face.BACK
    elif faces[0] is faces[1]:
        return ()
    else:
        front_first = faces[0] is Face.FRONT
    return (_FRONT_FIRST if front_first else _BACK_FIRST,)


def _turn(before: int, way: int) -> int:
    return _TURNED if before not in {0, way} else 0


def _forwards(pages: Sequence[Page]) -> list[list[int]]:
    """[i][w]: the least that the pages before ``i`` suppose, if the last paper of two sides lay as ``w``."""
    best = [[0, _FAR, _FAR]]
    for index, page in enumerate(pages):
        row = [cost + _LONE[page.face] for cost in best[index]]
        if index:
            for way in _ways(pages[index - 1], page):
                row[way] = min(row[way], *(best[index - 1][w] + _turn(w, way) for w in _WAYS))
        best.append(row)
    return best


def _backwards(pages: Sequence[Page]) -> list[list[int]]:
    """[i][w]: the least that the pages from ``i`` on suppose, if the last paper before them lay as ``w``."""
    count = len(pages)
    best = [[0, 0, 0] for _ in range(count + 2)]
    for index in range(count - 1, -1, -1):
        row = [cost + _LONE[pages[index].face] for cost in best[index + 1]]
        if index + 1 < count:
            for way in _ways(pages[index], pages[index + 1]):
                row = [
                    min(cost, _turn(before, way) + best[index + 2][way]) for before, cost in enumerate(row)
                ]
        best[index] = row
    return best
