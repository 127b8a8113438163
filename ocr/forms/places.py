"""Where a field without cells lies: its corrected place in the slip, and the way back to the page."""

from __future__ import annotations

import numpy as np

from ocr.forms.cutting import cut, warp_box
from ocr.forms.geometry import fit_affine
from ocr.forms.registration import Registered
from ocr.forms.settings import Floats, Grey
from templates.model import Box, Template


def cut_box(registered: Registered, template: Template, box: Box, dpi: float) -> Grey:
    """A box of the rectified slip (which is at ``dpi``), moved by the slip's correction at its middle."""
    shift = registered.correction.at(template, box.x_mm + box.w_mm / 2, box.y_mm + box.h_mm / 2)
    return cut(registered.slip, box, dpi, 0.0, (float(shift[0]), float(shift[1])))


def from_page(grey: Grey, registered: Registered, template: Template, box: Box, dpi: float) -> Grey:
    """A box of a slip upright at ``dpi``, warped once from its page: as fine as the scan is."""
    return warp_box(grey, local_matrix(registered, template, box), box, dpi)


def local_matrix(registered: Registered, template: Template, box: Box) -> Floats:
    """Slip millimetres → page pixels with the smooth correction around ``box``, 3×3."""
    matrix = np.array(registered.registration.homography).reshape(3, 3)
    places = np.array(
        [
            [box.x_mm, box.y_mm],
            [box.right_mm, box.y_mm],
            [box.right_mm, box.bottom_mm],
            [box.x_mm, box.bottom_mm],
        ]
    )
    moved = places + np.array([registered.correction.at(template, *place) for place in places])
    if registered.bend is not None:
        moved = moved + registered.bend.at(moved)
    result: Floats = matrix @ fit_affine(places, moved)
    return result
