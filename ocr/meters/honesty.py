"""Whether a photo is what it claims to be: reasons for a person to look, never for a silent refusal.

The same photo again is ``ocr.meters.likeness``, a photo of a screen ``ocr.meters.screens``.
"""

from __future__ import annotations

from datetime import date, timedelta

#: A photo may be taken so long before the day that its reading is for, and after it: people collect photos
#: before they send them, and a camera's clock may run in another zone.
OLDEST, NEWEST = timedelta(days=5), timedelta(days=1)


def another_day(taken: date | None, day: date) -> bool:
    """Whether the camera says that the photo was ``taken`` far from ``day``; False where it says nothing.

    Messengers take the day away, so that a photo without one is not doubted for it.
    """
    return taken is not None and not day - OLDEST <= taken <= day + NEWEST
