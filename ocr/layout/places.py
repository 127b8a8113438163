"""Where a form may be written: rows of cells, boxes, tick boxes and rules, found from its printed lines.

Printed lines are what survives an opening with a long, thin element (as in Gatos et al. 2005 for tables); the
white regions that they enclose are boxes, and boxes of one size side by side are a row of cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ocr.layout.boxes import Frame, frames
from ocr.layout.combs import combs
from ocr.layout.rulings import Rulings, rulings
from templates.model import Box

Grey = NDArray[np.uint8]
#: ``cells``: a digit each; ``box``: one long box; ``tick``: a small box; ``rule``: a line to write on.
Shape = Literal["cells", "box", "tick", "rule"]

#: Cells of one row: their sizes differ by at most this share, their middles (mm) in height by this.
_ALIKE, _LEVEL_MM = 0.16, 0.9
#: Sizes (mm) of a cell for a digit.
_CELL_W, _CELL_H = (2.6, 14.0), (3.4, 18.0)
#: White (mm) between two cells of one row at most, as a share of the cell's width.
_GAP = 0.85
#: White (mm) by which a gap between two cells is wider than the others; error (mm) of an even row.
_APART_MM, _UNEVEN_MM = 0.5, 0.33
_TICK = (2.9, 9.0)
#: A single cell (mm): smaller ones are something else.
_ONE_CELL = (4.5, 6.0)
#: A box to write a line into (mm): at least so wide, and of such a height.
_BOX_W, _BOX_H = 12.0, (4.0, 75.0)
#: Share of a box that print may cover for it to be a place to write, not a heading.
_PRINTED = 0.035


@dataclass(frozen=True)
class Place:
    """A place to write. ``cells``: of a row of cells, left to right; ``box``: all of it.

    ``printed``: share of its inside that is dark.
    """

    shape: Shape
    box: Box
    cells: tuple[Box, ...] = ()
    printed: float = 0.0


def find_places(grey: Grey, dpi: float, *, filled: bool = False) -> list[Place]:
    """The places to write of a straightened page, top to bottom, then left to right.

    ``filled``: somebody has written on it, so dark boxes are places too. Lengths in millimetres from the
    picture's top left.
    """
    lines = rulings(grey, dpi)
    found = frames(lines, filled=filled)
    rows, alone = _rows(found, lines)
    rows += combs(lines, [frame.box for frame in found])
    places = [_row_place(_completed(row, lines)) for row in rows]
    places += [place for place in map(_alone, alone) if place is not None]
    most = 1.0 if filled else _PRINTED
    places = [place for place in places if place.printed <= most]
    places += _rules(lines, places)
    return _in_order(_outermost(places))


def _rows(found: list[Frame], lines: Rulings) -> tuple[list[list[Frame]], list[Frame]]:
    """Boxes of one size side by side, and those that stand alone."""
    small = [
        f for f in found if _CELL_W[0] <= f.box.w_mm <= _CELL_W[1] and _CELL_H[0] <= f.box.h_mm <= _CELL_H[1]
    ]
    alone = [f for f in found if f not in small]
    rows: list[list[Frame]] = []
    for frame in sorted(small, key=lambda f: f.box.x_mm):
        row = next((row for row in rows if _follows(row[-1].box, frame.box, lines)), None)
        if row is None:
            rows.append([frame])
        else:
            row.append(frame)
    alone += [row[0] for row in rows if len(row) == 1]
    return [row for row in rows if len(row) > 1], alone


def _follows(last: Box, box: Box, lines: Rulings) -> bool:
    gap = box.x_mm - last.right_mm
    most = _GAP * last.w_mm
    if most < gap <= (1 + _ALIKE) * last.w_mm:
        # As wide as a cell: one that writing has broken, or the white between two fields.
        most = gap if lines.ruled(Box(last.right_mm, last.y_mm, gap, last.h_mm)) else most
    return (
        -0.8 <= gap <= most
        and abs(box.y_mm + box.h_mm / 2 - last.y_mm - last.h_mm / 2) <= _LEVEL_MM
        and abs(box.w_mm / last.w_mm - 1) <= _ALIKE
        and abs(box.h_mm / last.h_mm - 1) <= _ALIKE
    )


def _completed(row: list[Frame], lines: Rulings) -> list[Frame]:
    """The row with the cells that writing has broken: white of a cell's width, with lines above and below."""
    whole = [row[0]]
    for frame in row[1:]:
        last, box = whole[-1].box, frame.box
        lost = Box(last.right_mm, last.y_mm, box.x_mm - last.right_mm, last.h_mm)
        if abs(lost.w_mm / last.w_mm - 1) <= _ALIKE and lines.ruled(lost):
            whole.append(Frame(lost, frame.dark))
        whole.append(frame)
    return whole


