"""Correction fluid over a digit, with and without the right one on top."""

from __future__ import annotations

from simulate.habits.slip import Habitual, Rng, Slip, digit, meant, with_marks, with_wrong_digit
from templates.model import Box


def _dab(cell: Box, rng: Rng) -> Box:
    w, h = cell.w_mm * float(rng.uniform(0.85, 1.25)), cell.h_mm * float(rng.uniform(0.85, 1.2))
    x = cell.x_mm + (cell.w_mm - w) / 2 + float(rng.normal(0.0, 0.5))
    return Box(x, cell.y_mm + (cell.h_mm - h) / 2 + float(rng.normal(0.0, 0.5)), w, h)


def fluid(slip: Slip) -> Habitual:
    """A digit painted over and not written again."""
    filled, index, _ = with_wrong_digit(slip)
    says = filled.cells[slip.at]
    covered = with_marks(filled, [], slip.at, says[:index] + "_" + says[index + 1 :])
    dab = _dab(slip.where.cells[index], slip.rng)
    return Habitual(covered, meant(slip, **{slip.at: ""}), slip.at, fluid=(dab,))


def fluid_rewritten(slip: Slip) -> Habitual:
    """A digit painted over and the right one written on the fluid."""
    filled, index, right = with_wrong_digit(slip)
    cell = slip.where.cells[index]
    says = filled.cells[slip.at]
    now = with_marks(filled, [], slip.at, says[:index] + str(right) + says[index + 1 :])
    return Habitual(
        now, meant(slip), slip.at, fluid=(_dab(cell, slip.rng),), after=(digit(slip, right, cell),)
    )
