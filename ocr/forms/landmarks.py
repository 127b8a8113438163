"""The printed cell lines as landmarks: where they should be, and where they are seen in a rectified slip.

A line is looked for with the grey levels across it, averaged along it without the extremes, so that a pen
stroke that crosses it does not matter. A digit's stroke that runs beside a line for a while is darker than
the line; but the line goes on where the stroke has ended, and by that the two are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.forms.ranks import median, ranked
from ocr.forms.settings import Floats, Grey
from templates.model import Box, Field, Template

LEFT_RIGHT, UP_DOWN = 0, 1
_SAMPLES = 17
_SAME_MM = 0.05
#: Which of the sorted samples along a line (darkest first) tell that something is dark there, and which that
#: it is dark all along; the very lightest may be a speck.
_SOMEWHERE = slice(4, 13)
_ALL_ALONG = slice(11, 16)
#: A mark is a whole line from this share of what is usual for lines of its strength.
_WHOLE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Lines:
    """The expected lines of a template, n of them; lengths in slip millimetres.

    ``middle`` (n, 2); ``axis``: the direction in which a line's place is measured; ``half``: half its length;
    ``field``: index into ``Template.fields``; ``cell``: index of the cell it starts (a row's last line: the
    number of cells); ``kind``: 0 upright, 1 top, 2 bottom; ``frame``: whether it is part of the outline of
    touching cells, printed stronger than the lines between them; ``guard``: where a line would be if the row
    were shifted by a cell. ``fit``: whether it serves the fit (else the check).
    """

    middle: Floats
    axis: NDArray[np.int64]
    half: Floats
    field: NDArray[np.int64]
    cell: NDArray[np.int64]
    kind: NDArray[np.int64]
    frame: NDArray[np.bool_]
    guard: NDArray[np.bool_]
    fit: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Profiles:
    """Grey levels across each of n lines, (n, steps) each.

    ``darkness``: above the paper beside the line, whatever is dark along some of it; ``whole``: only what is
    dark all along it; ``steps``: how far from the expected place (mm).
    """

    darkness: Floats
    whole: Floats
    steps: Floats


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of ``Lines``: ``offset`` (n,) mm from the expected place; ``contrast`` (n,) grey levels,
    of the darkest mark there; ``whole`` (n,): whether a mark there is dark all along, as a line is.
    """

    offset: Floats
    contrast: Floats
    whole: NDArray[np.bool_]


def _uprights(field: Field) -> list[tuple[float, Box, int, bool]]:
    """(x, a cell it belongs to, cell index, on the outline) of a row's upright lines, each once."""
    found: list[tuple[float, Box, int, bool]] = []
    for index, cell in enumerate(field.cells):
        if found and cell.x_mm - found[-1][0] <= _SAME_MM:
            # Shared with the cell before: it only parts the two.
            found[-1] = (*found[-1][:3], False)
        else:
            found.append((cell.x_mm, cell, index, True))
        found.append((cell.x_mm + cell.w_mm, cell, index + 1, True))
    return found


@lru_cache(maxsize=64)
def expected_lines(template: Template) -> Lines:
    """All cell lines of a template, and the guards beside each row."""
    rows: list[tuple[float, float, int, float, int, int, int, bool, bool, bool]] = []
    for number, field in enumerate(template.fields):
        uprights = _uprights(field)
        for order, (x, cell, index, frame) in enumerate(uprights):
            middle = cell.y_mm + cell.h_mm / 2
            rows.append(
                (x, middle, LEFT_RIGHT, cell.h_mm / 2, number, index, 0, frame, False, order % 2 == 0)
            )
        if uprights:
            first, last = field.cells[0], field.cells[-1]
            for x, cell in ((first.x_mm - first.w_mm, first), (last.x_mm + 2 * last.w_mm, last)):
                middle = cell.y_mm + cell.h_mm / 2
                rows.append((x, middle, LEFT_RIGHT, cell.h_mm / 2, number, -1, 0, False, True, False))
        for index, cell in enumerate(field.cells):
            x = cell.x_mm + cell.w_mm / 2
            for y, kind in ((cell.y_mm, 1), (cell.y_mm + cell.h_mm, 2)):
                rows.append((x, y, UP_DOWN, cell.w_mm / 2, number, index, kind, True, False, index % 2 == 0))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 10
    return Lines(
        middle=np.array([columns[0], columns[1]], dtype=np.float64).reshape(2, -1).T,
        axis=np.array(columns[2], dtype=np.int64),
        half=np.array(columns[3], dtype=np.float64),
        field=np.array(columns[4], dtype=np.int64),
        cell=np.array(columns[5], dtype=np.int64),
        kind=np.array(columns[6], dtype=np.int64),
        frame=np.array(columns[7], dtype=np.bool_),
        guard=np.array(columns[8], dtype=np.bool_),
        fit=np.array(columns[9], dtype=np.bool_),
    )


