"""What a writer did with a row of cells that its instructions do not foresee.

Found from the ink's shape, beside what the classifier says of each cell: a dash, line or Z through unused
cells, a decimal part written in, digits struck out or written over, a digit rewritten above or below, two
digits in a cell. What is told apart for sure changes the cells' probabilities; anything else becomes a
reason, and the slip goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.reasons import Reason
from ocr.decode.evidence import BLANK, NOT_A_DIGIT
from ocr.forms.heavy import INK_OF, heavy_cells, ink_in_digits
from ocr.forms.row import Piece, Row
from ocr.forms.settings import Floats
from ocr.forms.shapes import beside, bounds, is_comma, is_dash, is_line, is_z
from ocr.forms.twofold import PairReader, two_in_cell

#: Roles whose number may stand anywhere in its cells, so that some are left over.
_LOOSE = frozenset({"reading", "meter_serial"})
#: A stroke that was told apart by its shape leaves this much doubt.
_DOUBT = 0.01
#: A cell taken for a digit with this probability is one, however wide or heavy it is: shape alone
#: named 55 of 240 fields of recorded writers struck out or doubled.
_CLEAR_DIGIT = 0.97
#: How much of a cell written over or struck out may still be what the classifier says.
_HEAVY_TRUST = 0.2
#: Most digits after a comma; a display shows one, rarely two or three.
_MOST_DECIMALS = 3
#: A Z in one cell is as wide as that (of the cell) and this straight (mm); few 2s are.
_Z_WIDE, _Z_STRAIGHT_MM = 0.7, 0.55
#: Ink (mm²) by which a stroke has entered a cell, and how wide (in cells) one through several is.
_ENTERED_MM2, _THROUGH = 0.8, 1.3
#: Ink (mm²) that a cell has at least when something was struck out in it: shine-through and dust have less.
_INKED_MM2 = 2.0
#: What a digit beside the row has at least: height (mm), ink (mm²); and how far from the cells it may stand.
_BESIDE_HIGH_MM, _BESIDE_MM2 = 1.8, 1.6
_BESIDE_TOGETHER_MM = 5.0


@dataclass(frozen=True)
class Observed:
    """``probabilities``: the cells' (n, 12) with what the habits tell put in; ``reasons``: why a person must
    look; ``unused``: cells that a stroke marks as left over; ``struck``: cells struck out or written over;
    ``doubled``: those with two digits; ``decimals``: those of a comma and what follows it.
    """

    probabilities: Floats
    reasons: tuple[Reason, ...] = ()
    unused: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    doubled: frozenset[int] = frozenset()
    decimals: frozenset[int] = frozenset()


def observe(row: Row, probabilities: Floats, usual: float, pairs: PairReader) -> Observed:
    """Look at one row; ``usual``: a digit's usual ink on this slip, in cell heights squared, 0: unknown.

    ``pairs`` reads the halves of a cell that may hold two digits.
    """
    seen = Observed(probabilities)
    cells = row.field.cells
    if row.stamped:
        # Under a stamp's rings and letters shapes say nothing; the classifier alone speaks.
        return seen
    if row.field.role in _LOOSE:
        seen = _without_unused(row, seen)
    if row.field.role == "reading":
        seen = _without_decimals(row, seen)
    reasons = list(seen.reasons)
    gone = seen.unused | seen.decimals
    best = seen.probabilities.argmax(axis=1)
    looked_at = [
        k for k in range(len(cells)) if k not in gone and best[k] != BLANK and row.ink_in(k) >= _INKED_MM2
    ]
    much = {k: ink_in_digits(row, k, int(best[k]), usual) for k in looked_at}
    clear = {k for k in looked_at if seen.probabilities[k, :BLANK].max() >= _CLEAR_DIGIT}
    doubled = [
        k
        for k in looked_at
        if two_in_cell(row, k, best[k] == NOT_A_DIGIT, 0.0 if k in clear else much[k], pairs)
    ]
    if doubled:
        reasons.append(Reason.TWO_DIGITS_IN_CELL)
    heavy = heavy_cells(row, {k: much[k] for k in looked_at if k not in doubled}, clear)
    struck = {k for k in looked_at if best[k] == NOT_A_DIGIT and not _is_dot(row, k)}
    struck = (struck | set(heavy)) - set(doubled)
    changed = seen.probabilities.copy()
    for k in (*heavy, *doubled):
        changed[k] *= _HEAVY_TRUST
        changed[k, NOT_A_DIGIT] += 1.0 - _HEAVY_TRUST
    if written_beside(row, struck):
        reasons.append(Reason.REWRITTEN_BESIDE)
    elif struck:
        reasons.append(Reason.STRUCK_OUT)
    return replace(
        seen,
        probabilities=changed,
        reasons=tuple(dict.fromkeys(reasons)),
        struck=frozenset(struck),
        doubled=frozenset(doubled),
    )


def _is_dot(row: Row, cell: int) -> bool:
    """Whether a date's cell holds a separator only."""
    pieces, box = row.of_cell[cell], row.field.cells[cell]
    if row.field.kind != "date" or not pieces:
        return False
    whole = bounds(pieces)
    return is_dash(pieces, box) or (whole.h_mm <= 3.6 and whole.w_mm <= 2.2)


