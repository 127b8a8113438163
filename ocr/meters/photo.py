"""A photo as the reader of meters wants it: upright, and no larger in memory than its digits ask for.

A telephone's photo has 12 to 50 megapixels, and its digits are mostly a hundred pixels high. It is decoded at
a half, a quarter or an eighth first, which libjpeg does several times faster than the whole; only where the
digits turn out small there is the whole decoded too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Document, Limits, open_document

Picture = NDArray[np.uint8]

#: The longer side of what is looked at first has at least so many pixels, where the photo has them.
LEAST = 1600
#: Under so many pixels of the shorter side no display can be read.
SHORTEST = 120
#: One photo: up to 50 megapixels in any format, and no more memory than any decoder is allowed.
PHOTO_LIMITS = Limits(pixels=120_000_000, pages=1, working_bytes=800 << 20)


@dataclass(frozen=True, eq=False)
class Photo:
    """``image``: H×W×3, BGR, uint8, upright, made smaller by ``factor`` (1, 2, 4 or 8)."""

    image: Picture
    factor: int = 1
    _document: Document | None = field(default=None, repr=False)
    _page: int = 1

    def whole(self) -> Photo:
        """The photo with all its pixels; itself where it has them."""
        if self.factor == 1 or self._document is None:
            return self
        image, factor = self._document.reduced(self._page, _EVERY_PIXEL)
        return Photo(image, factor)


_EVERY_PIXEL = 1 << 30


def photo_limits(limits: Limits) -> Limits:
    """``limits`` for photos: the resolution that a camera states means nothing."""
    return replace(limits, max_dpi=math.inf, working_bytes=PHOTO_LIMITS.working_bytes)


def photo_of(document: Document, page: int = 1, least: int = LEAST) -> Photo:
    """The photo in an opened file, which must stay open for ``whole``; raises ``InputError``."""
    image, factor = document.reduced(page, least)
    if min(image.shape[:2]) * factor < SHORTEST:
        raise InputError(Reason.TOO_SMALL, f"{image.shape[1]}×{image.shape[0]} pixels")
    return Photo(image, factor, document, page)


def load_photo(source: bytes | Path, name: str = "", limits: Limits = PHOTO_LIMITS) -> Photo:
    """A photo with all its pixels, from bytes or a path; raises ``InputError`` as the loader does."""
    with open_document(source, name, photo_limits(limits)) as document:
        return photo_of(document, least=_EVERY_PIXEL)
