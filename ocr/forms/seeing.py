"""What lies on a page: slips by their markers, and what has none or lost them by its print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ocr.forms.bend import onto_page
from ocr.forms.finding import Found, find_slips, in_reading_order
from ocr.forms.geometry import corners
from ocr.forms.grouping import Candidate
from ocr.forms.markerless import PrintLibrary
from ocr.forms.markerless.registering import registered
from ocr.forms.quality import faults
from ocr.forms.registration import Registered, register
from ocr.forms.settings import Floats, Grey, ReaderSettings
from templates.model import Box, Template

#: Looks for markers before a page on which none is seen is looked at for its print.
_QUICK = 2


@dataclass(frozen=True, eq=False)
class Seen:
    """One slip of a page; ``registered`` is None where not even its place could be worked out."""

    template: Template
    registered: Registered | None
    centre: Floats
    height: float


@dataclass(frozen=True)
class Sight:
    """The page's slips in reading order, or whether it is ``blank``; ``more``: see ``finding.Found``."""

    slips: tuple[Seen, ...] = ()
    blank: bool = False
    more: bool = False


def see(
    grey: Grey,
    dpi: float | None,
    templates: Sequence[Template],
    library: PrintLibrary,
    settings: ReaderSettings,
) -> Sight:
    """Find and register every slip of a page.

    Print is asked where markers do not say all: on a page without any, beside the slips that have some, and
    for a slip of which a single marker is left.
    """
    found = find_slips(grey, dpi, templates, settings, looks=_QUICK)
    if found.blank:
        return Sight(blank=True)
    slips = [_by_markers(grey, slip, settings) for slip in found.slips]
    alone = [slip for slip in slips if slip.registered is None]
    if slips and not alone and not found.more:
        return Sight(tuple(slips))
    whole = [slip for slip in slips if slip.registered is not None]
    by_print = _by_print(grey, dpi, library, whole, settings)
    if not slips and not by_print:
        return _patiently(grey, dpi, templates, settings)
    outlines = [_outline(slip) for slip in by_print]
    left = [slip for slip in alone if not any(_inside(slip.centre, outline) for outline in outlines)]
    everything = in_reading_order([(s, s.centre, s.height) for s in (*whole, *left, *by_print)])
    return Sight(tuple(everything), more=found.more and not by_print)


def _patiently(
    grey: Grey, dpi: float | None, templates: Sequence[Template], settings: ReaderSettings
) -> Sight:
    """All looks for markers, the costly ones too."""
    found: Found = find_slips(grey, dpi, templates, settings)
    return Sight(tuple(_by_markers(grey, s, settings) for s in found.slips), found.blank, found.more)


def _by_markers(grey: Grey, slip: Candidate, settings: ReaderSettings) -> Seen:
    place = register(grey, slip, settings) if len(slip.sightings) > 1 else None
    return Seen(slip.template, place, slip.centre(), slip.height())


def _by_print(
    grey: Grey, dpi: float | None, library: PrintLibrary, whole: Sequence[Seen], settings: ReaderSettings
) -> list[Seen]:
    seen: list[Seen] = []
    if faults(grey):
        # Print can be made out through a fog in which nobody reads a digit.
        return seen
    for told in library.find(grey, dpi, [_outline(slip) for slip in whole]):
        template = told.aligned.blank.template
        place = registered(grey, told, settings)
        outline = _registered_outline(template, place)
        height = float(np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1).min())
        seen.append(Seen(template, place, outline.mean(axis=0), height))
    return seen


def _outline(slip: Seen) -> Floats:
    assert slip.registered is not None
    return _registered_outline(slip.template, slip.registered)


def _registered_outline(template: Template, place: Registered) -> Floats:
    matrix = np.array(place.registration.homography).reshape(3, 3)
    return onto_page(matrix, place.bend, corners(Box(0.0, 0.0, template.width_mm, template.height_mm)))


def _inside(centre: Floats, outline: Floats) -> bool:
    at = (float(centre[0]), float(centre[1]))
    return bool(cv2.pointPolygonTest(outline.astype(np.float32), at, measureDist=False) >= 0)
