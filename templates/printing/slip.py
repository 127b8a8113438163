"""Draws one slip: markers, fields, texts, samples. Its cells are where ``layout`` and the reader look."""

from __future__ import annotations

from templates.art import HatchArt, LabelArt, SampleArt, TextArt
from templates.model import Box, Field, Template
from templates.printing import fonts, marks, pen
from templates.printing.surface import Surface

MM_PER_PT = 25.4 / 72
#: Height of the first line's letters above their baseline, in type sizes.
ASCENT = 0.75
#: The outlines of groups and boxes survive a black-and-white scan; lines between cells may fade.
FRAME_MM, FRAME_INK = 0.3, 0.65
SEPARATOR_MM, SEPARATOR_INK = 0.2, 0.4


def draw_slip(surface: Surface, template: Template) -> None:
    """Draws everything but a personal slip's account."""
    for marker in template.markers:
        surface.fill(marks.rectangles(marks.marker_rows(marker.id), marker.box))
    for field in template.fields:
        _field(surface, field)
    art = template.artwork
    for rule in art.rules:
        surface.line((rule.x1_mm, rule.y1_mm), (rule.x2_mm, rule.y2_mm), rule.weight_mm, rule.ink)
    for hatch in art.hatches:
        _hatch(surface, hatch)
    for text in art.texts:
        _text(surface, text)
    for label in art.labels:
        _label(surface, label)
    for sample in art.samples:
        _sample(surface, sample)


def groups(cells: tuple[Box, ...]) -> list[tuple[Box, ...]]:
    """Cells that touch, group by group."""
    found: list[list[Box]] = []
    for cell in cells:
        if found and abs(found[-1][-1].right_mm - cell.x_mm) < 1e-6:
            found[-1].append(cell)
        else:
            found.append([cell])
    return [tuple(group) for group in found]


def _field(surface: Surface, field: Field) -> None:
    box = field.box
    if not field.cells and field.border == "box":
        surface.frame(box, FRAME_MM, FRAME_INK)
    elif not field.cells and field.border == "rule":
        surface.line((box.x_mm, box.bottom_mm), (box.right_mm, box.bottom_mm), FRAME_MM, FRAME_INK)
    for group in groups(field.cells):
        _group(surface, group)


def _group(surface: Surface, cells: tuple[Box, ...], ink: float = 1.0) -> None:
    for cell in cells[1:]:
        surface.line((cell.x_mm, cell.y_mm), (cell.x_mm, cell.bottom_mm), SEPARATOR_MM, SEPARATOR_INK * ink)
    surface.frame(Box.around(cells), FRAME_MM, FRAME_INK * ink)


def _text(surface: Surface, art: TextArt) -> None:
    baseline = art.y_mm + ASCENT * art.size_pt * MM_PER_PT
    for line in fonts.wrap(art.text, art.style, art.size_pt, art.width_mm):
        width = fonts.width_mm(line, art.style, art.size_pt)
        shift = {"left": 0.0, "center": width / 2, "right": width}[art.align]
        surface.text(line, (art.x_mm - shift, baseline), art.style, art.size_pt, art.ink)
        baseline += art.leading * art.size_pt * MM_PER_PT


def _label(surface: Surface, art: LabelArt) -> None:
    x = art.x_mm
    size_mm = art.size_pt * MM_PER_PT
    if art.step:
        radius = 0.62 * size_mm
        centre = (x + radius, art.baseline_mm - 0.35 * size_mm)
        surface.disc(centre, radius, 1.0)
        step_pt = 0.86 * art.size_pt
        width = fonts.width_mm(art.step, "bold", step_pt)
        surface.text(
            art.step, (centre[0] - width / 2, centre[1] + 0.35 * step_pt * MM_PER_PT), "bold", step_pt, 0.0
        )
        x += 2 * radius + 0.4 * size_mm
    surface.text(art.text, (x, art.baseline_mm), "bold", art.size_pt)
    if art.hint:
        x += fonts.width_mm(art.text, "bold", art.size_pt) + 0.6 * size_mm
        surface.text(art.hint, (x, art.baseline_mm), "regular", art.hint_size_pt, 0.75)


def _sample(surface: Surface, art: SampleArt) -> None:
    x = art.x_mm
    for part in art.text.split(" "):
        cells = tuple(
            Box(x + i * art.cell_w_mm, art.y_mm, art.cell_w_mm, art.cell_h_mm) for i in range(len(part))
        )
        _group(surface, cells)
        for digit, cell in zip(part, cells, strict=True):
            if digit in pen.DIGITS:
                _digit(surface, digit, cell, art.ink)
        x += len(part) * art.cell_w_mm + art.gap_mm


def _digit(surface: Surface, digit: str, cell: Box, ink: float) -> None:
    height = min(0.66 * cell.h_mm, 0.62 * cell.w_mm / pen.WIDTH)
    left = cell.x_mm + (cell.w_mm - pen.WIDTH * height) / 2
    top = cell.y_mm + (cell.h_mm - height) / 2
    for stroke in pen.DIGITS[digit]:
        surface.curve([(left + x * height, top + y * height) for x, y in stroke], 0.09 * height, ink)


def _hatch(surface: Surface, art: HatchArt) -> None:
    right, bottom = art.x_mm + art.w_mm, art.y_mm + art.h_mm
    surface.frame(Box(art.x_mm, art.y_mm, art.w_mm, art.h_mm), 0.15, art.ink)
    surface.line((art.x_mm, art.y_mm), (right, bottom), 0.15, art.ink)
    surface.line((art.x_mm, bottom), (right, art.y_mm), 0.15, art.ink)
