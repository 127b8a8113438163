"""A slip on which a habit is drawn, and the strokes that habits are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from simulate.fill import Filled, Manner, Mark, Writer, fill, in_cell
from simulate.fluid import paint
from simulate.paper import Grey, ink, written
from templates.model import Box, Field, Template

Rng = np.random.Generator
Values = Mapping[str, str]


@dataclass(frozen=True)
class Habitual:
    """A slip filled with a habit.

    ``filled``: the ink that was there first and what each cell says in the end (``_`` blank, ``#`` no digit).
    ``fluid``: boxes painted over with correction fluid; ``after``: what was written on top of that.
    ``meant``: field name → value as the writer meant it (digits before the decimal mark; a date as DDMMYYYY).
    ``field``: the field that the habit is in.
    """

    filled: Filled
    meant: Mapping[str, str]
    field: str
    fluid: tuple[Box, ...] = ()
    after: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Slip:
    """What a habit is drawn on: the form, what would be written, who writes, and where chance comes from."""

    template: Template
    values: Values
    writer: Writer
    rng: Rng
    #: Where the habit happens when it can happen in more than one field.
    at: str = "reading"
    manner: Manner = field(default_factory=Manner)

    def filled(self, values: Values | None = None, manner: Manner | None = None) -> Filled:
        """The slip filled as usual, some values instead."""
        chosen = {**self.values, **(values or {})}
        return fill(self.template, chosen, self.writer, self.rng, manner or self.manner)

    @property
    def where(self) -> Field:
        """The field that the habit happens in."""
        return self.template.field(self.at)


def draw(habitual: Habitual, printed: Grey, dpi: float, rng: Rng) -> Grey:
    """The slip on its print (the form at ``dpi``; not changed), H×W: ink, correction fluid, ink on top."""
    paper = written(habitual.filled, printed, dpi, rng)
    for box in habitual.fluid:
        paint(paper, box, dpi, rng)
    for mark in habitual.after:
        ink(paper, mark, dpi, rng)
    return paper


def stroke(slip: Slip, points: list[tuple[float, float]], wobble_mm: float = 0.15) -> Mark:
    """A pen's line through points in slip millimetres."""
    places = np.array(points) + slip.rng.normal(0.0, wobble_mm, (len(points), 2))
    pen = replace(slip.writer.pen, slant=0.0, rotation=0.0, aspect=1.0, wobble=0.0)
    return Mark((places,), 0.0, 0.0, 1.0, pen)


def digit(slip: Slip, value: int, box: Box) -> Mark:
    """A digit that fills ``box`` as the writer fills cells."""
    return in_cell(slip.writer.hand.digit(value, slip.rng), box, slip.writer, 0.0, slip.rng)


def comma(slip: Slip, x_mm: float, foot_mm: float) -> Mark:
    """A comma whose dot stands on ``foot_mm``."""
    size = float(slip.rng.uniform(1.0, 1.9))
    dx = float(slip.rng.uniform(0.2, 0.7))
    points = [(x_mm, foot_mm - 0.2), (x_mm + 0.12, foot_mm + 0.1), (x_mm - dx, foot_mm + size)]
    return stroke(slip, points, 0.06)


def a_cell(slip: Slip, text: str) -> int:
    """One of the cells that ``text``, written as the slip's manner says, stands in."""
    start = 0 if slip.manner.align == "left" else len(slip.where.cells) - len(text)
    return start + int(slip.rng.integers(len(text)))


def with_marks(filled: Filled, marks: list[Mark], name: str, says: str | None = None) -> Filled:
    """``filled`` with more ink, the field ``name`` saying ``says`` where it is given."""
    cells = dict(filled.cells)
    if says is not None:
        cells[name] = says
    return Filled(filled.template, (*filled.marks, *marks), cells)


def meant(slip: Slip, **values: str) -> dict[str, str]:
    """The slip's values, some of them others."""
    return {**slip.values, **values}


def marks_in(marks: tuple[Mark, ...], cell: Box) -> list[Mark]:
    """The marks whose middle lies in ``cell``, in the order of writing."""
    found = []
    for mark in marks:
        points = np.concatenate(mark.strokes) * mark.em_mm + (mark.x_mm, mark.y_mm)
        x, y = (points.min(axis=0) + points.max(axis=0)) / 2
        if cell.x_mm <= x <= cell.right_mm and cell.y_mm <= y <= cell.bottom_mm:
            found.append(mark)
    return found


def with_wrong_digit(slip: Slip, *, struck: bool = False) -> tuple[Filled, int, int]:
    """The slip with a wrong digit (``struck``: out): its ink, the cell's index, the digit meant there."""
    value = slip.values[slip.at]
    index = a_cell(slip, value)
    place = index if slip.manner.align == "left" else index - len(slip.where.cells) + len(value)
    right = int(value[place])
    wrong = (right + int(slip.rng.integers(1, 10))) % 10
    spoilt = value[:place] + str(wrong) + value[place + 1 :]
    manner = replace(slip.manner, struck=frozenset({(slip.at, index)}) if struck else frozenset())
    return slip.filled({slip.at: spoilt}, manner), index, right
