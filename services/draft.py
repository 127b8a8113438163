"""A form that is being drawn: its fields in millimetres, as the page sends them and the records keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

from domain.errors import UsageError
from ocr.layout import Named
from ocr.layout.places import even, groups
from services.text import clean
from templates.field_kinds import KINDS, WITH_CELLS
from templates.model import Border, Check, Codes, FieldKind, Purpose

#: Fields of one form; more is a mistake of a script.
MOST_FIELDS = 200
_DATE = (2, 2, 4)


@dataclass(frozen=True)
class DraftField:
    """A field, or a place that may become one. Lengths in millimetres from the page's top left.

    Cells: ``groups`` of them with ``gap`` between the groups, or ``starts``, where each begins (from ``x``)
    if they stand unevenly. ``name`` "": nobody has said what it is.
    """

    name: str
    kind: FieldKind
    label: str
    x: float
    y: float
    w: float
    h: float
    required: bool = False
    groups: tuple[int, ...] = ()
    gap: float = 0.0
    starts: tuple[float, ...] = ()
    border: Border = "box"
    check: Check = ""
    codes: Codes = "any"

    @property
    def cell_w(self) -> float:
        """Width of one cell; 0 for a field without cells."""
        if self.kind not in WITH_CELLS:
            return 0.0
        if self.starts:
            return self.w - self.starts[-1]
        counts = _DATE if self.kind == "date" else self.groups or (1,)
        return (self.w - self.gap * (len(counts) - 1)) / max(1, sum(counts))


@dataclass(frozen=True)
class DraftForm:
    """All that is drawn. ``filled``: the picture is of a filled sheet, whose writing has to be taken out.

    ``places``: where one may write, too, by the form's lines; not yet taken as fields.
    """

    title: str
    name: str
    width: float
    height: float
    purpose: Purpose = "slip"
    filled: bool = False
    fields: tuple[DraftField, ...] = ()
    places: tuple[DraftField, ...] = ()


def to_json(form: DraftForm) -> dict[str, Any]:
    """As the records keep it."""
    return asdict(form)


def from_json(data: Mapping[str, Any]) -> DraftForm:
    """The inverse of ``to_json``; raises ``UsageError`` for what is no form."""
    try:
        values = {name: data[name] for name in ("purpose", "filled")}
        return DraftForm(
            **values,
            title=clean(data["title"]),
            name=clean(data["name"]),
            width=float(data["width"]),
            height=float(data["height"]),
            fields=_fields(data["fields"]),
            places=_fields(data["places"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"this is no drawn form: {error}") from None


def _fields(items: Sequence[Mapping[str, Any]]) -> tuple[DraftField, ...]:
    if len(items) > MOST_FIELDS:
        raise UsageError(f"a form has at most {MOST_FIELDS} fields")
    return tuple(_field(item) for item in items)


def _field(item: Mapping[str, Any]) -> DraftField:
    known = {field.name for field in fields(DraftField)}
    values = {name: value for name, value in item.items() if name in known}
    # Neither a database nor a file can keep every character.
    for name in ("name", "label"):
        values[name] = clean(values.get(name, ""))
    for name in ("groups", "starts"):
        values[name] = tuple(values.get(name, ()))
    field = DraftField(**values)
    for value, choices in (
        (field.kind, KINDS),
        (field.border, get_args(Border)),
        (field.check, get_args(Check)),
        (field.codes, get_args(Codes)),
    ):
        if value not in choices:
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, choices))}")
    return field


def proposed(named: Named) -> DraftField:
    """What a found place would be as a field."""
    place, box = named.place, named.place.box
    counts: tuple[int, ...] = ()
    starts: tuple[float, ...] = ()
    gap = 0.0
    if place.shape == "cells":
        counts, gap = groups(place.cells)
        if not even(place.cells, counts, gap) or (named.kind == "date" and counts != _DATE):
            starts = tuple(round(cell.x_mm - box.x_mm, 2) for cell in place.cells)
    x, y, w, h = (round(v, 2) for v in (box.x_mm, box.y_mm, box.w_mm, box.h_mm))
    return DraftField(
        name=named.name,
        kind=named.kind,
        label=named.label,
        x=x,
        y=y,
        w=w,
        h=h,
        required=named.name in ("account", "reading", "date", "signature"),
        groups=counts,
        gap=round(gap, 2),
        starts=starts,
        border="rule" if place.shape == "rule" else "box",
        check="email" if named.name == "email" else "phone" if named.name == "phone" else "",
    )
