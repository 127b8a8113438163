"""Corner markers and QR codes as rectangles, in millimetres: vector, sharp at any resolution."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np

from templates.model import MARKER_DICTIONARY, Box

#: Modules along a marker's side: six of code and a black frame of one.
MARKER_MODULES = 8

Rows = tuple[tuple[bool, ...], ...]


@cache
def marker_rows(marker_id: int) -> Rows:
    """An 8×8 marker, row by row; ``True`` is black."""
    import cv2

    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARKER_DICTIONARY))
    picture = cv2.aruco.generateImageMarker(dictionary, marker_id, MARKER_MODULES)
    return tuple(tuple(bool(value == 0) for value in row) for row in picture)


def code_rows(content: str) -> Rows:
    """A QR code without its quiet zone; level Q: a quarter of it may be torn or stained."""
    import zxingcpp

    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    picture = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return tuple(tuple(row) for row in (picture == 0).tolist())


def payment_rows(content: str) -> Rows:
    """A receipt's QR code, its letters in UTF-8; level M, as banks print them: the content is long."""
    import zxingcpp

    # As text the library would take Cyrillic for Japanese.
    code = zxingcpp.create_barcode(content.encode("utf-8"), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return tuple(tuple(row) for row in (picture == 0).tolist())


def bar_row(content: str) -> Rows:
    """A Code 128 bar code without its quiet zones, as one row of modules; ``True`` is black."""
    import zxingcpp

    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.Code128)
    picture = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return (tuple((picture[0] == 0).tolist()),)


def runs(rows: Rows) -> Iterator[tuple[int, int, int]]:
    """Black modules as horizontal runs: first column, row, length."""
    for y, row in enumerate(rows):
        x = 0
        for black, group in itertools.groupby(row):
            length = sum(1 for _ in group)
            if black:
                yield x, y, length
            x += length


def rectangles(rows: Rows, box: Box) -> list[Box]:
    """Black modules as rectangles within ``box``, one for each run."""
    height, width = box.h_mm / len(rows), box.w_mm / len(rows[0])
    return [
        Box(box.x_mm + x * width, box.y_mm + y * height, length * width, height)
        for x, y, length in runs(rows)
    ]
