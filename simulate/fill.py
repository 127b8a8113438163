"""A slip filled by hand: values in, ink in slip millimetres out, and what each cell then really says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np

from simulate.boxes import TickState, figures, tick
from simulate.curves import Strokes
from simulate.hands import HANDS, Hand, InventedHand
from simulate.lines import line, signature, strike
from simulate.strokes import Pen, vary
from templates.model import PRINTED_KINDS, Box, Field, Template


@dataclass(frozen=True)
class Mark:
    """One character or scribble: strokes in ems, their origin in slip millimetres, an em's size."""

    strokes: Strokes
    x_mm: float
    y_mm: float
    em_mm: float
    pen: Pen


@dataclass(frozen=True)
class Writer:
    """Who writes, with what. ``pen.width`` is in *millimetres*; ``size``: a digit's height in its cell's.

    ``unsteady``: how far digits wander from the middle of their cells, as a fraction of the cell (σ); beyond
    about 0.1 they begin to cross the lines. ``letters`` writes what is not a digit.
    """

    hand: Hand
    pen: Pen = field(default_factory=lambda: Pen(width=0.45, darkness=0.95, shade=45))
    size: float = 0.72
    unsteady: float = 0.06
    letters: InventedHand = HANDS[0]


@dataclass(frozen=True)
class Manner:
    """How this slip is filled. ``align``: where a short number stands in its cells.

    ``struck``: cells (field name, index from 0) whose digit is crossed out and not written again.
    """

    align: Literal["left", "right"] = "left"
    struck: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class Filled:
    """A filled slip: its ink, and per field what stands in each cell (a digit, ``_`` blank, ``#`` struck)."""

    template: Template
    marks: tuple[Mark, ...]
    cells: Mapping[str, str]


def fill(
    template: Template,
    values: Mapping[str, str],
    writer: Writer,
    rng: np.random.Generator,
    manner: Manner = Manner(),
) -> Filled:
    """Write ``values`` into the template's fields.

    ``values``: field name → digits for fields with cells (a date as DDMMYYYY), figures for digits on a line,
    "ticked" or "crossed_out" for a box to tick, any text for lines, anything non-empty for a signature; what
    is missing or empty stays blank. Raises ``ValueError`` for a value that does not fit its cells or that
    nobody writes, and ``KeyError`` for a field that the template does not have.
    """
    marks: list[Mark] = []
    cells = {each.name: "_" * len(each.cells) for each in template.fields if each.cells}
    for name, value in values.items():
        where = template.field(name)
        if not value:
            continue
        if where.cells:
            cells[name], ink = _digits(where, value, writer, rng, manner)
            marks += ink
        elif where.kind == "signature":
            marks.append(_signature(where.box, writer, rng))
        elif where.kind in ("digits_line", "date_line"):
            marks.append(_figures(where.box, value, writer, rng))
        elif where.kind == "tick":
            marks.append(_tick(where.box, value, writer, rng))
        elif where.kind in PRINTED_KINDS:
            raise ValueError(f"{name} is printed: nobody writes it")
        else:
            marks.append(_line(where.box, value, writer, rng))
    return Filled(template, tuple(marks), cells)


def align(value: str, cells: int, side: Literal["left", "right"]) -> str:
    """``value`` laid over ``cells`` cells, ``_`` where nothing stands; ``ValueError`` if it is too long."""
    if len(value) > cells:
        raise ValueError(f"{value!r} does not fit {cells} cells")
    return value.ljust(cells, "_") if side == "left" else value.rjust(cells, "_")


def _digits(
    where: Field, value: str, writer: Writer, rng: np.random.Generator, manner: Manner
) -> tuple[str, list[Mark]]:
    says = list(align(value, len(where.cells), manner.align))
    marks: list[Mark] = []
    drift = float(rng.normal(0.0, writer.unsteady / 2))  # a whole number sits a little high or low
    for index, (cell, character) in enumerate(zip(where.cells, says, strict=True)):
        if character == "_":
            continue
        strokes = writer.hand.digit(int(character), rng)
        mark = in_cell(strokes, cell, writer, drift, rng)
        marks.append(mark)
        if (where.name, index) in manner.struck:
            width = float(max(stroke[:, 0].max() for stroke in strokes))
            marks.append(replace(mark, strokes=strike(width, rng)))
            says[index] = "#"
    return "".join(says), marks


