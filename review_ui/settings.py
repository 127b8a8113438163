"""Settings of the review room; the front door fills them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReviewSettings:
    """How the review page works.

    ``weak_below``: characters read with less confidence are marked. ``picture_dpi``: resolution of the slip's
    picture on the page. ``idle_seconds``: a page that nobody has touched for so long stops renewing its
    lease, so that the slip goes back to the others. ``uploads``: where parts of files lie until they are
    whole (None: in a folder for temporary files); ``most_upload``: bytes of one file.
    """

    weak_below: float = 0.98
    picture_dpi: int = 200
    idle_seconds: int = 240
    uploads: Path | None = None
    most_upload: int = 512 << 20
