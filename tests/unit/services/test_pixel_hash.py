"""A page's picture is known again in another file, and by nothing less."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.load import PageImage
from services.reading import pixel_hash
from simulate.scanner import Scan, scan


def test_the_same_picture_has_the_same_hash_and_another_scan_another() -> None:
    sheet = np.full((301, 403), 255, np.uint8)
    cv2.putText(sheet, "1274", (40, 150), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 30, 4)
    rng = np.random.default_rng(8)
    first, second = (scan(sheet, Scan(noise=2.0), rng) for _ in range(2))
    known = pixel_hash(PageImage(first, 300.0))
    assert pixel_hash(PageImage(first.copy(), None, page=7)) == known
    assert pixel_hash(PageImage(second, 300.0)) != known
    dotted = first.copy()
    dotted[150:152, 60:62] ^= 64
    assert pixel_hash(PageImage(dotted, 300.0)) != known


def test_the_shape_counts() -> None:
    white = np.full((40, 90), 255, np.uint8)
    assert pixel_hash(PageImage(white)) != pixel_hash(PageImage(white.T.copy()))
