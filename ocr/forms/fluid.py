"""Correction fluid: it covers the printed lines of the cells it is on, where the rest of the print is whole.

A gap in a line is a stretch along which nothing is dark where the line should be, smoothed along the line so
that noise does not close it. A scan that has lost lines in other rows, too, proves nothing: then no cell is
named.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.correction import Correction
from ocr.forms.landmarks import LEFT_RIGHT, Lines, expected_lines
from ocr.forms.ranks import median, rank
from ocr.forms.settings import Floats, Grey
from templates.model import Template

_SAMPLES = 40
#: How much of a line is looked at (its corners belong to two lines), and how far to its sides (mm).
_ALONG = 0.9
_AT = np.linspace(-_ALONG, _ALONG, _SAMPLES)
_ACROSS_MM, _PAPER_MM = 0.45, 1.3
#: A line is seen where it is this share as dark as its like; fainter lines (grey levels) tell nothing.
_SEEN, _FAINTEST = 0.3, 14.0
#: What may be missing of the lines of one strength elsewhere on the slip for gaps to mean anything.
_MOST_LOST = 0.03
#: The shortest gap that counts (mm), and what a cell's gaps come to when it was painted over (mm).
_GAP_MM, _PAINTED_MM = 0.8, 1.2


@dataclass(frozen=True, eq=False)
class Gaps:
    """``longest`` (n,): mm missing at one stretch of each of ``expected_lines``; ``lines``: those."""

    lines: Lines
    longest: Floats


def painted_cells(slip: Grey, template: Template, correction: Correction, dpi: float) -> dict[str, set[int]]:
    """Field name → cells over whose lines something white lies, on a rectified slip (uint8, ``dpi``)."""
    gaps = line_gaps(slip, template, correction, dpi)
    lines = gaps.lines
    found: dict[str, set[int]] = {}
    for number, field in enumerate(template.fields):
        own = (lines.field == number) & ~lines.guard & (gaps.longest >= _GAP_MM)
        if not own.any():
            continue
        for k in range(len(field.cells)):
            upright = own & (lines.kind == 0) & ((lines.cell == k) | (lines.cell == k + 1))
            level = own & (lines.kind != 0) & (lines.cell == k)
            if float(gaps.longest[upright | level].sum()) >= _PAINTED_MM:
                found.setdefault(field.name, set()).add(k)
    return found


def line_gaps(slip: Grey, template: Template, correction: Correction, dpi: float) -> Gaps:
    """The gaps in all printed cell lines; none where lines of their strength are lost elsewhere, too."""
    lines = expected_lines(template)
    longest = np.zeros(len(lines.axis))
    if not len(longest):
        return Gaps(lines, longest)
    dark, step_mm = _along(slip, template, lines, _shifts(template, lines, correction), dpi)
    for frame in (False, True):
        alike = np.flatnonzero((lines.frame == frame) & ~lines.guard)
        if not len(alike):
            continue
        usual = median(dark[alike].ravel())
        if usual < _FAINTEST:
            continue
        missing = dark[alike] < _SEEN * usual
        lost = np.count_nonzero(missing, axis=1)
        if not lost.any():
            continue
        runs, fields = _longest_runs(missing) * step_mm[alike], lines.field[alike]
        for number in np.unique(fields):
            own = fields == number
            others = (len(own) - np.count_nonzero(own)) * missing.shape[1]
            # Fluid spoils one row, a poor scan all of them.
            if others and int(lost[~own].sum()) / others <= _MOST_LOST:
                longest[alike[own]] = runs[own]
    return Gaps(lines, longest)


def _shifts(template: Template, lines: Lines, correction: Correction) -> Floats:
    """How far each line lies from its print's place, (n, 2) mm."""
    shifts = np.zeros((len(lines.axis), 2))
    for number, field in enumerate(template.fields):
        if field.cells:
            own = lines.field == number
            shifts[own] = correction.shifts[field.name][np.clip(lines.cell[own], 0, len(field.cells) - 1)]
    return shifts


def _along(slip: Grey, template: Template, lines: Lines, shifts: Floats, dpi: float) -> tuple[Floats, Floats]:
    """Darkness along each line (n, samples), in grey levels above the paper beside it; mm a sample (n,)."""
    scale = dpi / 25.4
    steps = _steps(round(_PAPER_MM * scale))
    middle = (lines.middle + shifts) * scale - 0.5
    # Upright lines first: x and y are each filled in two blocks.
    order = np.argsort(lines.axis != LEFT_RIGHT, kind="stable")
    uprights = np.count_nonzero(lines.axis == LEFT_RIGHT)
    beside = middle[order, lines.axis[order]] + steps[:, None]
    ahead = middle[order, 1 - lines.axis[order]] + _AT[:, None] * (lines.half[order] * scale)
    across, along = beside.astype(np.float32)[None, :, :], ahead.astype(np.float32)[:, None, :]
    # (samples, steps, lines), as the smoothing wants it.
    x, y = np.empty((2, _SAMPLES, len(steps), len(order)), dtype=np.float32)
    x[:, :, :uprights], x[:, :, uprights:] = across[..., :uprights], along[..., uprights:]
    y[:, :, :uprights], y[:, :, uprights:] = along[..., :uprights], across[..., uprights:]
    values = cv2.remap(
        slip,
        x.reshape(_SAMPLES, -1),
        y.reshape(_SAMPLES, -1),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    smooth = cv2.blur(values, (1, 3)).reshape(_SAMPLES, len(steps), -1)
    levels = np.ascontiguousarray(smooth.transpose(1, 0, 2), dtype=np.uint8)
    near = levels[np.abs(steps) <= _ACROSS_MM * scale].min(axis=0)
    paper = rank(levels, int(len(steps) * 0.75))
    dark: Floats = np.empty((len(order), _SAMPLES))
    dark[order] = cv2.subtract(paper, near).T
    return dark, 2.0 * _ALONG * lines.half / (_SAMPLES - 1)


@lru_cache(maxsize=8)
def _steps(reach: int) -> NDArray[np.int64]:
    return np.arange(-reach, reach + 1)


def _longest_runs(missing: NDArray[np.bool_]) -> Floats:
    """The longest run of True in each row."""
    if not missing.any():
        return np.zeros(len(missing))
    steps = np.arange(missing.shape[1])
    seen_last = np.maximum.accumulate(np.where(missing, -1, steps), axis=1)
    longest: Floats = (steps - seen_last).max(axis=1).astype(np.float64)
    return longest
