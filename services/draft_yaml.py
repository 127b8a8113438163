"""What was drawn, as the YAML that somebody would have written by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass

from services.draft import DraftField, DraftForm
from templates.checks import MAY_LACK
from templates.field_kinds import WITH_CELLS, meaning, usual_border


@dataclass(frozen=True)
class Head:
    """What a form's file says beside what was drawn. ``reference``: its picture's file name."""

    version: int
    supplier: str
    reference: str
    comment: str


def yaml_of(form: DraftForm, head: Head) -> str:
    """The form's file; ``load_template`` says what is wrong with it."""
    lines = [
        f"# {' '.join(head.comment.split())}",
        "# Все размеры — в миллиметрах от левого верхнего угла картинки бланка: at: [вправо, вниз].",
        f"name: {_text(form.name)}",
        f"version: {head.version}",
        f"supplier: {head.supplier}",
        f"title: {_text(form.title)}",
        f"page: {{width: {_mm(form.width)}, height: {_mm(form.height)}}}",
        f"reference: {head.reference}",
    ]
    if form.purpose != "slip":
        lines.append(f"purpose: {form.purpose}")
    needed = {field.name for field in form.fields if field.required}
    without = [name for name in MAY_LACK if name not in needed]
    if without:
        lines.append(f"without: [{', '.join(without)}]")
    lines += ["", "fields:" if form.fields else "fields: []"]
    for field in form.fields:
        lines += _field(field)
    return "\n".join(lines) + "\n"


def line_of(text: str, number: int) -> int:
    """The line in which the field of that number (from 0) begins."""
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith("  - name:")]
    return starts[number] if number < len(starts) else 1


def field_at(text: str, line: int) -> int | None:
    """The number (from 0) of the field that a line of the file belongs to; None for a line above them."""
    starts = [n for n, each in enumerate(text.splitlines(), 1) if each.startswith("  - name:")]
    before = [n for n, start in enumerate(starts) if start <= line]
    return before[-1] if before else None


def _field(field: DraftField) -> list[str]:
    lines = [f"  - name: {_text(field.name)}"]
    if meaning(field.name) is None:
        lines.append("    role: other")
    lines += [f"    kind: {field.kind}", f"    label: {_text(field.label or field.name)}"]
    if field.required:
        lines.append("    required: yes")
    lines.append(f"    at: [{_mm(field.x)}, {_mm(field.y)}]")
    if field.kind in WITH_CELLS:
        lines.append(f"    cell: [{_mm(field.cell_w)}, {_mm(field.h)}]")
        if field.starts:
            lines.append(f"    starts: [{', '.join(map(_mm, field.starts))}]")
        else:
            if field.kind == "digits":
                lines.append(f"    groups: [{', '.join(map(str, field.groups or (1,)))}]")
            if field.gap:
                lines.append(f"    gap: {_mm(field.gap)}")
    else:
        lines.append(f"    size: [{_mm(field.w)}, {_mm(field.h)}]")
        if field.border != usual_border(field.kind):
            lines.append(f"    border: {field.border}")
    if field.check and field.kind in ("handwriting", "typed"):
        lines.append(f"    check: {field.check}")
    if field.codes != "any" and field.kind == "code":
        lines.append(f"    codes: {field.codes}")
    return lines


def _mm(value: float) -> str:
    return f"{round(value, 2):g}"


def _text(value: str) -> str:
    """Quoted: whatever was typed stays one text, on one line."""
    return json.dumps(" ".join(value.split()), ensure_ascii=False)
