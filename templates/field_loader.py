"""One entry of a form's ``fields`` list -> ``Field`` and what is printed around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from templates.art import Artwork, HatchArt, LabelArt, TextArt
from templates.field_kinds import (
    FREE_NAME,
    KINDS,
    WITH_CELLS,
    Meaning,
    kinds_of,
    known_names,
    meaning,
    usual_border,
)
from templates.model import Border, Box, Check, CodeContent, Codes, Field, FieldKind
from templates.yaml_nodes import Section, Value

MM_PER_PT = 25.4 / 72
_DATE_GROUPS = (2, 2, 4)
_LABEL_RISE_MM = 1.7


@dataclass(frozen=True)
class Style:
    """Type sizes of the fields' labels and hints, in points."""

    label_pt: float = 10.5
    hint_pt: float = 8.0


@dataclass(frozen=True)
class LoadedField:
    """A field, what is printed around it, and where it stands in the file."""

    field: Field
    artwork: Artwork
    source: Section


def load_field(section: Section, style: Style, *, personal: bool) -> LoadedField:
    """Loads one field; raises ``TemplateError``."""
    name, means = _name(section)
    section.what = f"поле {name}"
    kind = _kind(section, name, means, personal=personal)
    label_value = section.need("label", "Лицевой счёт")
    label = label_value.text("label")
    required_value = section.get("required")
    required = required_value.yes_no("required") if required_value is not None else False
    x, y = section.need("at", "[12, 46]").numbers("at", 2, 0, 500)
    cells: tuple[Box, ...] = ()
    texts: tuple[TextArt, ...] = ()
    hatches: tuple[HatchArt, ...] = ()
    if kind in WITH_CELLS:
        cells = _cells(section, x, y, is_date=kind == "date")
        box = Box.around(cells)
        texts = _dots(cells) if kind == "date" else ()
        comma, hatches = _comma(section, cells, style)
        texts += comma
    else:
        width, height = section.need("size", "[124, 10]").numbers("size", 2, 3, 500)
        box = Box(x, y, width, height)
    labels: tuple[LabelArt, ...] = ()
    if kind == "tick":
        texts += (_beside(section, label_value, box, style),)
    elif kind != "code":
        labels = (_label(section, label, box, style),)
    field = _with_options(
        section, Field(name, kind, means.role, required, label, box, cells, means.tariff, means.meter)
    )
    section.done()
    return LoadedField(field, Artwork(texts=texts, labels=labels, hatches=hatches), section)


def _name(section: Section) -> tuple[str, Meaning]:
    """The field's name, and what it means; a free name has to say ``role: other``."""
    value = section.need("name", "account")
    role = section.get("role")
    name = str(value.scalar())
    means = meaning(name)
    if means is not None:
        if role is not None:
            role.choice("role", (means.role,))
        return name, means
    if role is None or not FREE_NAME.fullmatch(name):
        raise value.error(
            f"«name: {name}» не подходит (not one of the choices)",
            "напишите одно из: "
            + ", ".join(known_names())
            + "; своё имя — латиницей строчными, с «role: other»",
        )
    role.choice("role", ("other",))
    return name, Meaning("other")


def _kind(section: Section, name: str, means: Meaning, *, personal: bool) -> FieldKind:
    allowed = kinds_of(name, means.role, personal=personal)
    value = section.need("kind", allowed[0])
    kind = cast(FieldKind, value.choice("kind", KINDS))
    if kind not in allowed:
        raise value.error(
            f"поле «{name}» не бывает вида «{kind}» (wrong kind)", f"напишите kind: {' или '.join(allowed)}"
        )
    return kind


def _with_options(section: Section, field: Field) -> Field:
    """The field with what only some kinds have: its border, check, codes, type size."""
    border: Border = usual_border(field.kind)
    check: Check = ""
    codes: Codes = "any"
    content: CodeContent = "account"
    type_pt = 0.0
    account_at: tuple[int, int] | None = None
    if not field.cells:
        value = section.get("border")
        border = cast(Border, value.choice("border", ("box", "rule", "none"))) if value else border
    if field.kind in ("handwriting", "typed", "digits", "digits_line"):
        value = section.get("check")
        check = cast(Check, value.choice("check", ("email", "phone"))) if value else check
    if field.kind == "code":
        value = section.get("codes")
        codes = cast(Codes, value.choice("codes", ("any", "qr", "barcode"))) if value else codes
        value = section.get("content")
        content = cast(CodeContent, value.choice("content", ("account", "payment"))) if value else content
        account_at = _account_at(section)
    if field.kind == "typed":
        value = section.get("type")
        type_pt = value.number("type", 6, 60) if value else type_pt
    return replace(
        field,
        border=border,
        check=check,
        codes=codes,
        content=content,
        type_pt=type_pt,
        account_at=account_at,
    )


def _account_at(section: Section) -> tuple[int, int] | None:
    """Which characters of a code are the account, the first and the last, from 1."""
    value = section.get("account_at")
    if value is None:
        return None
    first, last = (int(n) for n in value.numbers("account_at", 2, 1, 200))
    if first > last:
        raise value.error(
            f"«account_at: [{first}, {last}]» наоборот (reversed)", f"напишите account_at: [{last}, {first}]"
        )
    return first, last


