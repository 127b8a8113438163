"""From a form laid over a page by its print to a slip whose fields can be cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr.forms.bend import Bend, warp_bent
from ocr.forms.correction import Correction, correct
from ocr.forms.landmarks import expected_lines, profiles
from ocr.forms.markerless.alignment import ALIKE, Aligned
from ocr.forms.markerless.telling import Told
from ocr.forms.registration import Registered, borne_out
from ocr.forms.settings import Grey, ReaderSettings
from ocr.results import Registration
from templates.model import Field, Template

#: Paper gives way by less than this share; where print is further out of place, somebody has moved it.
_MOST_STRAIN = 0.09
#: Cell lines are looked for this near (mm): the print around them has said where they are.
_SEARCH_MM = 1.0
#: Print up to this far from a field (mm) speaks for its place; so many patches of it at least have to be on
#: the page, and this share of them in place; this share where a row's own lines do not bear it out.
_AROUND_MM, _FEWEST, _SHARE, _SHARE_ALONE = 11.0, 2, 0.5, 0.75
#: Less by so much is enough where, of the print that is seen at all, this share is in place.
_HIDDEN, _AGREED = 0.25, 0.85
#: Of the print that a field's own cells are in, this share has to be in place, where there is so much of it:
#: a row that was moved as a whole leaves what is around it where it was.
_OWN_SHARE, _OWN_FEWEST = 0.45, 6
#: Every part of a field (of about so many mm) has to have print this near (mm), and print that tells where it
#: is in each direction that near: an empty line has nothing but its rule beside it.
_PART_MM, _BESIDE_MM, _TOLD_MM = 25.0, 22.0, 50.0


def registered(grey: Grey, told: Told, settings: ReaderSettings) -> Registered:
    """The slip in place; ``unsure`` where some field's surroundings do not bear the place out."""
    aligned = told.aligned
    template = aligned.blank.template
    bend = Bend(np.round(aligned.bend.nodes, 3), aligned.bend.width_mm, aligned.bend.height_mm)
    size = (round(template.width_mm / 25.4 * settings.dpi), round(template.height_mm / 25.4 * settings.dpi))
    slip = warp_bent(grey, aligned.matrix, bend, settings.dpi, size=size)
    correction = _by_lines(slip, template, aligned.residual_mm, settings)
    # Where copies have lost or thickened the cells' lines, more of the print around has to speak for them.
    share = _SHARE if correction is not None or template.reference is not None else _SHARE_ALONE
    correction = correction or even(template, aligned.residual_mm)
    residual = max(aligned.residual_mm, correction.worst_mm)
    return Registered(
        registration=Registration(
            homography=tuple(float(v) for v in (aligned.matrix / aligned.matrix[2, 2]).ravel()),
            residual_mm=residual,
            markers_found=0,
            bend=tuple(float(v) for v in bend.nodes.ravel()),
            bend_columns=bend.nodes.shape[1],
        ),
        slip=slip,
        correction=correction,
        accepted=residual <= settings.max_residual_mm,
        bend=bend,
        unsure=not told.sure
        or _strain(bend) > _MOST_STRAIN
        or not all(_borne_out(aligned, f, share if f.cells else _SHARE) for f in template.fields),
    )


def _strain(bend: Bend) -> float:
    """The largest stretch between neighbouring nodes, as a share of their distance."""
    rows, columns = bend.nodes.shape[:2]
    down = np.abs(np.diff(bend.nodes[..., 1], axis=0)).max() / (bend.height_mm / (rows - 1))
    across = np.abs(np.diff(bend.nodes[..., 0], axis=1)).max() / (bend.width_mm / (columns - 1))
    return float(max(down, across))


def even(template: Template, residual_mm: float) -> Correction:
    """No correction at all: the print has said everything."""
    shifts = {field.name: np.zeros((len(field.cells), 2)) for field in _with_cells(template)}
    return Correction(np.zeros((2, 6)), shifts, residual_mm, residual_mm, verified=True)


def _by_lines(
    slip: Grey, template: Template, residual_mm: float, settings: ReaderSettings
) -> Correction | None:
    """What the cells' own lines say; None where they are not seen, or disagree with the print around them."""
    if not _with_cells(template):
        return None
    near = replace(settings, search_mm=min(settings.search_mm, _SEARCH_MM))
    lines = expected_lines(template)
    across = profiles(slip, template, settings.dpi, near.search_mm + 0.5)
    correction = correct(template, lines, across, near)
    if not correction.verified or correction.worst_mm > settings.max_residual_mm:
        return None
    most = max(float(np.abs(shift).max()) for shift in correction.shifts.values())
    if most > max(0.4, 1.5 * residual_mm) or not borne_out(slip, template, correction, near):
        return None
    return correction


def _with_cells(template: Template) -> list[Field]:
    return [field for field in template.fields if field.cells]


def _borne_out(aligned: Aligned, field: Field, share: float) -> bool:
    """Whether the print around a field is where it belongs, and each part of the field has some beside it."""
    if field.kind == "code":
        # It is looked for around its place, and its own check digits say whether it was read.
        return True
    near = aligned.visible & _around(aligned, field)
    count, found = int(near.sum()), int(aligned.found[near].sum())
    # Print under a stamp says nothing; print that is seen elsewhere says that something is wrong.
    seen = int((aligned.looked.score[near] >= ALIKE).sum())
    least = share - _HIDDEN if found >= _AGREED * seen else share
    if count < _FEWEST or found < max(_FEWEST, least * count):
        return False
    if field.cells and not _own_in_place(aligned, field):
        return False
    return all(_held(aligned, place, _reach(field)) for place in _places(field))


def _own_in_place(aligned: Aligned, field: Field) -> bool:
    """Whether the print of a field's own cells is where it belongs, as far as there is enough of it."""
    own = aligned.visible & aligned.patches.touching(field.box)
    count = int(own.sum())
    return count < _OWN_FEWEST or int(aligned.found[own].sum()) >= _OWN_SHARE * count


def _places(field: Field) -> NDArray[np.float64]:
    """The middles of a field's cells, or of the parts of its box, (n, 2) mm."""
    box = field.box
    if field.cells:
        return np.array([[c.x_mm + c.w_mm / 2, c.y_mm + c.h_mm / 2] for c in field.cells])
    parts = max(2, round(box.w_mm / _PART_MM) + 1)
    x = np.linspace(box.x_mm, box.right_mm, parts)
    return np.stack([x, np.full(parts, box.y_mm + box.h_mm / 2)], axis=1)


def _reach(field: Field) -> float:
    """How far (mm) a place's field goes above and below it: print beside a tall box is beside all of it."""
    return 0.0 if field.cells else field.box.h_mm / 2


def _held(aligned: Aligned, place: NDArray[np.float64], reach_mm: float) -> bool:
    """Whether some print is beside a place, and some not far away tells where it is in x and in y."""
    apart = np.abs(aligned.patches.middle - place)
    apart[:, 1] = np.maximum(0.0, apart[:, 1] - reach_mm)
    away = np.linalg.norm(apart, axis=1)
    told = aligned.looked.weight[aligned.found & (away < _TOLD_MM)].sum(axis=0)
    return int((aligned.found & (away < _BESIDE_MM)).sum()) >= _FEWEST and bool((told >= 1.0).all())


def _around(aligned: Aligned, field: Field) -> NDArray[np.bool_]:
    box = field.box.grown(_AROUND_MM)
    x, y = aligned.patches.middle[:, 0], aligned.patches.middle[:, 1]
    return np.asarray((x >= box.x_mm) & (x <= box.right_mm) & (y >= box.y_mm) & (y <= box.bottom_mm))
