"""Which pages are the two sides of one paper: named stacks, and all small ones against every division."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import pytest

from domain.sides import Doubt, Face, Page, other_sides

FACES = {"F": Face.FRONT, "B": Face.BACK, "?": Face.UNKNOWN, ".": Face.OTHER}


def pages(stack: str) -> list[Page]:
    """``F``, ``B``: of form "a"; ``G``, ``C``: front and back of form "b"; ``?``: unknown; ``.``: other."""
    form = {"F": "a", "B": "a", "G": "b", "C": "b"}
    face = {"G": "F", "C": "B"}
    return [Page(FACES[face.get(each, each)], form.get(each, "")) for each in stack]


def said(stack: str) -> str:
    """Pairs in brackets, ``!`` behind what is unsure."""
    found, text = other_sides(pages(stack)), ""
    for index, (each, other) in enumerate(zip(stack, found, strict=True)):
        if isinstance(other, Doubt):
            text += each + ("!" if other is Doubt.UNSURE else "")
        else:
            text += f"({each}" if other > index else f"{each})"
    return text


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("FBFBFB", "(FB)(FB)(FB)"),
        ("BFBFBF", "(BF)(BF)(BF)"),
        # a paper upside down, and one printed on one side, in a stack of others
        ("FBBFFB", "(FB)(BF)(FB)"),
        ("FBFBFFBFB", "(FB)(FB)F(FB)(FB)"),
        (".FB..BF.", ".(FB)..(BF)."),
        # a front that could not be made out keeps its place
        ("?BFBFB", "(?B)(FB)(FB)"),
        ("FB?BFB", "(FB)(?B)(FB)"),
        ("FB.F?FB", "(FB).(F?)(FB)"),
        # both ends of the stack are missing: either way is as likely
        ("BFBFB", "B!F!B!F!B!"),
        ("FBF", "F!B!F!"),
        ("?BFBF?", "?!B!F!B!F!?!"),
        # backs scanned after all fronts
        ("FFFBBB", "FFF!B!BB"),
        ("FGCB", "F(GC)B"),
        ("FCGB", "F(CG)B"),
        ("FF", "FF"),
        ("B", "B"),
        ("", ""),
    ],
)
def test_stacks(stack: str, expected: str) -> None:
    assert said(stack) == expected


def test_a_long_stack_is_divided_as_a_short_one() -> None:
    assert said("FB" * 500) == "(FB)" * 500
    assert said("." + "FB" * 200 + "F" + "FB" * 200) == "." + "(FB)" * 200 + "F" + "(FB)" * 200


def divisions(stack: str) -> Iterator[tuple[int, frozenset[tuple[int, int]]]]:
    """Every way to divide a stack of one form into papers: (half deviations, pairs)."""
    lone = {"F": 2, "B": 4}

    def go(
        at: int, cost: int, ways: str, pairs: frozenset[tuple[int, int]]
    ) -> Iterator[tuple[int, frozenset[tuple[int, int]]]]:
        if at == len(stack):
            yield cost + sum(a != b for a, b in pairwise(ways)), pairs
            return
        yield from go(at + 1, cost + lone.get(stack[at], 0), ways, pairs)
        two = stack[at : at + 2]
        if two in {"FB", "F?", "?B"}:
            yield from go(at + 2, cost, ways + "f", pairs | {(at, at + 1)})
        if two in {"BF", "B?", "?F"}:
            yield from go(at + 2, cost, ways + "b", pairs | {(at, at + 1)})

    return go(0, 0, "", frozenset())


def test_two_pages_are_one_paper_only_where_every_other_division_supposes_more() -> None:
    for length in range(2, 7):
        for stack in map("".join, product("FB?.", repeat=length)):
            every = list(divisions(stack))
            found = other_sides(pages(stack))
            for at, other in enumerate(found):
                if other != at + 1:
                    continue
                with_it = min(cost for cost, pairs in every if (at, at + 1) in pairs)
                without = min(cost for cost, pairs in every if (at, at + 1) not in pairs)
                assert with_it < without, stack
                assert found[at + 1] == at, stack
