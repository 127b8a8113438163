"""The slip's picture for the page, and a few of them kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import cv2

from services import review
from services.context import Context
from services.results import FieldBox

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
        with self._lock:
            self._kept[sheet_id] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return picture

    def _make(self, sheet_id: int) -> PagePicture:
        slip = review.sheet_picture(self.ctx, sheet_id, self.dpi)
        done, jpeg = cv2.imencode(".jpg", slip.grey, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise ValueError(f"no JPEG of sheet {sheet_id}")
        height, width = slip.grey.shape[:2]
        return PagePicture(jpeg.tobytes(), width, height, slip.boxes, slip.dpi, slip.rectified)