def in_cell(strokes: Strokes, cell: Box, writer: Writer, drift: float, rng: np.random.Generator) -> Mark:
    """A character where ``writer`` puts it in ``cell``; ``drift``: how far below its middle, in cells."""
    points = np.concatenate(strokes)
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    em = cell.h_mm * writer.size * float(np.exp(rng.normal(0.0, 0.05)))
    # People squeeze a wide digit into its cell rather than write it across two lines.
    em = min(em, 1.05 * cell.w_mm / max(right - left, 0.1))
    x = cell.x_mm + cell.w_mm * (0.5 + float(rng.normal(0.0, writer.unsteady))) - em * (left + right) / 2
    y = cell.y_mm + cell.h_mm * (0.5 + drift + float(rng.normal(0.0, writer.unsteady / 2))) - em / 2
    return Mark(strokes, x, y, em, vary(_in_ems(writer.pen, em), rng, 0.5))


def _line(box: Box, text: str, writer: Writer, rng: np.random.Generator) -> Mark:
    strokes = line(text, writer.letters, rng)
    width = float(max(stroke[:, 0].max() for stroke in strokes))
    em = min(box.h_mm * 0.62, box.w_mm * 0.94 / max(width, 0.5))
    x = box.x_mm + max(1.0, float(rng.normal(3.0, 1.0)))
    y = box.y_mm + box.h_mm * 0.9 - em * 1.05
    return Mark(strokes, min(x, box.x_mm + box.w_mm - em * width), y, em, _upright(writer.pen, em))


def _signature(box: Box, writer: Writer, rng: np.random.Generator) -> Mark:
    strokes = signature(rng)
    points = np.concatenate(strokes)
    em = min(box.h_mm * float(rng.uniform(0.75, 1.05)), box.w_mm * 0.9 / float(np.ptp(points[:, 0])))
    x = box.x_mm + (box.w_mm - em * float(np.ptp(points[:, 0]))) * float(rng.uniform(0.2, 0.8))
    return Mark(strokes, x, box.y_mm + (box.h_mm - em) * 0.5, em, _upright(writer.pen, em))


def _figures(box: Box, text: str, writer: Writer, rng: np.random.Generator) -> Mark:
    """Digits on a rule, or in one long box: from the left, as high as the hand likes and the box allows."""
    strokes = figures(text, writer.hand, rng)
    width = float(max(stroke[:, 0].max() for stroke in strokes))
    em = box.h_mm * writer.size * float(np.exp(rng.normal(0.0, 0.08)))
    em = min(em, 0.94 * box.w_mm / max(width, 0.5), 0.86 * box.h_mm)
    room = box.w_mm - em * width
    x = box.x_mm + min(max(1.0, float(rng.normal(3.0, 1.5))), 0.9 * room)
    y = box.y_mm + (box.h_mm - em) * float(np.clip(rng.normal(0.55, 0.12), 0.1, 0.95))
    return Mark(strokes, x, y, em, _upright(writer.pen, em))


def _tick(box: Box, value: str, writer: Writer, rng: np.random.Generator) -> Mark:
    if value not in ("ticked", "crossed_out"):
        raise ValueError(f"a box is ticked or crossed_out, not {value!r}")
    strokes = tick(cast(TickState, value), rng)
    em = box.h_mm * float(rng.uniform(0.85, 1.15))
    return Mark(
        strokes,
        box.x_mm + (box.w_mm - em) / 2 + float(rng.normal(0.0, 0.05 * box.w_mm)),
        box.y_mm + (box.h_mm - em) / 2 + float(rng.normal(0.0, 0.05 * box.h_mm)),
        em,
        _upright(writer.pen, em),
    )


def _in_ems(pen: Pen, em_mm: float) -> Pen:
    return replace(pen, width=pen.width / em_mm)


def _upright(pen: Pen, em_mm: float) -> Pen:
    """The pen without the hand's own turn: a long line turned about its middle would leave its box."""
    return replace(_in_ems(pen, em_mm), slant=0.0, rotation=0.0, aspect=1.0, wobble=0.0, tremor=0.003)