@lru_cache(maxsize=64)
def _sampling(template: Template, dpi: float, reach_mm: float) -> tuple[NDArray[np.int64], Floats]:
    """Which pixels to look at, row after row, (samples, n, steps), and the steps (mm) across each line."""
    lines = expected_lines(template)
    scale = dpi / 25.4
    steps = np.arange(-round(reach_mm * scale), round(reach_mm * scale) + 1)
    along = np.linspace(-0.76, 0.76, _SAMPLES)
    middle = lines.middle * scale - 0.5
    # Each line is sampled from its nearest pixel; what that rounds away is added to the offsets.
    nearest = np.round(middle)
    across = nearest[np.arange(len(middle)), lines.axis][:, None, None] + steps[None, None, :]
    other = np.round(
        middle[np.arange(len(middle)), 1 - lines.axis][:, None] + along * (lines.half * scale)[:, None]
    )[:, :, None]
    other = np.broadcast_to(other, (*across.shape[:1], _SAMPLES, len(steps)))
    across = np.broadcast_to(across, other.shape)
    upright = (lines.axis == LEFT_RIGHT)[:, None, None]
    height, width = round(template.height_mm * scale), round(template.width_mm * scale)
    columns = np.clip(np.where(upright, across, other), 0, width - 1).astype(np.int64)
    rows = np.clip(np.where(upright, other, across), 0, height - 1).astype(np.int64)
    rounding = nearest[np.arange(len(middle)), lines.axis] - middle[np.arange(len(middle)), lines.axis]
    places = np.ascontiguousarray((rows * width + columns).transpose(1, 0, 2))
    return places, (steps[None, :] + rounding[:, None]) / scale


def profiles(slip: Grey, template: Template, dpi: float, reach_mm: float) -> Profiles:
    """What lies across each line of a rectified slip, up to ``reach_mm`` away."""
    places, steps = _sampling(template, dpi, reach_mm)
    if not len(steps):
        return Profiles(np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 1)))
    values = ranked(slip.ravel()[places])
    return Profiles(_above_paper(values[_SOMEWHERE]), _above_paper(values[_ALL_ALONG]), steps)


def _above_paper(values: Sequence[Grey]) -> Floats:
    """Mean of the samples, (n, steps) each, in grey levels darker than the paper beside: (n, steps)."""
    level: Floats = np.asarray(np.sum(values, axis=0, dtype=np.uint16) / len(values), dtype=np.float64)
    brightest = int(level.shape[1] * 0.7)
    paper = np.partition(level, brightest, axis=1)[:, brightest]
    above: Floats = np.maximum(paper[:, None] - level, 0.0)
    return above


def _smooth(values: Floats) -> Floats:
    smooth = values.copy()
    smooth[:, 1:-1] = (values[:, :-2] + 2 * values[:, 1:-1] + values[:, 2:]) / 4
    return smooth


def locate(lines: Lines, seen: Profiles, around: Floats, within_mm: float, faintest: float) -> Seen:
    """The line within ``within_mm`` of ``around`` (n,), its middle to a part of a pixel.

    It is the darkest mark of those that are dark all along, at least ``faintest`` grey levels, or the darkest
    of all where none is. How near a mark lies does not count: a line out of its place is seen out of it.
    """
    allowed = np.abs(seen.steps - around[:, None]) <= within_mm
    darkness, whole = _smooth(seen.darkness), _smooth(seen.whole)
    strongest = np.where(allowed, whole, 0.0).max(axis=1, initial=0.0)
    least = np.full(len(around), faintest)
    for frame in (False, True):
        alike = lines.frame == frame
        real = strongest[alike & ~lines.guard]
        if len(real):
            least[alike] = max(faintest, _WHOLE_SHARE * median(real))
    smooth = np.where((strongest >= least)[:, None], whole, darkness)
    peak = np.where(allowed, smooth, -1.0).argmax(axis=1)
    index = np.arange(len(peak))
    top = np.where(allowed[index, peak], smooth[index, peak], 0.0)
    window = np.abs(seen.steps - seen.steps[index, peak][:, None]) <= 0.4
    weight = np.where(window, np.maximum(smooth - 0.4 * top[:, None], 0.0), 0.0)
    total = weight.sum(axis=1)
    offset = np.where(total > 0, (weight * seen.steps).sum(axis=1) / np.maximum(total, 1e-9), 0.0)
    contrast = np.where(allowed, darkness, 0.0).max(axis=1, initial=0.0)
    return Seen(offset=offset, contrast=contrast, whole=strongest >= least)
