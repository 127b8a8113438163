"""Ways to write a date into cells for DDMMYYYY."""

from __future__ import annotations

from simulate.fill import Filled
from simulate.habits.slip import Habitual, Slip, digit, meant, stroke, with_marks


def _date(slip: Slip, says: str) -> Filled:
    """``says`` in the date's cells, ``.`` being a dot."""
    where = slip.template.field("date")
    filled = slip.filled({"date": ""})
    marks = []
    for cell, character in zip(where.cells, says.ljust(len(where.cells), "_"), strict=True):
        if character == ".":
            x = cell.x_mm + cell.w_mm * float(slip.rng.uniform(0.2, 0.75))
            y = cell.bottom_mm - float(slip.rng.uniform(0.8, 2.5))
            marks.append(stroke(slip, [(x, y), (x + 0.25, y + 0.2)], 0.05))
        elif character != "_":
            marks.append(digit(slip, int(character), cell))
    return with_marks(filled, marks, "date", says.replace(".", "#").ljust(len(where.cells), "_"))


def short_year(slip: Slip) -> Habitual:
    """A year of two digits, the last two cells empty."""
    value = slip.values["date"]
    return Habitual(_date(slip, value[:4] + value[6:]), meant(slip), "date")


def dots_in_cells(slip: Slip) -> Habitual:
    """Dots in cells of their own, so that only two digits of the year fit."""
    value = slip.values["date"]
    return Habitual(_date(slip, f"{value[:2]}.{value[2:4]}.{value[6:]}"), meant(slip), "date")


def dots_between(slip: Slip) -> Habitual:
    """Dots drawn once more between the groups of cells, also where none are printed."""
    filled = slip.filled()
    cells = slip.template.field("date").cells
    marks = []
    for index in (2, 4):
        x = (cells[index - 1].right_mm + cells[index].x_mm) / 2 + float(slip.rng.normal(0.0, 0.9))
        y = cells[index].bottom_mm - float(slip.rng.uniform(0.5, 2.5))
        marks.append(stroke(slip, [(x, y), (x + 0.3, y + 0.25)], 0.05))
    return Habitual(with_marks(filled, marks, "date"), meant(slip), "date")


def no_leading_zeros(slip: Slip) -> Habitual:
    """Day and month without their leading zeros, each in its group."""
    value = slip.values["date"]
    day, month = value[:2].lstrip("0"), value[2:4].lstrip("0")
    pad = str.rjust if slip.rng.random() < 0.5 else str.ljust
    return Habitual(_date(slip, pad(day, 2, "_") + pad(month, 2, "_") + value[4:]), meant(slip), "date")