# unused cells


def _without_unused(row: Row, seen: Observed) -> Observed:
    """Dashes, lines and Zs at either end of the number: those cells are empty."""
    cells = row.field.cells
    best = seen.probabilities.argmax(axis=1)
    strokes = set(_across_several(row))
    dashed = {k for k in range(len(cells)) if best[k] >= BLANK and is_dash(row.of_cell[k], cells[k])}
    empty = {k for k in range(len(cells)) if best[k] == BLANK} | strokes | dashed
    unused = (strokes | dashed) & _ends(empty, len(cells))
    changed = seen.probabilities.copy()
    for k in unused:
        if k in strokes:
            changed[k] = _DOUBT / 11
            changed[k, BLANK] = 1.0 - _DOUBT
        else:
            # The shape says dash, the classifier says no digit; what it gives to digits stands.
            changed[k, BLANK] += (1.0 - _DOUBT) * changed[k, NOT_A_DIGIT]
            changed[k, NOT_A_DIGIT] *= _DOUBT
    reasons = seen.reasons
    alone = [k for k in range(len(cells)) if k not in unused and _lone_z(row, k)]
    if alone and set(alone) & (_ends(empty | set(alone), len(cells))) and best[alone[0]] != BLANK:
        # In one cell a Z is a 2 in many hands.
        reasons = (*reasons, Reason.CELL_CROSSED)
    return replace(seen, probabilities=changed, unused=frozenset(unused), reasons=reasons)


def _ends(empty: set[int], count: int) -> set[int]:
    """The cells of ``empty`` that form runs at either end of ``count`` cells."""
    left, right = 0, count
    while left in empty:
        left += 1
    while right - 1 in empty and right > left:
        right -= 1
    return set(range(left)) | set(range(right, count))


def _across_several(row: Row) -> list[int]:
    """Cells that share one line or Z with their neighbour and hold nothing else."""
    found: list[int] = []
    for piece in row.pieces:
        inside = [k for k, area in enumerate(piece.inside) if area > _ENTERED_MM2]
        # A scribble over one digit that spills into the next cell is no stroke through both.
        if len(inside) < 2 or piece.box.w_mm < _THROUGH * row.field.cells[inside[0]].w_mm:
            continue
        alone = all(_only(row, k, piece) for k in inside)
        if alone and (is_line(piece, row.field.cells[inside[0]]) or is_z(row, piece)):
            found += inside
    return found


def _only(row: Row, cell: int, piece: Piece) -> bool:
    others = sum(float(p.inside[cell]) for p in row.pieces if p.number != piece.number)
    return others < 0.3