def _row_place(row: list[Frame]) -> Place:
    cells = tuple(frame.box for frame in row)
    return Place("cells", Box.around(cells), cells, float(np.mean([frame.dark for frame in row])))


def _alone(frame: Frame) -> Place | None:
    box = frame.box
    if _TICK[0] <= box.w_mm <= _TICK[1] and 0.75 <= box.h_mm / box.w_mm <= 1.33:
        return Place("tick", box, printed=frame.dark)
    if box.w_mm >= _BOX_W and _BOX_H[0] <= box.h_mm <= _BOX_H[1]:
        return Place("box", box, printed=frame.dark)
    if _ONE_CELL[0] <= box.w_mm <= _BOX_W and _ONE_CELL[1] <= box.h_mm <= _CELL_H[1]:
        return Place("cells", box, (box,), frame.dark)
    return None


#: A rule to write on: its length (mm) at least, and the white above it that is taken for writing.
_RULE_MM, _ABOVE_MM, _LEAST_ABOVE_MM = 18.0, 8.0, 5.0


def _rules(lines: Rulings, places: list[Place]) -> list[Place]:
    """Lines with white paper above them that bound no box."""
    found = []
    for line in lines.across:
        if line.w_mm < _RULE_MM or line.w_mm > 0.97 * lines.width_mm or line.h_mm > 0.9:
            continue
        level = line.y_mm + line.h_mm / 2
        if any(_near_edge(line, place.box) for place in places) or lines.meets_upright(line):
            continue
        if lines.dark_around(line) > _PRINTED:
            # The upper edge of a row of letters.
            continue
        white = min(_ABOVE_MM, lines.white_above(line))
        if white >= _LEAST_ABOVE_MM:
            found.append(Place("rule", Box(line.x_mm, level - white, line.w_mm, white)))
    return found


def _near_edge(line: Box, box: Box) -> bool:
    inside = min(line.right_mm, box.right_mm) - max(line.x_mm, box.x_mm)
    level = line.y_mm + line.h_mm / 2
    return inside > 0 and box.y_mm - 1.2 <= level <= box.bottom_mm + 1.2


def _outermost(places: list[Place]) -> list[Place]:
    """Without boxes that hold other places: those are frames around them."""
    kept = []
    for place in places:
        held = [p for p in places if p is not place and _holds(place.box, p.box)]
        if not held:
            kept.append(place)
    return kept


def _holds(box: Box, other: Box) -> bool:
    return (
        box.w_mm * box.h_mm > other.w_mm * other.h_mm
        and box.x_mm - 0.5 <= other.x_mm
        and box.y_mm - 0.5 <= other.y_mm
        and box.right_mm + 0.5 >= other.right_mm
        and box.bottom_mm + 0.5 >= other.bottom_mm
    )


def _in_order(places: list[Place]) -> list[Place]:
    """Rows from top to bottom; what overlaps by half in height is one row."""
    ordered: list[Place] = []
    row: list[Place] = []
    for place in sorted(places, key=lambda p: p.box.y_mm):
        if row and place.box.y_mm > row[0].box.y_mm + 0.5 * min(row[0].box.h_mm, place.box.h_mm):
            ordered += sorted(row, key=lambda p: p.box.x_mm)
            row = []
        row.append(place)
    return ordered + sorted(row, key=lambda p: p.box.x_mm)


def groups(cells: tuple[Box, ...]) -> tuple[tuple[int, ...], float]:
    """How a row's cells are grouped, and the white (mm) between the groups: 0 where there is one group.

    Cells that all stand apart are a group each.
    """
    gaps = [after.x_mm - before.right_mm for before, after in pairwise(cells)]
    if not gaps:
        return (1,), 0.0
    least = min(gaps)
    if least > _APART_MM and max(gaps) - least <= _APART_MM:
        return (1,) * len(cells), float(np.mean(gaps))
    counts, count = [], 1
    for gap in gaps:
        if gap > least + _APART_MM:
            counts.append(count)
            count = 0
        count += 1
    wide = [gap for gap in gaps if gap > least + _APART_MM]
    return (*counts, count), float(np.mean(wide)) if wide else 0.0


def even(cells: tuple[Box, ...], counts: tuple[int, ...], gap: float) -> bool:
    """Whether cells of one width, so grouped, stand where these do, to a third of a millimetre."""
    whole = Box.around(cells)
    width = (whole.w_mm - gap * (len(counts) - 1)) / sum(counts)
    x, starts = whole.x_mm, []
    for count in counts:
        for _ in range(count):
            starts.append(x)
            x += width
        x += gap
    return all(abs(start - cell.x_mm) <= _UNEVEN_MM for start, cell in zip(starts, cells, strict=True))
