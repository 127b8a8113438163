"""From a page to its slips: quick look first, more effort only while something is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from ocr.blank import is_blank, marks_mm2
from ocr.forms.geometry import corners, project
from ocr.forms.grouping import Candidate, group, misfit, without_doubles
from ocr.forms.markers import Sighting, in_corners, look_near, merge, passes
from ocr.forms.settings import Floats, Grey, ReaderSettings
from templates.model import Box, Template

T = TypeVar("T")
#: Longest side (mm) of a page when the file says nothing or nothing credible about its resolution.
_PAGE_MM = 297.0
#: Marks beside the slips (mm²) that may be another sheet; a stamp or a note has less than a form's print.
_ANOTHER_MM2 = 300.0
#: A slip's torn edge and its shadow reach this far out (mm).
_RIM_MM = 4.0
#: Misfit (mm) of a plane map to the markers on a scanner's glass.
_FLAT_MM = 0.4


def reduction(shape: tuple[int, ...], dpi: float | None, wanted: float) -> int:
    """How many times smaller to make a page so that it has about ``wanted`` dots per inch, at least 1."""
    longest = max(shape[:2])
    credible = dpi is not None and dpi >= 90.0 and 60.0 <= longest / dpi * 25.4 <= 460.0
    found = dpi if credible and dpi is not None else longest / (_PAGE_MM / 25.4)
    return max(1, int(found / wanted + 0.3))


@dataclass(frozen=True)
class Found:
    """What is on a page: its ``slips`` in reading order, or whether it is ``blank``; ``more``: whether there
    is

    something beside the slips that looks like another sheet but has no marker that can be seen.
    """

    slips: tuple[Candidate, ...] = ()
    blank: bool = False
    more: bool = False


def find_slips(
    grey: Grey,
    dpi: float | None,
    templates: Sequence[Template],
    settings: ReaderSettings,
    looks: int | None = None,
) -> Found:
    """Find the page's slips, top to bottom, then left to right.

    ``looks``: after how many a page on which no marker is seen is given up. A slip of which a single marker
    is seen comes with that one sighting: it is there, but cannot be read.
    """
    wanted = frozenset(m.id for t in templates for m in t.markers)
    sightings: list[Sighting] = []
    slips: list[Candidate] = []
    alone: list[Sighting] = []
    beside = False
    factor = reduction(grey.shape, dpi, settings.detection_dpi)
    whole = _filling(grey, factor, wanted, templates)
    if whole is not None:
        return Found((whole,))
    for attempt, more in enumerate(passes(grey, factor, wanted)):
        before = len(slips)
        sightings = merge(sightings, more)
        slips, alone = group(sightings, templates)
        if slips and not alone:
            if attempt == 0 or len(slips) > before:
                beside = _something_beside(grey, slips)
            if not beside:
                break
        if attempt == 0 and not sightings and is_blank(grey):
            return Found(blank=True)
        if looks is not None and attempt + 1 >= looks and not sightings:
            return Found()
    flat = all(slip.misfit_mm < _FLAT_MM for slip in slips) and dpi is not None
    slips = without_doubles([complete(grey, slip) for slip in slips])
    slips += [single for single in (_single(s, templates) for s in _credible(alone, slips)) if single]
    # A photo has a table beside the slip; only what a scanner saw is another sheet.
    ordered = in_reading_order([(slip, slip.centre(), slip.height()) for slip in slips])
    return Found(tuple(ordered), more=beside and flat and not alone)


def _filling(
    grey: Grey, factor: int, wanted: frozenset[int], templates: Sequence[Template]
) -> Candidate | None:
    """The slip whose markers are all seen in the page's corners and beside which there is no room."""
    slips, alone = group(in_corners(grey, factor, wanted), templates)
    if len(slips) != 1 or alone or len(slips[0].sightings) < len(slips[0].template.markers):
        return None
    return slips[0] if _fill(grey, _outlines(slips)) else None


def _outlines(slips: Sequence[Candidate]) -> list[Floats]:
    return [outline for outline in (_outline(slip, _RIM_MM) for slip in slips) if outline is not None]


def _fill(grey: Grey, outlines: Sequence[Floats]) -> bool:
    """Whether slips leave too little of a page for another."""
    return grey.size < 1.25 * sum(float(cv2.contourArea(each.astype(np.float32))) for each in outlines)


def _something_beside(grey: Grey, slips: Sequence[Candidate]) -> bool:
    """Whether a page has print or writing beside its slips, as much as a sheet has."""
    outlines = _outlines(slips)
    return not _fill(grey, outlines) and marks_mm2(grey, outlines) > _ANOTHER_MM2


def _outline(slip: Candidate, rim_mm: float) -> Floats | None:
    """The slip's corners in page pixels, ``rim_mm`` further out than its edge, (4, 2)."""
    matrix = slip.matrix()
    if matrix is None:
        return None
    sheet = Box(0.0, 0.0, slip.template.width_mm, slip.template.height_mm)
    return project(matrix, corners(sheet.grown(rim_mm)))


def complete(grey: Grey, slip: Candidate) -> Candidate:
    """Look once more, closely, for markers of a slip that were not seen."""
    absent = [m for m in slip.template.markers if m.id not in slip.sightings]
    matrix = slip.matrix() if absent else None
    if matrix is None:
        return slip
    sightings = dict(slip.sightings)
    for marker in absent:
        quad = project(matrix, corners(marker.box))
        side = float(np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1).mean())
        for found in look_near(grey, quad.mean(axis=0), frozenset({marker.id}), side):
            sightings[marker.id] = found
    if len(sightings) == len(slip.sightings):
        return slip
    larger = Candidate(slip.template, sightings, 0.0)
    better = larger.matrix()
    if better is None:
        return slip
    return Candidate(slip.template, sightings, misfit(better, *larger.points()))


def _credible(alone: list[Sighting], slips: list[Candidate]) -> list[Sighting]:
    """Single markers that may be another slip's: of about the usual size, and not on a slip that was
    found.
    """
    sizes = [s.size for slip in slips for s in slip.sightings.values()]
    if not sizes:
        return alone
    usual = float(np.median(sizes))
    return [s for s in alone if 0.6 < s.size / usual < 1.6 and not any(_lies_on(s, slip) for slip in slips)]


def _lies_on(sighting: Sighting, slip: Candidate) -> bool:
    outline = _outline(slip, 0.0)
    if outline is None:
        return False
    x, y = (float(v) for v in sighting.centre)
    return bool(cv2.pointPolygonTest(outline.astype(np.float32), (x, y), measureDist=False) >= 0)


def _single(sighting: Sighting, templates: Sequence[Template]) -> Candidate | None:
    for template in templates:
        if any(m.id == sighting.id for m in template.markers):
            return Candidate(template, {sighting.id: sighting}, 0.0)
    return None


def in_reading_order(placed: Sequence[tuple[T, Floats, float]]) -> list[T]:
    """Things with their middles and heights (px), top to bottom; at about the same height left to right."""
    ordered: list[T] = []
    row: list[tuple[T, float]] = []
    top = 0.0
    for slip, centre, height in sorted(placed, key=lambda item: float(item[1][1])):
        if row and float(centre[1]) - top > 0.4 * height:
            ordered += [s for s, _ in sorted(row, key=lambda item: item[1])]
            row = []
        if not row:
            top = float(centre[1])
        row.append((slip, float(centre[0])))
    return ordered + [s for s, _ in sorted(row, key=lambda item: item[1])]
