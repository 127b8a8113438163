"""Digits struck out, and where the right ones are written instead."""

from __future__ import annotations

from dataclasses import replace

from simulate.fill import Filled, in_cell
from simulate.habits.slip import Habitual, Slip, digit, marks_in, meant, stroke, with_marks, with_wrong_digit
from templates.model import Box


def struck_alone(slip: Slip) -> Habitual:
    """A digit struck out and not written again: nobody can know it."""
    filled, _, _ = with_wrong_digit(slip, struck=True)
    return Habitual(filled, meant(slip, **{slip.at: ""}), slip.at)


def _rewritten(slip: Slip, dx: float, dy: float) -> Habitual:
    filled, index, right = with_wrong_digit(slip, struck=True)
    cell = slip.where.cells[index]
    share = float(slip.rng.uniform(0.45, 0.62))
    height = cell.h_mm * share
    x = cell.x_mm + dx * cell.w_mm + float(slip.rng.normal(0.0, 0.5))
    y = cell.y_mm - height * 1.02 if dy < 0 else cell.bottom_mm + 0.02 * height
    mark = digit(slip, right, Box(x, y, cell.w_mm, height))
    return Habitual(with_marks(filled, [mark], slip.at), meant(slip), slip.at)


def rewritten_above(slip: Slip) -> Habitual:
    """A digit struck out, the right one small above its cell."""
    return _rewritten(slip, 0.0, -1.0)


def rewritten_below(slip: Slip) -> Habitual:
    """A digit struck out, the right one small below its cell."""
    return _rewritten(slip, 0.0, 1.0)


def number_above(slip: Slip) -> Habitual:
    """The whole number struck out with one line, the right one above the row."""
    value = slip.values[slip.at]
    wrong = "".join(str((int(c) + int(slip.rng.integers(1, 10))) % 10) for c in value)
    filled = slip.filled({slip.at: wrong})
    cells = [c for c, s in zip(slip.where.cells, filled.cells[slip.at], strict=True) if s != "_"]
    first, last = cells[0], cells[-1]
    y = first.y_mm + first.h_mm * float(slip.rng.uniform(0.4, 0.6))
    ends = [(first.x_mm + 0.5, y), ((first.x_mm + last.right_mm) / 2, y), (last.right_mm - 0.3, y)]
    marks = [stroke(slip, ends, 0.3)]
    height = first.h_mm * 0.55
    for n, character in enumerate(value):
        box = Box(first.x_mm + n * height * 0.62, first.y_mm - height * 1.05, height * 0.75, height)
        marks.append(digit(slip, int(character), box))
    says = filled.cells[slip.at].translate(str.maketrans("0123456789", "#" * 10))
    return Habitual(with_marks(filled, marks, slip.at, says), meant(slip), slip.at)


def next_cell(slip: Slip) -> Habitual:
    """A wrong digit struck out, the number goes on in the next cell."""
    value = slip.values[slip.at]
    index = int(slip.rng.integers(len(value)))
    wrong = (int(value[index]) + int(slip.rng.integers(1, 10))) % 10
    spoilt = value[:index] + str(wrong) + value[index:]
    manner = replace(slip.manner, struck=frozenset({(slip.at, index)}), align="left")
    return Habitual(slip.filled({slip.at: spoilt}, manner), meant(slip), slip.at)


def written_over(slip: Slip) -> Habitual:
    """A wrong digit, the right one written over it in the same cell."""
    filled, index, right = with_wrong_digit(slip, struck=True)
    # The last two marks of a struck cell are the digit and its strike; the strike becomes the right digit.
    cell = slip.where.cells[index]
    strikes = marks_in(filled.marks, cell)
    kept = [mark for mark in filled.marks if mark is not strikes[-1]]
    firm = replace(slip.writer, pen=replace(slip.writer.pen, width=slip.writer.pen.width * 1.5, darkness=1.0))
    mark = in_cell(slip.writer.hand.digit(right, slip.rng), cell, firm, 0.0, slip.rng)
    return Habitual(Filled(filled.template, (*kept, mark), filled.cells), meant(slip), slip.at)