def _cells(section: Section, x: float, y: float, *, is_date: bool) -> tuple[Box, ...]:
    width, height = section.need("cell", "[8, 10]").numbers("cell", 2, 2, 40)
    gap_value = section.get("gap")
    gap = gap_value.number("gap", 0, 40) if gap_value is not None else 0.0
    starts = section.get("starts")
    if starts is not None:
        return _uneven(starts, x, y, width, height, is_date=is_date)
    if is_date:
        groups: tuple[int, ...] = _DATE_GROUPS
    else:
        groups_value = section.need("groups", "[3, 3]")
        groups = tuple(int(n) for n in groups_value.numbers("groups", None, 1, 20))
        if not 1 <= sum(groups) <= 20:
            raise groups_value.error(
                f"в поле {sum(groups)} клеток (cell count)",
                "напишите, сколько клеток в каждой группе: [3, 3]",
            )
    boxes = []
    for size in groups:
        for _ in range(size):
            boxes.append(Box(round(x, 4), y, width, height))
            x += width
        x += gap
    return tuple(boxes)


def _uneven(
    starts: Value, x: float, y: float, width: float, height: float, *, is_date: bool
) -> tuple[Box, ...]:
    """Cells at any distances, as other people's forms have them: where each begins, from the first."""
    values = starts.numbers("starts", sum(_DATE_GROUPS) if is_date else None, 0, 500)
    if not 1 <= len(values) <= 20 or values[0] != 0:
        raise starts.error(
            f"в «starts» чисел: {len(values)} (cell count)",
            "напишите до 20 чисел, первое 0: на сколько мм левый край каждой клетки правее первой",
        )
    for before, after in pairwise(values):
        if after < before + 0.7 * width:
            raise starts.error(
                f"клетки в «starts» накрывают друг друга: {before:g} и {after:g} (cells overlap)",
                "исправьте числа: они растут хотя бы на ширину клетки",
            )
    return tuple(Box(round(x + start, 4), y, width, height) for start in values)


def _dots(cells: tuple[Box, ...]) -> tuple[TextArt, ...]:
    """The points of DD.MM.YYYY, in the gaps between the groups."""
    dots = []
    for before, after in ((cells[1], cells[2]), (cells[3], cells[4])):
        size = 1.1 * before.h_mm / MM_PER_PT
        middle = (before.right_mm + after.x_mm) / 2
        dots.append(TextArt(".", middle, before.bottom_mm - 0.92 * before.h_mm, size, "bold", "center"))
    return tuple(dots)


def _comma(
    section: Section, cells: tuple[Box, ...], style: Style
) -> tuple[tuple[TextArt, ...], tuple[HatchArt, ...]]:
    """The decimal mark behind the last cell, the crossed out place of the tenths, and a note behind it."""
    value = section.get("comma")
    note = section.get("note")
    if value is None or not value.yes_no("comma"):
        if note is not None:
            raise note.error(
                "«note» бывает только вместе с «comma: yes» (note without comma)", "добавьте comma: yes"
            )
        return (), ()
    last = cells[-1]
    size = 1.15 * last.h_mm / MM_PER_PT
    x = last.right_mm + 0.8
    texts = [TextArt(",", x, last.bottom_mm - 0.75 * 1.15 * last.h_mm, size, "bold")]
    width, height = 0.45 * last.w_mm, 0.6 * last.h_mm
    tenths = HatchArt(x + 0.38 * last.h_mm, last.bottom_mm - height, width, height)
    if note is not None:
        texts.append(
            TextArt(
                note.text("note"),
                tenths.x_mm + tenths.w_mm + 1.6,
                last.bottom_mm - 0.5 * last.h_mm - 1.0 * style.hint_pt * MM_PER_PT,
                style.hint_pt,
                "italic",
                ink=0.6,
                line=note.line,
            )
        )
    return tuple(texts), (tenths,)


def _label(section: Section, label: str, box: Box, style: Style) -> LabelArt:
    step = section.get("step")
    hint = section.get("hint")
    return LabelArt(
        label,
        box.x_mm,
        box.y_mm - _LABEL_RISE_MM * style.label_pt / 10.5,
        style.label_pt,
        step=str(step.integer("step", 1, 99)) if step is not None else "",
        hint=hint.text("hint") if hint is not None else "",
        hint_size_pt=style.hint_pt,
        line=section.line,
    )


def _beside(section: Section, label: Value, box: Box, style: Style) -> TextArt:
    """What a tick says, to the right of its box; ``width`` is where it is wrapped."""
    width = section.get("width")
    size_mm = style.label_pt * MM_PER_PT
    return TextArt(
        label.text("label"),
        box.right_mm + 2.0,
        box.y_mm + min(box.h_mm / 2, 2.5) - 0.55 * size_mm,
        style.label_pt,
        width_mm=width.number("width", 5, 500) if width is not None else None,
        line=section.line,
    )
