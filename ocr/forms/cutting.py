"""One warp for a whole slip, then slices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocr.results import Registration
from templates.model import Template

#: Fraction of a cell's size that a cut adds on every side.
CELL_MARGIN = 0.20


def rectify(
    grey: NDArray[np.uint8], registration: Registration, template: Template, dpi: float = 200.0
) -> NDArray[np.uint8]:
    """The slip upright: uint8, ``height_mm/25.4*dpi`` × ``width_mm/25.4*dpi``; a slip millimetre is ``dpi/25.4`` pixels.

    ``grey`` is the page that ``registration`` was found on. What lies outside the page is white.
    """
    raise NotImplementedError
