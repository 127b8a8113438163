"""How slips lie on a sheet of paper: one trimmed to size, or two on the next larger sheet with cut marks."""

from __future__ import annotations

from dataclasses import dataclass

from templates.model import Template

#: Between the trimmed edge and a printer's crop mark, and the mark's length, in millimetres.
MARK_OFFSET_MM = 3.0
MARK_LENGTH_MM = 5.0
_SHEETS_MM = ((148.0, 210.0), (210.0, 297.0), (297.0, 420.0), (420.0, 594.0))
_TOLERANCE_MM = 2.0
_TICK_MM = 4.0


@dataclass(frozen=True)
class Line:
    """A mark to cut along, in millimetres from the trimmed sheet's top left; may lie outside of it."""

    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float


@dataclass(frozen=True)
class Sheet:
    """A trimmed sheet. ``origins``: the slips' top left corners; ``cuts``: marks between the slips."""

    width_mm: float
    height_mm: float
    origins: tuple[tuple[float, float], ...]
    cuts: tuple[Line, ...] = ()


def sheet_for(template: Template, per_page: int) -> Sheet:
    """One or two slips of ``template``; two lie along their longer edges, on a DIN sheet if one fits."""
    width, height = template.width_mm, template.height_mm
    if per_page == 1:
        return Sheet(width, height, ((0.0, 0.0),))
    upright = width <= height
    sheet_w, sheet_h = _standard((2 * width, height) if upright else (width, 2 * height))
    if upright:
        x, y = sheet_w / 2, (sheet_h - height) / 2
        origins = ((x - width, y), (x, y))
        cuts = (Line(x, 0, x, _TICK_MM), Line(x, sheet_h - _TICK_MM, x, sheet_h))
    else:
        x, y = (sheet_w - width) / 2, sheet_h / 2
        origins = ((x, y - height), (x, y))
        cuts = (Line(0, y, _TICK_MM, y), Line(sheet_w - _TICK_MM, y, sheet_w, y))
    return Sheet(sheet_w, sheet_h, origins, cuts)


def crop_marks(sheet: Sheet) -> tuple[Line, ...]:
    """The eight marks outside the trimmed sheet's corners."""
    near, far = MARK_OFFSET_MM, MARK_OFFSET_MM + MARK_LENGTH_MM
    width, height = sheet.width_mm, sheet.height_mm
    marks = []
    for x in (0.0, width):
        marks += [Line(x, -far, x, -near), Line(x, height + near, x, height + far)]
    for y in (0.0, height):
        marks += [Line(-far, y, -near, y), Line(width + near, y, width + far, y)]
    return tuple(marks)


def _standard(size: tuple[float, float]) -> tuple[float, float]:
    for short, long in _SHEETS_MM:
        for sheet in ((short, long), (long, short)):
            if all(0 <= s - n <= _TOLERANCE_MM for s, n in zip(sheet, size, strict=True)):
                return sheet
    return size
