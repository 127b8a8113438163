"""A form of two sides as one: the front's fields and the back's, the back drawn below the front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from templates.model import Box, Field, Template

#: Between the keys of the two sides in the key of the whole: ``name@1+name-back@1``.
_AND = "+"
#: White between the two sides where both are shown, in millimetres.
GAP_MM = 4.0


@lru_cache(maxsize=256)
def joined(front: Template, back: Template) -> Template:
    """The two sides as one form, whose key names both versions.

    Fields keep their places on the front; those of the back lie below it, ``back_top_mm`` further down. What
    both sides ask for is the front's. It is never looked for on a page: each side is found by itself.
    """
    names = {field.name for field in front.fields}
    down = back_top_mm(front)
    more = tuple(_lowered(field, down) for field in back.fields if field.name not in names)
    return replace(
        front,
        name=f"{front.key}{_AND}{back.name}",
        version=back.version,
        fields=front.fields + more,
        width_mm=max(front.width_mm, back.width_mm),
        height_mm=down + back.height_mm,
    )


def back_top_mm(front: Template) -> float:
    """Where the back begins in the joined form, from the front's top."""
    return front.height_mm + GAP_MM


def sides_of(templates: Mapping[str, Template], key: str) -> tuple[Template, Template] | None:
    """Front and back of a joined form; None for any other key, or where one of the two is not known."""
    first, found, second = key.partition(_AND)
    if not found:
        return None
    front, back = templates.get(first), templates.get(second)
    return None if front is None or back is None else (front, back)


def form_of(templates: Mapping[str, Template], key: str | None) -> Template | None:
    """The form that a sheet was read with, also where it is two sides in one; None for an unknown key."""
    if not key:
        return None
    if _AND in key:
        both = sides_of(templates, key)
        return None if both is None else joined(*both)
    return templates.get(key)


def backs_with_fields(forms: Iterable[Template], front: Template) -> tuple[Template, ...]:
    """The forms that are the other side of ``front`` and have something written on them; newest version of
    each.
    """
    newest: dict[str, Template] = {}
    for form in forms:
        if form.back_of == front.name and (
            form.name not in newest or newest[form.name].version < form.version
        ):
            newest[form.name] = form
    return tuple(form for form in newest.values() if form.fields)


def _lowered(field: Field, down: float) -> Field:
    cells = tuple(_below(cell, down) for cell in field.cells)
    return replace(field, box=_below(field.box, down), cells=cells)


def _below(box: Box, down: float) -> Box:
    return replace(box, y_mm=box.y_mm + down)
