"""The slip's picture for the page, and a few of them kept at hand."""

from __future__ import annotations

import io
import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors import InputError, ObjectCorruptError, ObjectNotFoundError
from services import review
from services.context import Context
from services.results import FieldBox
from services.sheet_photo import sheet_photo

log = logging.getLogger(__name__)

JPEG_QUALITY = 78

#: A page asks for its picture right after itself; a reviewer also fetches one slip ahead.
KEPT = 32


@dataclass(frozen=True)
class PagePicture:
    """A slip as JPEG with its size in pixels and its fields' boxes in them."""

    jpeg: bytes
    width: int
    height: int
    boxes: tuple[FieldBox, ...]
    dpi: float | None
    rectified: bool
    missing: bool = False


class Pictures:
    """Makes slip pictures and keeps the last ``KEPT``; a sheet's picture never changes."""

    def __init__(self, ctx: Context, dpi: int) -> None:
        self.ctx = ctx
        self.dpi = dpi
        self._kept: OrderedDict[int, PagePicture] = OrderedDict()
        self._lock = Lock()

    def get(self, sheet_id: int) -> PagePicture:
        """The picture of a sheet; raises what ``services.review.sheet_picture`` raises."""
        with self._lock:
            picture = self._kept.get(sheet_id)
            if picture is not None:
                self._kept.move_to_end(sheet_id)
                return picture
        picture = self._make(sheet_id)
        if picture.missing:
            return picture  # and look again next time: the original may be restored
        with self._lock:
            self._kept[sheet_id] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return picture

    def _make(self, sheet_id: int) -> PagePicture:
        try:
            photo = sheet_photo(self.ctx, sheet_id)
            if photo is not None:
                width, height = Image.open(io.BytesIO(photo)).size
                return PagePicture(photo, width, height, (), None, rectified=False)
            slip = review.sheet_picture(self.ctx, sheet_id, self.dpi)
        except (InputError, ObjectNotFoundError, ObjectCorruptError) as error:
            # The slip must stay judgeable: it can at least be sent to be scanned again.
            log.warning("sheet %d has no picture: %s", sheet_id, error)
            white = np.full((40, 56), 255, np.uint8)
            return PagePicture(_jpeg(white), 56, 40, (), None, rectified=False, missing=True)
        height, width = slip.grey.shape[:2]
        return PagePicture(_jpeg(slip.grey), width, height, slip.boxes, slip.dpi, slip.rectified)


def _jpeg(grey: NDArray[np.uint8]) -> bytes:
    done, jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"no JPEG of a picture of shape {grey.shape}")
    return jpeg.tobytes()
