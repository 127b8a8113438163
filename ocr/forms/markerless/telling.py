"""Which of several forms that all seem to fit a page is it?

Only what one has and the other has not can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.markerless.alignment import NEAR_MM, Aligned, out_of_place
from ocr.forms.markerless.features import ink_levels
from ocr.forms.markerless.patches import FINE, look

#: How much of a form's visible print has to be seen in place, and the largest residual (mm): with less it is
#: another form, or too little of this one. Other forms of one house reach 0.38, the third copy of a form
#: under stamps 0.52.
LEAST_LIKENESS, LEAST_FOUND, LARGEST_MM = 0.42, 20, 0.9
#: With less than this a form is not sure to be the one.
SURE_LIKENESS = 0.48
#: How far (mm) one form's print is looked for on another form, and how alike the same print is at least.
_REACH_MM, _SAME = 1.25, 0.75
#: Print that is further (mm) from where the print around it says was moved.
_MOVED_MM = 0.7
#: How much larger the share of its own print has to be for one of two forms to be taken.
_CLEARLY, _FEWEST = 0.3, 2


@dataclass(frozen=True, eq=False)
class Told:
    """The form that was chosen; ``sure``: whether none of the others could be meant as well."""

    aligned: Aligned
    sure: bool


def fits(aligned: Aligned) -> bool:
    """Whether enough of a form's print is in its place."""
    found = int((aligned.found & aligned.visible).sum())
    least = min(LEAST_FOUND, max(6, round(0.6 * len(aligned.patches))))
    return aligned.likeness >= LEAST_LIKENESS and found >= least and aligned.residual_mm <= LARGEST_MM


def tell(candidates: list[Aligned]) -> Told | None:
    """The form among those that fit; None where none does."""
    fitting = sorted((each for each in candidates if fits(each)), key=lambda each: -each.likeness)
    if not fitting:
        return None
    best = fitting[0]
    sure = True
    for other in fitting[1:]:
        if not _same_place(best, other):
            continue
        clear = _against(best, other)
        if clear is None:
            sure = False
        elif clear < 0:
            best, sure = other, True
    return Told(best, sure and best.likeness >= SURE_LIKENESS)


def _against(a: Aligned, b: Aligned) -> int | None:
    """1: the page is ``a``, -1: it is ``b``, None: what is seen of it may be either."""
    share_a, count_a = _own_share(a, b)
    share_b, count_b = _own_share(b, a)
    if count_a + count_b < _FEWEST:
        return None
    # A form that has nothing of its own is as likely as the other's own print is unlikely.
    share_a = share_a if count_a else 1.0 - share_b
    share_b = share_b if count_b else 1.0 - share_a
    if abs(share_a - share_b) < _CLEARLY:
        return None
    return 1 if share_a > share_b else -1


def _own_share(a: Aligned, b: Aligned) -> tuple[float, int]:
    """Of the patches that ``a`` has and ``b`` has not: the share that is seen, and how many there are."""
    shared = _shared(a, b)
    own = a.visible & ~shared
    count = int(own.sum())
    seen = a.found & (out_of_place(a, shared) < _MOVED_MM)
    return (float(seen[own].mean()) if count else 0.0), count


def _shared(a: Aligned, b: Aligned) -> NDArray[np.bool_]:
    """Which patches of ``a`` the form ``b`` prints at the same place of the page."""
    scale = FINE.scale
    reach = round(_REACH_MM * scale)
    height, width = a.blank.grey.shape
    # Pixels of a's picture (with its frame) → a's mm → page → b's mm → pixels of b's picture.
    to_mm = np.array(
        [[1 / scale, 0, (0.5 - reach) / scale], [0, 1 / scale, (0.5 - reach) / scale], [0, 0, 1]]
    )
    to_px = np.array([[scale, 0, -0.5], [0, scale, -0.5], [0, 0, 1]])
    matrix = to_px @ np.linalg.inv(b.matrix) @ a.matrix @ to_mm
    ink = ink_levels(b.blank.grey, FINE.dpi, FINE.soft_px)
    ink[b.blank.writing] = 0
    laid = cv2.warpPerspective(
        ink, matrix, (width + 2 * reach, height + 2 * reach), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    inner = laid[reach : reach + height, reach : reach + width]
    inner[a.blank.writing] = 0
    seen = look(np.asarray(laid, dtype=np.uint8), a.patches, reach)
    # Both lie on the page with their own little errors; what differs between versions differs by more.
    near = (
        np.abs(seen.offset - np.median(seen.offset[seen.score > _SAME], axis=0))
        if (seen.score > _SAME).any()
        else np.abs(seen.offset)
    )
    return np.asarray(
        (seen.score > _SAME) & ((near * np.minimum(1.0, seen.weight * 2.0)).max(axis=1) < NEAR_MM)
    )


def _same_place(a: Aligned, b: Aligned) -> bool:
    """Whether two forms are taken to lie on each other."""
    centre = np.array([a.blank.template.width_mm / 2, a.blank.template.height_mm / 2, 1.0])
    place = np.linalg.inv(b.matrix) @ a.matrix @ centre
    x, y = place[:2] / place[2]
    other = b.blank.template
    return bool(0 <= x <= other.width_mm and 0 <= y <= other.height_mm)
