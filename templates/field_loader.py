"""One entry of a form's ``fields`` list -> ``Field`` and what is printed around it."""

from __future__ import annotations

from dataclasses import dataclass

from templates.art import Artwork, HatchArt, LabelArt, TextArt
from templates.model import Box, Field, FieldKind, FieldRole
from templates.yaml_nodes import Section

MM_PER_PT = 25.4 / 72

#: The fields that meterdrop knows: role, kind, tariff.
KNOWN: dict[str, tuple[FieldRole, FieldKind, str | None]] = {
    "account": ("account", "digits", None),
    "address": ("address", "line", None),
    "reading": ("reading", "digits", "T1"),
    "reading_t2": ("reading", "digits", "T2"),
    "reading_t3": ("reading", "digits", "T3"),
    "date": ("date", "date", None),
    "signature": ("signature", "signature", None),
    "surname": ("surname", "line", None),
    "meter_serial": ("meter_serial", "digits", None),
    # of a box's header sheet
    "box": ("other", "digits", None),
    "seal": ("other", "digits", None),
    "collector": ("other", "digits", None),
    "emptied": ("other", "digits", None),
    "count": ("other", "digits", None),
}
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
    name_value = section.need("name", "account")
    name = name_value.choice("name", tuple(KNOWN))
    role, expected, tariff = KNOWN[name]
    if personal and name == "account":
        expected = "printed"
    section.what = f"поле {name}"
    kind_value = section.need("kind", expected)
    kind = kind_value.choice("kind", ("digits", "date", "line", "signature", "printed"))
    if kind != expected:
        raise kind_value.error(
            f"поле «{name}» не бывает вида «{kind}» (wrong kind)", f"напишите kind: {expected}"
        )
    label = section.need("label", "Лицевой счёт").text("label")
    required_value = section.get("required")
    required = required_value.yes_no("required") if required_value is not None else False
    at_value = section.need("at", "[12, 46]")
    x, y = at_value.numbers("at", 2, 0, 500)
    cells: tuple[Box, ...] = ()
    texts: tuple[TextArt, ...] = ()
    hatches: tuple[HatchArt, ...] = ()
    if expected in ("digits", "date"):
        cells = _cells(section, x, y, is_date=expected == "date")
        box = Box.around(cells)
        texts = _dots(cells) if expected == "date" else ()
        comma, hatches = _comma(section, cells, style)
        texts += comma
    else:
        width, height = section.need("size", "[124, 10]").numbers("size", 2, 3, 500)
        box = Box(x, y, width, height)
    labels = (_label(section, label, box, style),)
    section.done()
    return LoadedField(
        Field(name, expected, role, required, label, box, cells, tariff),
        Artwork(texts=texts, labels=labels, hatches=hatches),
        section,
    )


def _cells(section: Section, x: float, y: float, *, is_date: bool) -> tuple[Box, ...]:
    width, height = section.need("cell", "[8, 10]").numbers("cell", 2, 2, 40)
    gap_value = section.get("gap")
    gap = gap_value.number("gap", 0, 40) if gap_value is not None else 0.0
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
