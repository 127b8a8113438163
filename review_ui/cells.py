"""Pictures of single cells and of their rows, cut from the slip once and kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError, ObjectCorruptError, ObjectNotFoundError
from services import review
from services.context import Context
from services.results import SlipPicture

JPEG_QUALITY = 80

#: Paper around a cell and around a row, as fractions of their height: digits hang over the edge.
CELL_MARGIN, ROW_MARGIN = 0.12, 0.15

#: Slips kept, about 60 kB each: more than a few people look at while a page is in hand.
KEPT = 400


@dataclass(frozen=True)
class Row:
    """A field's row as JPEG with its size; ``cells``: (x, y, width, height) of each in its pixels."""

    jpeg: bytes
    width: int
    height: int
    cells: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Cut:
    """A slip's cells, (field, place) → JPEG, and its rows by field; both empty where it cannot be had."""

    cells: dict[tuple[str, int], bytes]
    rows: dict[str, Row]


class Cells:
    """Cuts slips and keeps the last ``KEPT``; two that ask for one slip at a time wait for one cut."""

    def __init__(self, ctx: Context, dpi: int) -> None:
        self.ctx = ctx
        self.dpi = dpi
        self._kept: OrderedDict[int, Cut] = OrderedDict()
        self._making: dict[int, Lock] = {}
        self._lock = Lock()

    def get(self, sheet_id: int) -> Cut:
        """The cells of a sheet; raises what ``services.review.sheet_picture`` raises for an unknown one."""
        with self._lock:
            making = self._making.setdefault(sheet_id, Lock())
        with making:
            with self._lock:
                cut = self._kept.get(sheet_id)
                if cut is not None:
                    self._kept.move_to_end(sheet_id)
                    return cut
            cut = self._make(sheet_id)
            with self._lock:
                if cut.cells:
                    self._kept[sheet_id] = cut
                while len(self._kept) > KEPT:
                    self._making.pop(self._kept.popitem(last=False)[0], None)
            return cut

    def _make(self, sheet_id: int) -> Cut:
        try:
            slip = review.sheet_picture(self.ctx, sheet_id, self.dpi)
        except (InputError, ObjectNotFoundError, ObjectCorruptError):
            return Cut({}, {})
        cells, rows = {}, {}
        for box in slip.boxes:
            for place, cell in enumerate(box.cells):
                left, top, right, bottom = _around(slip, cell, CELL_MARGIN)
                cells[box.name, place] = _jpeg(slip.grey[top:bottom, left:right])
            if box.cells:
                left, top, right, bottom = _around(slip, box.box, ROW_MARGIN)
                inside = tuple((x - left, y - top, width, height) for x, y, width, height in box.cells)
                jpeg = _jpeg(slip.grey[top:bottom, left:right])
                rows[box.name] = Row(jpeg, right - left, bottom - top, inside)
        return Cut(cells, rows)


def _around(slip: SlipPicture, box: tuple[int, int, int, int], margin: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of ``box`` with its margin, inside the picture."""
    x, y, width, height = box
    more = round(height * margin)
    across, down = slip.grey.shape[1], slip.grey.shape[0]
    return max(x - more, 0), max(y - more, 0), min(x + width + more, across), min(y + height + more, down)


def _jpeg(grey: NDArray[np.uint8]) -> bytes:
    done, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(grey), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"no JPEG of a picture of shape {grey.shape}")
    return jpeg.tobytes()
