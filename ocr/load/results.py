"""What loading gives: the picture of a page, and what a file is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PageImage:
    """One page as a picture, upright as its file says (EXIF and PDF rotation applied, once).

    ``grey``: H×W, uint8, C-contiguous, 0 black to 255 white. ``dpi``: pixels an inch where the file says
    something plausible, else None. ``empty``: a PDF page with nothing on it; ``grey`` is then a small white
    picture of its shape. ``page``: 1-based number in its file.
    """

    grey: NDArray[np.uint8]
    dpi: float | None = None
    empty: bool = False
    page: int = 1


@dataclass(frozen=True)
class Probe:
    """What a file is: ``media_type`` by its bytes, never by its name; ``pages`` is at least 1."""

    media_type: str
    pages: int
