"""From a page to its slips: quick look first, more effort only while something is missing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ocr.blank import is_blank
from ocr.forms.geometry import corners, project, scale_at
from ocr.forms.grouping import Candidate, group, misfit, without_doubles
from ocr.forms.markers import Sighting, look_near, merge, passes
from ocr.forms.settings import Grey, ReaderSettings
from templates.model import Box, Template

#: Longest side (mm) of a page when the file says nothing or nothing credible about its resolution.
_PAGE_MM = 297.0


def reduction(shape: tuple[int, ...], dpi: float | None, wanted: float) -> int:
    """How many times smaller to make a page so that it has about ``wanted`` dots per inch, at least 1."""
    longest = max(shape[:2])
    credible = dpi is not None and dpi >= 90.0 and 60.0 <= longest / dpi * 25.4 <= 460.0
    found = dpi if credible and dpi is not None else longest / (_PAGE_MM / 25.4)
    return max(1, int(found / wanted + 0.3))


def find_slips(
    grey: Grey, dpi: float | None, templates: Sequence[Template], settings: ReaderSettings
) -> tuple[list[Candidate], bool]:
    """The page's slips in reading order (top to bottom, then left to right), and whether it is blank instead.

    A slip of which a single marker is seen comes back with that one sighting: it is there, but cannot be
    read.
    """
    wanted = frozenset(m.id for t in templates for m in t.markers)
    sightings: list[Sighting] = []
    slips: list[Candidate] = []
    alone: list[Sighting] = []
    factor = reduction(grey.shape, dpi, settings.detection_dpi)
    for attempt, more in enumerate(passes(grey, factor, wanted)):
        sightings = merge(sightings, more)
        slips, alone = group(sightings, templates)
        if slips and not alone:
            break
        if attempt == 0 and not sightings and is_blank(grey):
            return [], True
    slips = without_doubles([complete(grey, slip) for slip in slips])
    slips += [single for single in (_single(s, templates) for s in _credible(alone, slips)) if single]
    return _in_reading_order(slips), False


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
    matrix = slip.matrix()
    if matrix is None:
        return False
    template = slip.template
    outline = project(matrix, corners(Box(0.0, 0.0, template.width_mm, template.height_mm)))
    x, y = (float(v) for v in sighting.centre)
    return bool(cv2.pointPolygonTest(outline.astype(np.float32), (x, y), measureDist=False) >= 0)


def _single(sighting: Sighting, templates: Sequence[Template]) -> Candidate | None:
    for template in templates:
        if any(m.id == sighting.id for m in template.markers):
            return Candidate(template, {sighting.id: sighting}, 0.0)
    return None


def _in_reading_order(slips: list[Candidate]) -> list[Candidate]:
    """Top to bottom; slips whose middles are at about the same height from left to right."""
    placed = [(slip, slip.centre(), _height(slip)) for slip in slips]
    placed.sort(key=lambda item: float(item[1][1]))
    ordered: list[Candidate] = []
    row: list[tuple[Candidate, float]] = []
    top = 0.0
    for slip, centre, height in placed:
        if row and float(centre[1]) - top > 0.4 * height:
            ordered += [s for s, _ in sorted(row, key=lambda item: item[1])]
            row = []
        if not row:
            top = float(centre[1])
        row.append((slip, float(centre[0])))
    return ordered + [s for s, _ in sorted(row, key=lambda item: item[1])]


def _height(slip: Candidate) -> float:
    matrix = slip.matrix()
    if matrix is None:
        return next(iter(slip.sightings.values())).size * 10
    middle = np.array([slip.template.width_mm / 2, slip.template.height_mm / 2])
    return scale_at(matrix, middle) * min(slip.template.width_mm, slip.template.height_mm)
