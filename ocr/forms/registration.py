"""Where exactly a slip lies: markers first, then the print itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ocr.forms.bend import Bend
from ocr.forms.correction import Correction, correct
from ocr.forms.cutting import warp
from ocr.forms.displaced import stands_elsewhere
from ocr.forms.geometry import fit_affine, project
from ocr.forms.grouping import Candidate, maps, plausible
from ocr.forms.ink import black_of
from ocr.forms.labels import confirms
from ocr.forms.landmarks import expected_lines, profiles
from ocr.forms.settings import Floats, Grey, ReaderSettings
from ocr.results import Registration
from templates.model import Template

#: A smooth correction larger than this (mm) is put into the homography and the slip rectified again.
_AGAIN_MM = 0.3


@dataclass(frozen=True, eq=False)
class Registered:
    """A slip in place: ``slip`` is its rectified picture at ``settings.dpi``, ``correction`` what to add when
    cutting. ``bend``: what was evened out before, where it was registered by its print. ``unsure``: it may be
    another form, or a field is not where it is taken to be.
    """

    registration: Registration
    slip: Grey
    correction: Correction
    accepted: bool
    bend: Bend | None = None
    unsure: bool = False


def register(grey: Grey, candidate: Candidate, settings: ReaderSettings) -> Registered | None:
    """Register one slip; None when its markers allow no map at all.

    Every map that the markers allow is tried until the printed lines confirm one. If none is confirmed the
    best comes back with ``accepted`` False: such a slip must not be read.
    """
    best: Registered | None = None
    for matrix in _hypotheses(candidate):
        result = _verify(grey, candidate, matrix, settings)
        if result.accepted:
            return result
        if best is None or result.registration.residual_mm < best.registration.residual_mm:
            best = result
    return best


def _hypotheses(candidate: Candidate) -> Iterator[Floats]:
    mm, px = candidate.points()
    yield from (m for m in maps(mm, px) if plausible(m, mm))
    if len(candidate.sightings) > 2:
        # One marker may be torn off and stuck on elsewhere, or belong to another slip.
        for left_out in candidate.sightings:
            some_mm, some_px = candidate.points(without=left_out)
            yield from (m for m in maps(some_mm, some_px) if plausible(m, mm))


def _verify(grey: Grey, candidate: Candidate, matrix: Floats, settings: ReaderSettings) -> Registered:
    template = candidate.template
    lines = expected_lines(template)
    for last in (False, True):
        slip = warp(grey, matrix, template, settings.dpi)
        across = profiles(slip, template, settings.dpi, settings.search_mm + 0.5)
        correction = correct(template, lines, across, settings)
        if last or not correction.verified or np.abs(correction.smooth[:, :3]).sum(axis=1).max() <= _AGAIN_MM:
            break
        matrix = _moved(matrix, correction, candidate)
    verified = correction.verified and borne_out(slip, template, correction, settings)
    residual = correction.worst_mm if verified else float("inf")
    return Registered(
        registration=Registration(
            homography=tuple(float(v) for v in (matrix / matrix[2, 2]).ravel()),
            residual_mm=residual,
            markers_found=len(candidate.sightings),
        ),
        slip=slip,
        correction=correction,
        accepted=residual <= settings.max_residual_mm,
    )


def borne_out(slip: Grey, template: Template, correction: Correction, settings: ReaderSettings) -> bool:
    """Whether the rows that have not shown all their lines are where they are taken to be for all that."""
    dpi, limit = settings.dpi, settings.max_residual_mm
    for name in correction.doubtful:
        shift = correction.shifts[name].mean(axis=0)
        if not confirms(slip, template, template.field(name), shift, dpi=dpi, limit_mm=limit):
            return False
    missing = {*correction.doubtful, *correction.incomplete}
    black = black_of(slip) if missing else 0.0
    return not any(
        stands_elsewhere(slip, template.field(name), correction.shifts[name], dpi=dpi, black=black)
        for name in missing
    )


def _moved(matrix: Floats, correction: Correction, candidate: Candidate) -> Floats:
    """The map with the affine part of the smooth correction in it."""
    template = candidate.template
    mm = np.array(
        [
            [0.0, 0.0],
            [template.width_mm, 0.0],
            [template.width_mm, template.height_mm],
            [0.0, template.height_mm],
        ]
    )
    x = mm[:, 0] / (template.width_mm / 2) - 1.0
    y = mm[:, 1] / (template.height_mm / 2) - 1.0
    shift = np.stack([np.ones_like(x), x, y], axis=1) @ correction.smooth[:, :3].T
    return matrix @ fit_affine(mm, mm + shift)


def slip_corners(registration: Registration, width_mm: float, height_mm: float) -> Floats:
    """The slip's corners tl, tr, br, bl in page pixels, (4, 2)."""
    matrix = np.array(registration.homography).reshape(3, 3)
    return project(
        matrix, np.array([[0, 0], [width_mm, 0], [width_mm, height_mm], [0, height_mm]], dtype=np.float64)
    )
