"""Proof-reading before printing: is every text on the paper, and does none run into a field or marker?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from domain.errors import TemplateError
from domain.supplier import SupplierRules
from templates.art import LabelArt, TextArt
from templates.checks import QUIET_CODE_MM, QUIET_MODULES, SAFE_MM
from templates.model import Box, Template
from templates.personal import printed_text
from templates.printing import fonts
from templates.printing.slip import ASCENT, MM_PER_PT

#: Depth of letters such as «у» and «щ» below their baseline, in type sizes.
_DESCENT = 0.22


def proof(template: Template, path: Path, rules: SupplierRules | None) -> None:
    """Raises ``TemplateError`` (file, line, remedy) for the first text that does not fit, or an account of a
    length that the supplier does not have. ``rules``: the supplier's, where they are known.
    """
    page = Box(SAFE_MM, SAFE_MM, template.width_mm - 2 * SAFE_MM, template.height_mm - 2 * SAFE_MM)
    taken = list(_taken(template))
    # What somebody else prints is as it is.
    for text, box, line in _texts(template) if template.reference is None else ():
        if Box.around((page, box)) != page:
            raise TemplateError(
                path,
                line,
                f"текст «{text}» выходит за край листа (text outside the page): он занимает "
                f"{box.x_mm:.1f}…{box.right_mm:.1f} × {box.y_mm:.1f}…{box.bottom_mm:.1f} мм",
                "сдвиньте at:, уменьшите size: или добавьте width:, чтобы он перенёсся",
            )
        for name, other in taken:
            if box.overlaps(other):
                raise TemplateError(
                    path,
                    line,
                    f"текст «{text}» заходит на {name} (text over a field)",
                    "сдвиньте at:, уменьшите size: или width:",
                )
    if template.purpose == "slip":
        _account(template, path, rules)


def _account(template: Template, path: Path, rules: SupplierRules | None) -> None:
    digits = rules.account.digits_max if rules is not None else 12
    cells = len(template.field("account").cells)
    if template.reference is not None and rules is not None and rules.account.may_name("1" * cells):
        return
    if rules is not None and cells and cells != digits:
        raise TemplateError(
            path,
            _line_of(template, "account"),
            f"в поле account клеток {cells}, а в счёте у {rules.name} цифр {digits} (account length)",
            f"исправьте groups:, чтобы в сумме было {digits}",
        )
    if template.code is None:
        return
    size = template.artwork.code_size_pt
    width = fonts.width_mm(printed_text("0" * digits), "bold", size)
    if width > template.code.text.w_mm:
        raise TemplateError(
            path,
            template.artwork.code_line,
            f"номер счёта займёт {width:.1f} мм, а места {template.code.text.w_mm:g} мм (account too wide)",
            f"уменьшите size: до {size * template.code.text.w_mm / width:.0f} или расширьте text:",
        )


def _line_of(template: Template, name: str) -> int:
    label = template.field(name).label
    return next(art.line for art in template.artwork.labels if art.text == label)


def _taken(template: Template) -> Iterator[tuple[str, Box]]:
    for marker in template.markers:
        yield f"угловую метку {marker.corner}", marker.box.grown(QUIET_MODULES * marker.box.w_mm / 8)
    for field in template.fields:
        if field.kind != "printed":
            for box in field.cells or (field.box,):
                yield f"поле {field.name}", box
    if template.code is not None:
        yield "QR-код", template.code.qr.grown(QUIET_CODE_MM)
        yield "номер счёта", template.code.text


def _texts(template: Template) -> Iterator[tuple[str, Box, int]]:
    for text in template.artwork.texts:
        if text.line:  # marks that the loader itself sets between cells are where they must be
            yield text.text, _text_box(text), text.line
    for label in template.artwork.labels:
        yield label.text, _label_box(label), label.line


def _text_box(art: TextArt) -> Box:
    lines = fonts.wrap(art.text, art.style, art.size_pt, art.width_mm)
    width = max(fonts.width_mm(line, art.style, art.size_pt) for line in lines)
    height = (ASCENT + _DESCENT + art.leading * (len(lines) - 1)) * art.size_pt * MM_PER_PT
    shift = {"left": 0.0, "center": width / 2, "right": width}[art.align]
    return Box(art.x_mm - shift, art.y_mm, width, height)


def _label_box(art: LabelArt) -> Box:
    size_mm = art.size_pt * MM_PER_PT
    width = fonts.width_mm(art.text, "bold", art.size_pt)
    if art.step:
        width += 1.64 * size_mm
    if art.hint:
        width += 0.6 * size_mm + fonts.width_mm(art.hint, "regular", art.hint_size_pt)
    return Box(art.x_mm, art.baseline_mm - ASCENT * size_mm, width, (ASCENT + _DESCENT) * size_mm)
