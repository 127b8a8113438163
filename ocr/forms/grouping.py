"""Which markers belong to one slip: several slips of the same template may lie on a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np

from ocr.forms.geometry import (
    corners,
    fit_affine,
    fit_homography,
    fit_similarity,
    project,
    scale_at,
    scales_at,
)
from ocr.forms.markers import Sighting
from ocr.forms.settings import Floats
from templates.model import Marker, Template

#: Root mean square misfit (mm) up to which markers are taken to be of one slip; curled paper on a photo has
#: most.
_ONE_SLIP_MM = 2.0
#: Misfit (mm) below which the simpler map is kept: flat paper on a scanner needs no perspective.
_FLAT_MM = 0.15


@dataclass(frozen=True, eq=False)
class Candidate:
    """Markers taken to be one slip's; ``sightings`` by marker id, ``misfit_mm`` of the best plane map, which
    is ``best`` where it has been worked out.
    """

    template: Template
    sightings: dict[int, Sighting]
    misfit_mm: float
    best: Floats | None = None

    def points(self, without: int | None = None) -> tuple[Floats, Floats]:
        """Marker corners in slip millimetres and in page pixels, (4·markers, 2) each."""
        chosen = [m for m in self.template.markers if m.id in self.sightings and m.id != without]
        return (
            np.concatenate([corners(m.box) for m in chosen]),
            np.concatenate([self.sightings[m.id].quad for m in chosen]),
        )

    def matrix(self) -> Floats | None:
        """The simplest plane map, slip millimetres → page pixels, that fits the markers."""
        return self._matrix

    @cached_property
    def _matrix(self) -> Floats | None:
        return best_map(*self.points()) if self.best is None else self.best

    def centre(self) -> Floats:
        """The slip's middle in page pixels, (2,); the markers' middle where there is no map."""
        matrix = self.matrix()
        if matrix is None:
            return np.asarray(np.mean([s.centre for s in self.sightings.values()], axis=0), dtype=np.float64)
        return project(matrix, np.array([self.template.width_mm / 2, self.template.height_mm / 2]))

    def height(self) -> float:
        """About the slip's shorter side in page pixels."""
        matrix = self.matrix()
        if matrix is None:
            return next(iter(self.sightings.values())).size * 10
        middle = np.array([self.template.width_mm / 2, self.template.height_mm / 2])
        return scale_at(matrix, middle) * min(self.template.width_mm, self.template.height_mm)


def misfit(matrix: Floats, mm: Floats, px: Floats) -> float:
    """Root mean square distance, in slip millimetres."""
    error = np.linalg.norm(project(matrix, mm) - px, axis=1)
    return float(np.sqrt((error**2).mean())) / max(scale_at(matrix, mm.mean(axis=0)), 1e-6)


def maps(mm: Floats, px: Floats) -> Iterator[Floats]:
    """Plane maps worth trying, the stiffest that fits first."""
    several = len(mm) > 8
    stiff = fit_affine(mm, px) if several else fit_similarity(mm, px)
    if misfit(stiff, mm, px) < _FLAT_MM:
        yield stiff
    bent = fit_homography(mm, px)
    if bent is not None:
        yield bent
    yield stiff


def best_map(mm: Floats, px: Floats) -> Floats | None:
    """The first of ``maps`` that turns no corner inside out."""
    return next((m for m in maps(mm, px) if plausible(m, mm)), None)


def plausible(matrix: Floats, mm: Floats) -> bool:
    """Whether a map keeps the slip's face up and its near side less than three times its far side."""
    x0, y0 = mm.min(axis=0)
    x1, y1 = mm.max(axis=0)
    frame = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    w = frame @ matrix[2, :2] + matrix[2, 2]
    if not np.isfinite(matrix).all() or (w <= 1e-6).any():
        return False
    quad = project(matrix, frame)
    a, b = np.roll(quad, -1, axis=0) - quad, np.roll(quad, -2, axis=0) - np.roll(quad, -1, axis=0)
    if (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] <= 0).any():
        return False
    scales = scales_at(matrix, frame)
    return float(scales.max()) < 3.0 * float(scales.min())


