"""What the form reader may be told, and the shapes of what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Page(Protocol):
    """A page image as ``ocr.load`` gives it: ``grey`` uint8 H×W, upright by EXIF; ``dpi`` where known."""

    @property
    def grey(self) -> Grey:
        """Grey levels, 0 black, 255 white, H×W."""
        ...

    @property
    def dpi(self) -> float | None:
        """Dots per inch where the file says so; may be wrong."""
        ...

    @property
    def empty(self) -> bool:
        """Whether the file says that the page has no content at all."""
        ...


class CellReader(Protocol):
    """What reads cells; ``ocr.cells.CellClassifier`` is one."""

    @property
    def model(self) -> str:
        """``name@version`` of the weights."""
        ...

    def probabilities(self, crops: Sequence[Grey], margin: float) -> Floats:
        """(N, 12) probabilities for ``0``-``9``, blank and "not a digit"; see ``ocr.cells``."""
        ...


@dataclass(frozen=True)
class ReaderSettings:
    """Limits of the form reader; lengths in slip millimetres.

    ``max_residual_mm``: a slip with a cell further than this from where its print says, after the local
    correction, is not read. ``search_mm``: how far from its expected place a printed line is looked for;
    less than half a cell. ``min_lines_seen``: share of a field's cell lines that must be seen in place.
    ``blanks``: a folder that keeps what is worked out once about each form's print; None: nothing is kept.
    """

    dpi: float = 200.0
    detection_dpi: float = 100.0
    max_residual_mm: float = 0.6
    search_mm: float = 2.0
    min_lines_seen: float = 0.6
    threads: int = 1
    blanks: Path | None = None
