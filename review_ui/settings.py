"""Settings of the review room; the front door fills them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReviewSettings:
    """How the review page works.

    ``weak_below``: characters read with less confidence are marked. ``picture_dpi``: resolution of the slip's
    picture on the page. ``idle_seconds``: a page that nobody has touched for so long stops renewing its
    lease, so that the slip goes back to the others.
    """

    weak_below: float = 0.98
    picture_dpi: int = 200
    idle_seconds: int = 240
