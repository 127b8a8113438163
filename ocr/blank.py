"""Is there anything on this page at all?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a page (uint8 H×W) has no mark that a person made or printed.

    Dust, punch holes, black scanner edges and bleed-through are no marks. When unsure the answer is False.
    """
    raise NotImplementedError
