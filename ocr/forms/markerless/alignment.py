"""From about where a form lies to exactly: its patches are looked for, and the map is bent after them.

First the plane map is corrected, robustly; then a smooth displacement on coarse nodes takes up what a feeder
has stretched. Half of the patches serve the fit and the other half only the check, so that the residual says
how far print really is from where it is expected; the map in the end is fitted to all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.forms.bend import Bend, flat, onto_page, warp_bent
from ocr.forms.geometry import fit_homography
from ocr.forms.markerless.blanks import Blank
from ocr.forms.markerless.features import ink_levels
from ocr.forms.markerless.patches import Looked, Patches, look
from ocr.forms.settings import Floats, Grey

#: How far patches are looked for in each round of the plane map, and of the bend (mm).
_PLANE_MM, _BEND_MM = (13.0, 3.0), (3.5, 2.0, 1.25)
#: Distance of a bend's nodes (mm), and how stiff it is.
_NODES_MM, _STIFF = 16.0, 0.1
#: … and where print that may have been moved is asked whether it has.
_STIFFER = 5.0
#: A bend is fitted stiff first, and what is far from that (mm) is left out, then more and more as it is: what
#: was seen under a stamp is not paper that was stretched there.
_SOFTENING = ((40.0, 1.8), (12.0, 1.2), (4.0, 0.9), (1.0, 0.6), (1.0, 0.5))
#: How strongly a bend is held even where nothing was seen, beside how strongly it is held smooth.
_EVEN = 0.02
#: A patch is found when it is this alike, and this near to where its neighbours say (mm).
ALIKE, NEAR_MM = 0.42, 0.5
#: How much stiffer it is against what differs from row to row *and* from column to column: rollers and a
#: copier's carriage pull all of a row alike, so what is seen at its left holds at its right.
_TWIST = 6.0
#: Patches for the first rounds.
_SOME = 90
#: Each check is the median of so many neighbours: one speck makes no stretch.
_NEIGHBOURS = 3


@dataclass(frozen=True, eq=False)
class Aligned:
    """A form laid over a page.

    ``matrix``: slip mm → page px, after ``bend`` was added; ``total`` (n, 2): each patch's own displacement
    (mm) before it was evened out; ``looked``: each around its final place;
    ``visible``: patches whose place is on the page; ``found``: those seen where they belong; ``residual_mm``:
    the worst place (median of three neighbours) of the patches that served the check alone.
    """

    blank: Blank
    patches: Patches
    matrix: Floats
    bend: Bend
    total: Floats
    looked: Looked
    visible: NDArray[np.bool_]
    found: NDArray[np.bool_]
    residual_mm: float

    @property
    def share(self) -> float:
        """Share of the visible print that is where it belongs."""
        seen = int(self.visible.sum())
        return float((self.found & self.visible).sum()) / seen if seen else 0.0

    @property
    def likeness(self) -> float:
        """Mean likeness of the visible print, what is not where it belongs counted as nothing alike."""
        seen = int(self.visible.sum())
        return float(self.looked.score[self.found & self.visible].sum()) / seen if seen else 0.0


def align(grey: Grey, blank: Blank, coarse: Patches, patches: Patches, matrix: Floats) -> Aligned | None:
    """Lay a form exactly where it about lies; None where its print does not lead anywhere.

    ``coarse``, ``patches``: the blank's, at both details.
    """
    template = blank.template
    width, height = template.width_mm, template.height_mm
    bend = flat(width, height, _NODES_MM)
    some = patches.only(np.unique(np.linspace(0, len(patches) - 1, _SOME).round().astype(np.int64)))
    for reach in _PLANE_MM:
        which = coarse if reach == _PLANE_MM[0] else some
        seen = _look(grey, which, matrix, bend, reach)
        better = _replaned(matrix, which.middle, seen, (width, height), reach)
        if better is None:
            return None
        matrix = better
    total = np.zeros((len(patches), 2))
    seen = Looked(total, np.zeros(len(patches)), total)
    half = patches.only(np.arange(0, len(patches), 2)) if len(patches) > 2 * _SOME else patches
    for reach in _BEND_MM:
        # The far look is the dear one, and only leads the next.
        which = half if reach == _BEND_MM[0] else patches
        seen = _look(grey, which, matrix, bend, reach, masked=True)
        total = bend.at(which.middle) + seen.offset
        bend = _fit(bend, which.middle, total, seen)
    error = _error(total - bend.at(patches.middle), seen.weight)
    found = (seen.score >= ALIKE) & (error < NEAR_MM)
    visible = _on_page(grey, matrix, bend, patches.middle)
    residual = _residual(bend, patches.middle, total, seen, found)
    return Aligned(blank, patches, matrix, bend, total, seen, visible, found, residual)


def coarse_likeness(grey: Grey, coarse: Patches, matrix: Floats) -> float:
    """How alike a form's large patches are about where ``matrix`` (slip mm → page px) lays them, quickly."""
    width = coarse.writing.shape[1] / coarse.detail.scale
    height = coarse.writing.shape[0] / coarse.detail.scale
    seen = _look(grey, coarse, matrix, flat(width, height, _NODES_MM), _PLANE_MM[0])
    return float(seen.score.mean()) if len(coarse) else 0.0


