"""Multi-page TIFF: pages counted by walking the directories, each decoded by Pillow, or else by OpenCV."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.geometry import Pixels
from ocr.load.limits import Limits
from ocr.load.native import decoding
from ocr.load.raster import check_pixels, check_size, decode, open_image

_BIG = 43
_MOST_ENTRIES = 4096
_TAGS_READ = {256: "width", 257: "height", 322: "tile_width", 323: "tile_height"}
_PEAK_OPENCV = 10


def directory_offsets(file: BinaryIO, most: int) -> list[int]:
    """Offsets of the image directories, in order; a broken chain ends with the offset that led nowhere.

    A chain that turns back on itself ends there. Stops after ``most`` + 1 directories.
    """
    order, big = _byte_order(file)
    file.seek(8 if big else 4)
    head = file.read(8 if big else 4)
    if len(head) < (8 if big else 4):
        raise InputError(Reason.CORRUPT_FILE, "the TIFF ends in its header; scan or send it again")
    offset = int(struct.unpack(order + ("Q" if big else "I"), head)[0])
    offsets: list[int] = []
    seen: set[int] = set()
    while offset and offset not in seen and len(offsets) <= most:
        seen.add(offset)
        offsets.append(offset)
        offset = _next(file, offset, order, big=big)
    return offsets


def _next(file: BinaryIO, offset: int, order: str, *, big: bool) -> int:
    """Offset of the directory after the one at ``offset``; 0 at the end or where the file is cut."""
    count_format, entry_size, next_format = ("Q", 20, "Q") if big else ("H", 12, "I")
    try:
        file.seek(offset)
        count = struct.unpack(order + count_format, file.read(struct.calcsize(count_format)))[0]
        if count > _MOST_ENTRIES:
            return 0
        file.seek(count * entry_size, 1)
        return int(struct.unpack(order + next_format, file.read(struct.calcsize(next_format)))[0])
    except (OSError, ValueError, OverflowError, struct.error):
        return 0


def _sizes(file: BinaryIO, offset: int, order: str, *, big: bool) -> dict[str, int]:
    """Width, height and tile sizes as the directory at ``offset`` states them."""
    found: dict[str, int] = {}
    file.seek(offset)
    count = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))[0]
    size, value_at = (20, 12) if big else (12, 8)
    for _ in range(min(count, _MOST_ENTRIES)):
        entry = file.read(size)
        if len(entry) < size:
            break
        tag, kind = struct.unpack_from(order + "HH", entry)
        if tag in _TAGS_READ and kind in (3, 4):
            found[_TAGS_READ[tag]] = struct.unpack_from(order + ("H" if kind == 3 else "I"), entry, value_at)[
                0
            ]
    return found


class Tiff:
    """An opened TIFF; ``file`` is closed with it."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.media_type = "image/tiff"
        self._file = file
        self._limits = limits
        self._offsets = directory_offsets(file, limits.pages)
        self.pages = len(self._offsets)
        if self.pages == 0:
            raise InputError(Reason.CORRUPT_FILE, "the TIFF holds no picture; scan or send it again")
        if self.pages > limits.pages:
            raise InputError(Reason.TOO_MANY_PAGES, f"more than {limits.pages} pages; split the file")
        self._image: Image.Image | None = None
        self._decoded = 0

    def grey(self, number: int) -> tuple[Pixels, float | None]:
        """Page ``number`` in grey, and its dpi."""
        return self._page(number, colour=False)

    def bgr(self, number: int) -> Pixels:
        """Page ``number`` in BGR."""
        return self._page(number, colour=True)[0]

    def close(self) -> None:
        """Close the file."""
        self._forget()
        self._file.close()

    def _page(self, number: int, *, colour: bool) -> tuple[Pixels, float | None]:
        self._check_directory(number)
        try:
            image = self._seek(number)
        except InputError as error:
            self._forget()
            if error.reason is Reason.TOO_LARGE:
                raise
            return self._alone(number, colour=colour)
        check_size(image, self.media_type, self._limits, colour=colour)
        try:
            self._decoded = number
            return decode(image, self._limits, colour=colour)
        except InputError:
            self._forget()
            raise

    def _check_directory(self, number: int) -> None:
        """Refuse sizes, of tiles too, before libtiff makes room for them."""
        with decoding(f"page {number}"):
            order, big = _byte_order(self._file)
            sizes = _sizes(self._file, self._offsets[number - 1], order, big=big)
        if not {"width", "height"} <= set(sizes):
            raise InputError(Reason.CORRUPT_FILE, f"page {number} is cut off or damaged; scan it again")
        check_pixels(sizes["width"], sizes["height"], 3, self._limits)
        check_pixels(sizes.get("tile_width", 1), sizes.get("tile_height", 1), 6, self._limits)

    def _seek(self, number: int) -> Image.Image:
        # Pillow walks from directory to directory, so one image stays open for pages taken in order; a page
        # that was decoded is turned in place, so that taking it again needs a fresh one.
        if self._decoded == number:
            self._forget()
        with decoding(f"page {number}"):
            if self._image is None:
                self._file.seek(0)
                self._image = Image.open(self._file, formats=("TIFF",))
            self._image.seek(number - 1)
        return self._image

    def _forget(self) -> None:
        self._image = None
        self._decoded = 0

    def _alone(self, number: int, *, colour: bool) -> tuple[Pixels, float | None]:
        """A page that Pillow cannot reach or does not know: as the first of a copy, or else by OpenCV."""
        self._file.seek(0)
        copy = bytearray(self._file.read(self._limits.picture_bytes + 1))
        if len(copy) > self._limits.picture_bytes:
            raise InputError(Reason.CORRUPT_FILE, f"page {number} is damaged; scan it again")
        order, big = _byte_order(self._file)
        struct.pack_into(order + ("Q" if big else "I"), copy, 8 if big else 4, self._offsets[number - 1])
        try:
            with open_image(io.BytesIO(copy), self.media_type) as image:
                check_size(image, self.media_type, self._limits, colour=colour)
                return decode(image, self._limits, colour=colour)
        except InputError as error:
            if error.reason is Reason.TOO_LARGE:
                raise
        flags = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
        with decoding(f"page {number}"):
            pixels = cv2.imdecode(np.frombuffer(copy, np.uint8), flags)
        if pixels is None:
            raise InputError(Reason.CORRUPT_FILE, f"page {number} is cut off or damaged; scan it again")
        return np.asarray(pixels, dtype=np.uint8), None


def _byte_order(file: BinaryIO) -> tuple[str, bool]:
    """The byte order as ``struct`` writes it, and whether it is BigTIFF."""
    file.seek(0)
    head = file.read(4)
    order = "<" if head[:2] == b"II" else ">"
    return order, int(struct.unpack(order + "H", head[2:4])[0]) == _BIG
