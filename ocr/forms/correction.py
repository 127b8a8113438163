"""From landmarks to a correction: a smooth one for stretched paper, a local one for folds, and what is left.

Half of the landmarks (every other line) serve the fit; the others are only looked at afterwards, so that the
residual says how far cells really are from where they are cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.forms.creases import crease
from ocr.forms.landmarks import LEFT_RIGHT, UP_DOWN, Lines, Profiles, expected_lines, locate
from ocr.forms.ranks import median
from ocr.forms.settings import Floats, ReaderSettings
from templates.model import Template

Places = NDArray[np.intp]

#: A line with less contrast than this (grey levels), or than this share of the usual, is not seen.
_FAINTEST = 7.0
_FAINTEST_SHARE = 0.15
#: After the smooth fit, lines are looked for this near (mm); less than the distance to most pen strokes.
_NEAR_MM = 0.9
#: Share of a row's outline that must be seen where the other rows speak for it.
_SOME = 0.3
#: Share of all lines of a row that must be seen for nobody to ask whether the row stands elsewhere.
_COMPLETE = 0.94
#: Share of a slip's lines of one strength that are whole where they have come out well.
_MOSTLY = 0.75


@dataclass(frozen=True, eq=False)
class Correction:
    """``smooth`` (2, 6): coefficients of the shift in x and y over the slip; ``shifts``: per field name
    (cells, 2) mm.

    ``worst_mm``, ``median_mm``: of the check lines after the correction. ``verified``: whether the lines bear
    the registration out, but for the rows named in ``doubtful``: those need another witness.
    ``incomplete``: rows of which some lines were not seen as a whole, doubtful or not.
    """

    smooth: Floats
    shifts: dict[str, Floats]
    worst_mm: float
    median_mm: float
    verified: bool
    doubtful: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()

    def at(self, template: Template, x_mm: float, y_mm: float) -> Floats:
        """The smooth shift (2,) mm at a place of the slip."""
        shift: Floats = (_terms(template, np.array([[x_mm, y_mm]])) @ self.smooth.T)[0]
        return shift


def _terms(template: Template, points: Floats) -> Floats:
    """1, x, y, xy, x², y² with x, y from -1 to 1 over the slip: (n, 6)."""
    x = points[:, 0] / (template.width_mm / 2) - 1.0
    y = points[:, 1] / (template.height_mm / 2) - 1.0
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)


@dataclass(frozen=True, eq=False)
class _Row:
    """What of ``expected_lines`` is a row of cells, by its field's name; indices of lines.

    ``terms`` (cells, 6) and ``places`` (cells,): of its cells' middles. ``fit`` and ``check``: its real lines
    by axis; ``outline``: those of its outline, its uprights, tops and bottoms; ``ends``: its first and last
    upright line, and ``guards`` those beyond them; ``strengths``: its lines within and on the outline.
    """

    name: str
    real: NDArray[np.bool_]
    terms: Floats
    places: Floats
    fit: tuple[Places, Places]
    check: tuple[Places, Places]
    outline: tuple[Places, Places, Places]
    ends: tuple[int, int]
    guards: tuple[int, int]
    strengths: tuple[Places, Places]


@lru_cache(maxsize=64)
def _rows(template: Template) -> tuple[_Row, ...]:
    lines = expected_lines(template)
    rows = []
    for number, field in enumerate(template.fields):
        if not field.cells:
            continue
        own = lines.field == number
        real = own & ~lines.guard
        upright = own & (lines.kind == 0)
        ends, guards = (
            index[np.argsort(lines.middle[index, 0])]
            for index in (np.flatnonzero(upright & ~lines.guard), np.flatnonzero(upright & lines.guard))
        )
        centres = np.array([[c.x_mm + c.w_mm / 2, c.y_mm + c.h_mm / 2] for c in field.cells])
        left_right, up_down = (real & (lines.axis == axis) for axis in (LEFT_RIGHT, UP_DOWN))
        uprights, tops, bottoms = (own & lines.frame & (lines.kind == kind) for kind in (0, 1, 2))
        rows.append(
            _Row(
                field.name,
                real,
                _terms(template, centres),
                centres[:, 0],
                (np.flatnonzero(left_right & lines.fit), np.flatnonzero(up_down & lines.fit)),
                (np.flatnonzero(left_right & ~lines.fit), np.flatnonzero(up_down & ~lines.fit)),
                (np.flatnonzero(uprights), np.flatnonzero(tops), np.flatnonzero(bottoms)),
                (int(ends[0]), int(ends[-1])),
                (int(guards[0]), int(guards[-1])),
                (np.flatnonzero(real & ~lines.frame), np.flatnonzero(real & lines.frame)),
            )
        )
    return tuple(rows)


@lru_cache(maxsize=64)
def _line_terms(template: Template) -> Floats:
    return _terms(template, expected_lines(template).middle)


def _median(values: Floats) -> float:
    """The upper median, 0 of nothing; many times quicker than numpy's on a few dozen values."""
    return float(np.sort(values)[len(values) // 2]) if len(values) else 0.0


def _robust_fit(terms: Floats, offset: Floats) -> Floats:
    """Least squares with Tukey's biweight; the quadratic terms are held back where few lines speak for
    them.
    """
    ridge = np.diag([1e-6, 1e-3, 1e-3, 2e-2, 2e-2, 2e-2]) * max(len(offset), 1)
    weight = np.ones(len(offset))
    solution = np.zeros(6)
    solution[0] = _median(offset)
    for _ in range(5):
        error = offset - terms @ solution
        spread = max(1.4826 * _median(np.abs(error)), 0.04)
        weight = np.clip(1.0 - (error / (4.7 * spread)) ** 2, 0.0, 1.0) ** 2
        weighted = terms * weight[:, None]
        solution = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ offset)
    return solution


def correct(template: Template, lines: Lines, across: Profiles, settings: ReaderSettings) -> Correction:
    """Fit and check; see ``Correction``. ``across``: as ``landmarks.profiles`` gives it."""
    n = len(lines.axis)
    terms = _line_terms(template)
    first = locate(lines, across, np.zeros(n), settings.search_mm, _FAINTEST)
    real = ~lines.guard
    faintest = max(_FAINTEST, _FAINTEST_SHARE * median(first.contrast[real])) if real.any() else 0.0
    smooth = np.zeros((2, 6))
    for axis in (LEFT_RIGHT, UP_DOWN):
        use = real & lines.fit & (lines.axis == axis) & (first.contrast >= faintest)
        smooth[axis] = _robust_fit(terms[use], first.offset[use])
    expected = np.einsum("nk,nk->n", terms, smooth[lines.axis])
    seen = locate(lines, across, expected, _NEAR_MM, faintest)
    visible = seen.contrast >= faintest
    for axis in (LEFT_RIGHT, UP_DOWN):
        use = real & lines.fit & (lines.axis == axis) & visible
        smooth[axis] = _robust_fit(terms[use], seen.offset[use])
    rest = seen.offset - np.einsum("nk,nk->n", terms, smooth[lines.axis])
    return _check(
        template, lines, visible, rest, whole=seen.whole, smooth=smooth, min_share=settings.min_lines_seen
    )


def _check(
    template: Template,
    lines: Lines,
    visible: NDArray[np.bool_],
    rest: Floats,
    *,
    whole: NDArray[np.bool_],
    smooth: Floats,
    min_share: float,
) -> Correction:
    shifts: dict[str, Floats] = {}
    errors: list[Floats] = []
    worst = 0.0
    rows, along = _rows(template), lines.middle[:, 0]
    for row in rows:
        shift = row.terms @ smooth.T
        for axis in (LEFT_RIGHT, UP_DOWN):
            fit, check = (index[visible[index]] for index in (row.fit[axis], row.check[axis]))
            local = _local(along[fit], rest[fit], np.concatenate([row.places, along[check]]))
            shift[:, axis] += local[: len(shift)]
            left = rest[check] - local[len(shift) :]
            errors.append(np.abs(left))
            worst = max(worst, _worst(along[check], left, by_cell=axis == UP_DOWN))
        worst = crease(lines, row.real & visible, rest, worst)
        shifts[row.name] = shift
    all_errors = np.concatenate(errors) if errors else np.zeros(0)
    typical = median(all_errors) if len(all_errors) else float("inf")
    if not len(all_errors):
        worst = float("inf")
    doubtful = _doubtful(lines, visible, rows, min_share) if len(all_errors) else None
    incomplete = tuple(row.name for row in rows if _incomplete(lines, whole, row))
    return Correction(smooth, shifts, worst, typical, doubtful is not None, doubtful or (), incomplete)


def _doubtful(
    lines: Lines, visible: NDArray[np.bool_], rows: Sequence[_Row], share: float
) -> tuple[str, ...] | None:
    """Rows whose place is not proven by their lines; None when the lines speak against the registration.

    Every row must show ``share`` of its outline on each side. Where a black-and-white scan has lost lines,
    rows that show a third of it anywhere are only doubtful. No row may look shifted by a cell.
    """
    if any(_shifted(visible, row) for row in rows):
        return None
    if _share(visible[lines.frame & ~lines.guard]) < share:
        return None
    doubtful = [row for row in rows if not all(_share(visible[side]) >= share for side in row.outline)]
    if any(_share(visible[row.strengths[True]]) < _SOME for row in doubtful):
        return None
    return tuple(row.name for row in doubtful)


def _incomplete(lines: Lines, whole: NDArray[np.bool_], row: _Row) -> bool:
    """Whether a row has lost whole lines of a strength that the slip mostly shows: a poor scan loses the
    fainter ones everywhere.
    """
    for frame in (False, True):
        own = row.strengths[frame]
        if not len(own) or _share(whole[own]) >= _COMPLETE:
            continue
        if _share(whole[~lines.guard & (lines.frame == frame)]) >= _MOSTLY:
            return True
    return False


def _shifted(visible: NDArray[np.bool_], row: _Row) -> bool:
    """Whether a row's end is missing and there is a line where it would be, were the row a cell further."""
    (first, last), (left, right) = row.ends, row.guards
    return bool((not visible[first] and visible[right]) or (not visible[last] and visible[left]))


def _local(places: Floats, rest: Floats, wanted: Floats) -> Floats:
    """Median of the four nearest fit lines' remaining offsets, for each wanted x."""
    if not len(places):
        return np.zeros(len(wanted))
    nearest = np.argsort(np.abs(places[None, :] - wanted[:, None]), axis=1)[:, :4]
    ordered = np.sort(rest[nearest], axis=1)
    middle: Floats = (ordered[:, (ordered.shape[1] - 1) // 2] + ordered[:, ordered.shape[1] // 2]) / 2
    return middle


def _worst(places: Floats, left: Floats, *, by_cell: bool) -> float:
    """The largest running median of three neighbours (a cell's top and bottom count as neighbours)."""
    if not len(left):
        return 0.0
    # A dozen numbers: done before numpy has begun.
    ordered: list[float] = left[np.argsort(places, kind="stable")].tolist()
    width = min(4 if by_cell else 3, len(ordered))
    low, high = (width - 1) // 2, width // 2
    windows = (sorted(ordered[first : first + width]) for first in range(len(ordered) - width + 1))
    return max(abs((window[low] + window[high]) / 2.0) for window in windows)


def _share(flags: NDArray[np.bool_]) -> float:
    """How many of ``flags`` (n,) are set; not a number where there are none."""
    return np.count_nonzero(flags) / len(flags) if len(flags) else float("nan")