def group(
    sightings: Sequence[Sighting], templates: Sequence[Template]
) -> tuple[list[Candidate], list[Sighting]]:
    """Slips with two markers or more, and the markers left over."""
    chosen: list[Candidate] = []
    used: set[int] = set()
    for template in templates:
        fits: dict[tuple[int, int], bool] = {}
        # Whole slips first, so that no part of one is tried against another's parts.
        for count in (4, 3, 2):
            free = [s for s in sightings if id(s) not in used]
            proposals = sorted(_proposals(template, free, count, fits), key=lambda c: c.misfit_mm)
            for candidate in proposals:
                keys = {id(s) for s in candidate.sightings.values()}
                if not keys & used:
                    used |= keys
                    chosen.append(candidate)
    return chosen, [s for s in sightings if id(s) not in used]


def _proposals(
    template: Template, sightings: Sequence[Sighting], count: int, fits: dict[tuple[int, int], bool]
) -> Iterator[Candidate]:
    """Every set of ``count`` markers that may be one slip's."""
    ids = _ids(template)
    own = [s for s in sightings if s.id in ids]
    if len(own) < count:
        return
    markers = {m.id: m for m in template.markers}
    for members in combinations(own, count):
        if len({s.id for s in members}) < count:
            continue
        if not all(_fit_together(a, b, markers, fits) for a, b in combinations(members, 2)):
            continue
        candidate = Candidate(template, {s.id: s for s in members}, 0.0)
        mm, px = candidate.points()
        matrix = best_map(mm, px)
        if matrix is None:
            continue
        error = misfit(matrix, mm, px)
        if error < _ONE_SLIP_MM:
            yield Candidate(template, candidate.sightings, error, matrix)


@lru_cache(maxsize=64)
def _ids(template: Template) -> frozenset[int]:
    return frozenset(m.id for m in template.markers)


def _fit_together(
    a: Sighting, b: Sighting, markers: dict[int, Marker], known: dict[tuple[int, int], bool]
) -> bool:
    """Whether of two markers one, by its own place, turn and size, expects the other about where it is."""
    key = (id(a), id(b))
    if key not in known:
        alike = 0.4 < b.size / max(a.size, 1e-6) < 2.5
        known[key] = alike and (_expects(a, b, markers) or _expects(b, a, markers))
    return known[key]


def _expects(a: Sighting, b: Sighting, markers: dict[int, Marker]) -> bool:
    own, other = corners(markers[a.id].box), markers[b.id].box
    x, y = other.x_mm + other.w_mm / 2, other.y_mm + other.h_mm / 2
    here, there = a.centre.tolist(), b.centre.tolist()
    # Seen from the side a marker is no square: the affine map goes with it, the similarity errs less.
    for fit in (fit_similarity, fit_affine):
        (xx, xy, x0), (yx, yy, y0), _ = fit(own, a.quad).tolist()
        expected = (xx * x + xy * y + x0, yx * x + yy * y + y0)
        # A neighbouring slip's marker is a whole slip away.
        if math.dist(expected, there) < 0.35 * math.dist(expected, here):
            return True
    return False


def without_doubles(slips: Sequence[Candidate]) -> list[Candidate]:
    """One of each: halves of a slip that were found apart and completed are the same slip."""
    kept: list[Candidate] = []
    for slip in sorted(slips, key=lambda c: (-len(c.sightings), c.misfit_mm)):
        if not any(_share_a_marker(slip, other) for other in kept):
            kept.append(slip)
    return kept


def _share_a_marker(a: Candidate, b: Candidate) -> bool:
    return any(
        np.linalg.norm(a.sightings[key].centre - b.sightings[key].centre) < 0.5 * a.sightings[key].size
        for key in a.sightings.keys() & b.sightings.keys()
    )
