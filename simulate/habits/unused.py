"""Cells that a number leaves over: dashes, Z lines, decimals written into them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulate.fill import Filled, Mark
from simulate.habits.slip import Habitual, Slip, comma, digit, meant, stroke, with_marks


def _unused(slip: Slip) -> tuple[Filled, list[int]]:
    filled = slip.filled()
    return filled, [i for i, s in enumerate(filled.cells[slip.at]) if s == "_"]


def _crossed(filled: Filled, slip: Slip, unused: list[int], marks: list[Mark]) -> Habitual:
    says = list(filled.cells[slip.at])
    for index in unused:
        says[index] = "#"
    return Habitual(with_marks(filled, marks, slip.at, "".join(says)), meant(slip), slip.at)


def dashes(slip: Slip) -> Habitual:
    """A dash in each unused cell."""
    filled, unused = _unused(slip)
    marks = []
    for index in unused:
        cell = slip.where.cells[index]
        half = cell.w_mm * float(slip.rng.uniform(0.15, 0.38))
        x = cell.x_mm + cell.w_mm / 2 + float(slip.rng.normal(0.0, 0.4))
        y = cell.y_mm + cell.h_mm * float(slip.rng.uniform(0.38, 0.62))
        marks.append(stroke(slip, [(x - half, y), (x, y), (x + half, y)], 0.12))
    return _crossed(filled, slip, unused, marks)


def dash_through(slip: Slip) -> Habitual:
    """One line through all unused cells."""
    filled, unused = _unused(slip)
    if not unused:
        return Habitual(filled, meant(slip), slip.at)
    first, last = slip.where.cells[unused[0]], slip.where.cells[unused[-1]]
    y = first.y_mm + first.h_mm * float(slip.rng.uniform(0.35, 0.65))
    left = first.x_mm + float(slip.rng.uniform(0.8, 2.0))
    right = last.right_mm - float(slip.rng.uniform(0.5, 2.0))
    points = [(left + t * (right - left), y) for t in np.linspace(0.0, 1.0, 2 + 2 * len(unused))]
    return _crossed(filled, slip, unused, [stroke(slip, points, 0.2)])


def z_through(slip: Slip) -> Habitual:
    """A Z through all unused cells, as accountants close an empty space."""
    filled, unused = _unused(slip)
    if not unused:
        return Habitual(filled, meant(slip), slip.at)
    first, last = slip.where.cells[unused[0]], slip.where.cells[unused[-1]]
    left, right = (
        first.x_mm + float(slip.rng.uniform(0.8, 1.8)),
        last.right_mm - float(slip.rng.uniform(0.6, 1.8)),
    )
    top = first.y_mm + first.h_mm * float(slip.rng.uniform(0.12, 0.28))
    foot = first.y_mm + first.h_mm * float(slip.rng.uniform(0.72, 0.9))
    points = [(left, top), (right, top), (left, foot), (right, foot)]
    return _crossed(filled, slip, unused, [stroke(slip, points, 0.3)])


def _decimals(slip: Slip) -> tuple[Filled, int]:
    """The reading with a tenth written straight after it, and the cell that the tenth stands in."""
    value = slip.values[slip.at]
    filled = slip.filled(
        {slip.at: value + str(int(slip.rng.integers(10)))}, replace(slip.manner, align="left")
    )
    return filled, len(value)


def comma_between(slip: Slip) -> Habitual:
    """The tenth in the next cell, a comma on the line or in the gap before it."""
    filled, index = _decimals(slip)
    before, cell = slip.where.cells[index - 1], slip.where.cells[index]
    x = (before.right_mm + cell.x_mm) / 2 + float(slip.rng.normal(0.0, 0.5))
    foot = cell.bottom_mm - float(slip.rng.uniform(0.6, 2.2))
    return Habitual(with_marks(filled, [comma(slip, x, foot)], slip.at), meant(slip), slip.at)


def comma_in_cell(slip: Slip) -> Habitual:
    """The comma in a cell of its own, the tenth in the one after it; the reading must be two shorter."""
    value = slip.values[slip.at]
    cells = slip.where.cells
    if len(value) + 2 > len(cells):
        raise ValueError(f"{value!r} leaves no cells for a comma and a tenth")
    filled = slip.filled(manner=replace(slip.manner, align="left"))
    dot, tenth = cells[len(value)], cells[len(value) + 1]
    last = int(slip.rng.integers(10))
    x = dot.x_mm + dot.w_mm * float(slip.rng.uniform(0.2, 0.7))
    marks = [comma(slip, x, dot.bottom_mm - float(slip.rng.uniform(0.9, 2.4))), digit(slip, last, tenth)]
    says = (value + "#" + str(last)).ljust(len(cells), "_")
    return Habitual(with_marks(filled, marks, slip.at, says), meant(slip), slip.at)


def no_comma(slip: Slip) -> Habitual:
    """The tenth written in without any comma: only the meter's digit count can tell."""
    filled, _ = _decimals(slip)
    return Habitual(filled, meant(slip), slip.at)
