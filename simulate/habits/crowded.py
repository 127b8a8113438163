"""Where digits stand in and beyond their cells."""

from __future__ import annotations

from dataclasses import replace

from simulate.fill import Filled, in_cell
from simulate.habits.slip import Habitual, Slip, marks_in, meant
from templates.model import Box


def right_aligned(slip: Slip) -> Habitual:
    """The number in the last cells, the first ones left empty."""
    return Habitual(slip.filled(manner=replace(slip.manner, align="right")), meant(slip), slip.at)


def two_in_a_cell(slip: Slip) -> Habitual:
    """Two digits of the number share a cell."""
    value = slip.values[slip.at]
    index = int(slip.rng.integers(len(value) - 1))
    filled = slip.filled({slip.at: value[:index] + value[index + 1 :]})
    start = len(filled.cells[slip.at]) - len(filled.cells[slip.at].lstrip("_"))
    cell = slip.where.cells[start + index]
    theirs = {id(mark) for mark in marks_in(filled.marks, cell)}
    marks = [mark for mark in filled.marks if id(mark) not in theirs]
    half = cell.w_mm * 0.47
    for n, character in enumerate(value[index : index + 2]):
        x = cell.x_mm + cell.w_mm * 0.03 + n * half
        small = replace(slip.writer, size=slip.writer.size * 0.85, unsteady=slip.writer.unsteady / 2)
        strokes = slip.writer.hand.digit(int(character), slip.rng)
        marks.append(in_cell(strokes, Box(x, cell.y_mm, half, cell.h_mm), small, 0.0, slip.rng))
    says = filled.cells[slip.at]
    says = says[: start + index] + "#" + says[start + index + 1 :]
    return Habitual(
        Filled(filled.template, tuple(marks), {**filled.cells, slip.at: says}), meant(slip), slip.at
    )


def oversized(slip: Slip) -> Habitual:
    """Digits as high as their cells or higher, crossing the lines."""
    big = replace(slip.writer, size=float(slip.rng.uniform(0.95, 1.2)), unsteady=0.08)
    return Habitual(replace(slip, writer=big).filled(), meant(slip), slip.at)


def off_centre(slip: Slip) -> Habitual:
    """Digits that wander to the borders of their cells."""
    wild = replace(slip.writer, unsteady=float(slip.rng.uniform(0.13, 0.2)))
    return Habitual(replace(slip, writer=wild).filled(), meant(slip), slip.at)
