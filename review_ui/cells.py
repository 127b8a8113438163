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


#: Height of the bar under the cell in question, in pixels, and the white above it.
BAR, GAP = 7, 3

#: The pages' accent colour, as OpenCV orders it.
_ACCENT = (0x9E, 0x5A, 0x0B)


@dataclass(frozen=True)
class Row:
    """A field's row as JPEG; ``cells``: left edge and width of each, in its pixels."""

    jpeg: bytes
    cells: tuple[tuple[int, int], ...]

    def marked(self, place: int) -> bytes:
        """The row as JPEG with a bar under one cell."""
        grey = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        left, width = self.cells[place]
        picture = np.full((grey.shape[0] + GAP + BAR, grey.shape[1], 3), 255, np.uint8)
        picture[: grey.shape[0]] = grey[:, :, None]
        picture[grey.shape[0] + GAP :, left : left + width] = _ACCENT
        return _jpeg(picture)


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
                inside = tuple((x - left, width) for x, _, width, _ in box.cells)
                rows[box.name] = Row(_jpeg(slip.grey[top:bottom, left:right]), inside)
        return Cut(cells, rows)


def _around(slip: SlipPicture, box: tuple[int, int, int, int], margin: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of ``box`` with its margin, inside the picture."""
    x, y, width, height = box
    more = round(height * margin)
    across, down = slip.grey.shape[1], slip.grey.shape[0]
    return max(x - more, 0), max(y - more, 0), min(x + width + more, across), min(y + height + more, down)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(picture), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"no JPEG of a picture of shape {picture.shape}")
    return jpeg.tobytes()