def _lone_z(row: Row, cell: int) -> bool:
    """Whether a cell holds a Z as wide as the cell, with straight bars."""
    pieces, box = row.of_cell[cell], row.field.cells[cell]
    return (
        len(pieces) == 1 and pieces[0].box.w_mm >= _Z_WIDE * box.w_mm and is_z(row, pieces[0], _Z_STRAIGHT_MM)
    )


# decimals


def _without_decimals(row: Row, seen: Observed) -> Observed:
    """A comma after the last whole digit: what follows is not part of the reading."""
    cells = row.field.cells
    best = seen.probabilities.argmax(axis=1)
    written = [k for k in range(len(cells)) if best[k] != BLANK and k not in seen.unused]
    for piece in row.pieces:
        if not is_comma(piece, cells[0]):
            continue
        own = piece.cell
        if own >= 0 and best[own] >= BLANK and row.of_cell[own] == (piece,):
            after = [k for k in written if k > own]
            gone = {own, *after}
        else:
            place = beside(piece, cells)
            after = [] if place is None else [k for k in written if k >= place]
            gone = set(after)
        before = [k for k in written if k not in gone]
        if not after or not before or len(after) > _MOST_DECIMALS or not _follow(before, after, own):
            continue
        if any(best[k] == NOT_A_DIGIT for k in after):
            continue
        changed = seen.probabilities.copy()
        for k in gone:
            changed[k] = _DOUBT / 11
            changed[k, BLANK] = 1.0 - _DOUBT
        return replace(
            seen,
            probabilities=changed,
            reasons=(*seen.reasons, Reason.DECIMALS_WRITTEN),
            decimals=frozenset(gone),
        )
    return seen


def _follow(before: list[int], after: list[int], comma: int) -> bool:
    """Whether whole digits, comma and decimals stand in one run of cells."""
    run = sorted({*before, *after})
    holes = set(range(run[0], run[-1] + 1)) - set(run)
    return not holes or holes == {comma}


# beside the row


def written_beside(row: Row, struck: set[int]) -> bool:
    """Whether something as large as a digit stands above or below the row, near a struck cell or at all."""
    cells = row.field.cells
    top, foot = cells[0].y_mm, cells[0].bottom_mm
    height = row.ink.shape[0] / row.scale
    pieces = [
        p
        for p in row.pieces
        if p.inside.sum() < 0.1 * p.area_mm2
        and (p.box.bottom_mm <= top + 0.6 or p.box.y_mm >= foot - 0.6)
        # What the window's edge cuts belongs to another row.
        and p.box.y_mm > row.top_mm + 0.2
        and p.box.bottom_mm < row.top_mm + height - 0.2
        and cells[0].x_mm - 2.0 <= p.box.x_mm + p.box.w_mm / 2 <= cells[-1].right_mm + 2.0
    ]
    for group in _together(pieces):
        box = bounds(group)
        large = box.h_mm >= _BESIDE_HIGH_MM and sum(p.area_mm2 for p in group) >= _BESIDE_MM2
        near = any(box.x_mm - 6.0 <= cells[k].x_mm + cells[k].w_mm / 2 <= box.right_mm + 6.0 for k in struck)
        if large and near:
            return True
    return False


def _together(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces grouped with their neighbours on one side: print cuts a digit that crosses it into parts."""
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.box.x_mm):
        for group in groups:
            box = bounds(group)
            if piece.box.x_mm - box.right_mm < 1.0 and abs(piece.box.y_mm - box.y_mm) < _BESIDE_TOGETHER_MM:
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def usual_ink(rows: Mapping[str, Row], probabilities: Mapping[str, Floats]) -> float:
    """The usual digit's ink on a slip, in cell heights squared; 0 of fewer than six digits.

    The median over the cells, each beside what its digit has in most hands.
    """
    areas: list[float] = []
    for name, row in rows.items():
        best: NDArray[np.intp] = probabilities[name].argmax(axis=1)
        for k, cell in enumerate(row.field.cells):
            if best[k] < BLANK:
                areas.append(row.ink_in(k) / cell.h_mm**2 / INK_OF[best[k]])
    return float(np.median(areas)) if len(areas) >= 6 else 0.0