def _look(
    grey: Grey, patches: Patches, matrix: Floats, bend: Bend, reach_mm: float, *, masked: bool = False
) -> Looked:
    """Look for patches on the page, ``masked``: without what is written in the fields."""
    detail = patches.detail
    reach = round(reach_mm * detail.scale)
    height, width = patches.writing.shape
    corner, size = (-reach / detail.scale,) * 2, (width + 2 * reach, height + 2 * reach)
    slip = warp_bent(grey, matrix, bend, detail.dpi, size=size, corner_mm=corner)
    ink = ink_levels(slip, detail.dpi, detail.soft_px)
    # No print gets here even where it is furthest off: what is here is a scanner's lid beside the paper.
    top, bottom, left, right = patches.free
    ink[:top] = 0
    ink[ink.shape[0] - bottom :] = 0
    ink[:, :left] = 0
    ink[:, ink.shape[1] - right :] = 0
    if masked:
        ink[reach : reach + height, reach : reach + width][patches.writing] = 0
    return look(ink, patches, reach)


def _replaned(
    matrix: Floats, middle: Floats, seen: Looked, size: tuple[float, float], most_mm: float
) -> Floats | None:
    """The plane map with the patches' displacement in it."""
    x, y = middle[:, 0] / size[0] - 0.5, middle[:, 1] / size[1] - 0.5
    one, none = np.ones_like(x), np.zeros_like(x)
    across = np.stack([one, x, y, none, none, none, x * x, x * y], axis=1)
    down = np.stack([none, none, none, one, x, y, x * y, y * y], axis=1)
    design, target = np.concatenate([across, down]), np.concatenate([seen.offset[:, 0], seen.offset[:, 1]])
    base = np.concatenate([seen.weight[:, 0], seen.weight[:, 1]]) * np.tile(_trust(seen), 2)
    if (base > 0.1).sum() < 6:
        return None
    ridge = np.diag([1e-6, 1e-2, 1e-2, 1e-6, 1e-2, 1e-2, 5e-1, 5e-1]) * max(float(base.sum()) / 40, 0.05)
    solution = np.zeros(8)
    solution[[0, 3]] = [_centre(seen.offset[:, axis], seen.weight[:, axis] * _trust(seen)) for axis in (0, 1)]
    for reach in np.geomspace(max(0.6 * most_mm, 1.0), 0.7, 6):
        error = target - design @ solution
        weight = base * np.clip(1.0 - (error / (2.0 * reach)) ** 2, 0.0, 1.0) ** 2
        weighted = design * weight[:, None]
        solution = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ target)
    mm = np.array([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]])
    u, v = mm[:, 0] / size[0] - 0.5, mm[:, 1] / size[1] - 0.5
    ones = np.ones(4)
    first, second = solution[:3], solution[3:6]
    keystone = solution[6] * u + solution[7] * v
    moved = mm + np.stack(
        [
            np.stack([ones, u, v], axis=1) @ first + keystone * u,
            np.stack([ones, u, v], axis=1) @ second + keystone * v,
        ],
        axis=1,
    )
    step = fit_homography(mm, moved)
    return None if step is None else matrix @ step


def _trust(seen: Looked) -> Floats:
    """How much each patch counts by how alike it is."""
    trust: Floats = np.clip((seen.score - 0.35) / 0.3, 0.0, 1.0)
    return trust


def _centre(values: Floats, weight: Floats) -> float:
    """Weighted median."""
    order = np.argsort(values)
    running = np.cumsum(weight[order])
    if running[-1] <= 0:
        return 0.0
    return float(values[order[int(np.searchsorted(running, running[-1] / 2))]])


def out_of_place(aligned: Aligned, others: NDArray[np.bool_]) -> Floats:
    """How far (mm) each patch is from where the paper would have it by ``others`` alone, (n,)."""
    middle, seen = aligned.patches.middle, aligned.looked
    stiff = _fit(aligned.bend, middle, aligned.total, seen, use=others & aligned.found, stiff=_STIFFER)
    return _error(aligned.total - stiff.at(middle), seen.weight)


