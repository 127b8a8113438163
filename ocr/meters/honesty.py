"""Whether a photo is what it claims to be: reasons for a person to look, never for a silent refusal."""

from __future__ import annotations

from datetime import date, timedelta

from domain.reasons import Reason
from ocr.meters.facts import PhotoFacts
from ocr.meters.photo import Picture
from ocr.meters.screens import SCREEN, screen_score

#: A photo may be taken so long before the day that its reading is for, and after it: people collect photos
#: before they send them, and a camera's clock may run in another zone.
OLDEST, NEWEST = timedelta(days=5), timedelta(days=1)


def doubts(picture: Picture, facts: PhotoFacts, day: date) -> tuple[Reason, ...]:
    """Doubts about a photo at its full size (H, W, 3) whose reading is claimed for ``day``.

    A photo without a date, as messengers send it, is not doubted for that.
    """
    found: list[Reason] = []
    if another_day(facts, day):
        found.append(Reason.PHOTO_OF_ANOTHER_DAY)
    if screen_score(picture) >= SCREEN:
        found.append(Reason.PHOTO_OF_SCREEN)
    return tuple(found)


def another_day(facts: PhotoFacts, day: date) -> bool:
    """Whether the camera says that the photo was taken far from ``day``."""
    return facts.taken is not None and not day - OLDEST <= facts.taken.date() <= day + NEWEST