def _fit(
    bend: Bend,
    middle: Floats,
    total: Floats,
    seen: Looked,
    *,
    use: NDArray[np.bool_] | None = None,
    stiff: float = _STIFF,
) -> Bend:
    """The bend that goes through the patches, robustly and as smoothly as they allow."""
    rows, columns = bend.nodes.shape[:2]
    tents = _tents(bend, middle)
    rough = _second_differences(rows, columns) + _EVEN * _first_differences(rows, columns)
    nodes = np.zeros((rows * columns, 2))
    for axis in (0, 1):
        base = seen.weight[:, axis] * _trust(seen)
        if use is not None:
            base = base * use
        target = total[:, axis]
        solution = np.full(rows * columns, _centre(target, base))
        for factor, reach in _SOFTENING:
            smooth = factor * stiff * rough
            error = target - tents @ solution
            weight = base * np.clip(1.0 - (error / (2.0 * reach)) ** 2, 0.0, 1.0) ** 2
            weighted = tents * weight[:, None]
            solution = np.linalg.solve(
                weighted.T @ tents + smooth + 1e-6 * np.eye(rows * columns), weighted.T @ target
            )
        nodes[:, axis] = solution
    return Bend(nodes.reshape(rows, columns, 2), bend.width_mm, bend.height_mm)


def _tents(bend: Bend, points: Floats) -> Floats:
    """How much each node counts at each point: (n, nodes)."""
    rows, columns = bend.nodes.shape[:2]
    x = points[:, 0] / bend.width_mm * (columns - 1)
    y = points[:, 1] / bend.height_mm * (rows - 1)
    left = np.clip(np.floor(x), 0, columns - 2).astype(np.int64)
    top = np.clip(np.floor(y), 0, rows - 2).astype(np.int64)
    u, v = x - left, y - top
    table = np.zeros((len(points), rows * columns))
    index = np.arange(len(points))
    table[index, top * columns + left] = (1 - u) * (1 - v)
    table[index, top * columns + left + 1] = u * (1 - v)
    table[index, (top + 1) * columns + left] = (1 - u) * v
    table[index, (top + 1) * columns + left + 1] = u * v
    return table


def _second_differences(rows: int, columns: int) -> Floats:
    """What a bend of these nodes costs: its squared second differences, along both ways and across."""
    index = np.arange(rows * columns).reshape(rows, columns)
    terms: list[tuple[list[int], list[float]]] = []
    for line in (*index, *index.T):
        terms += [
            ([int(a), int(b), int(c)], [1.0, -2.0, 1.0])
            for a, b, c in zip(line[:-2], line[1:-1], line[2:], strict=True)
        ]
    for r in range(rows - 1):
        for c in range(columns - 1):
            corners = [int(index[r, c]), int(index[r, c + 1]), int(index[r + 1, c]), int(index[r + 1, c + 1])]
            terms.append((corners, [_TWIST, -_TWIST, -_TWIST, _TWIST]))
    table = np.zeros((len(terms), rows * columns))
    for number, (places, values) in enumerate(terms):
        table[number, places] = values
    cost: Floats = table.T @ table
    return cost


def _first_differences(rows: int, columns: int) -> Floats:
    """What a bend of these nodes costs for not being the same everywhere."""
    index = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], axis=1),
            np.stack([index[:-1].ravel(), index[1:].ravel()], axis=1),
        ]
    )
    table = np.zeros((len(pairs), rows * columns))
    table[np.arange(len(pairs)), pairs[:, 0]], table[np.arange(len(pairs)), pairs[:, 1]] = 1.0, -1.0
    cost: Floats = table.T @ table
    return cost


def _error(rest: Floats, weight: Floats) -> Floats:
    """How far off each patch is (mm), in the directions that it tells."""
    error: Floats = np.linalg.norm(rest * np.minimum(1.0, weight * 2.0), axis=1)
    return error


def _on_page(grey: Grey, matrix: Floats, bend: Bend, middle: Floats) -> NDArray[np.bool_]:
    px = onto_page(matrix, bend, middle)
    height, width = grey.shape
    return np.asarray((px[:, 0] >= 0) & (px[:, 1] >= 0) & (px[:, 0] < width) & (px[:, 1] < height))


def _residual(bend: Bend, middle: Floats, total: Floats, seen: Looked, found: NDArray[np.bool_]) -> float:
    """See ``Aligned.residual_mm``; infinite where too little was found to tell."""
    half = np.arange(len(middle)) % 2 == 0
    checked = found & ~half
    if int(checked.sum()) < 2 * _NEIGHBOURS or int((found & half).sum()) < 2 * _NEIGHBOURS:
        return float("inf")
    partial = _fit(bend, middle, total, seen, use=half & found)
    rest = (total - partial.at(middle))[checked] * np.minimum(1.0, seen.weight[checked] * 2.0)
    places = middle[checked]
    worst = 0.0
    for place in places:
        near = np.argsort(((places - place) ** 2).sum(axis=1))[:_NEIGHBOURS]
        worst = max(worst, float(np.linalg.norm(np.median(rest[near], axis=0))))
    return worst
