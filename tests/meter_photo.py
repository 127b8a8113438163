"""A photo of a meter for tests of pages: not for reading, but sharp, bright and with camera metadata."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

#: EXIF tags: the camera's maker, and the block with the place.
MAKER, GPS = 0x010F, 0x8825


def meter_photo(
    reading: str = "05630", decimals: str = "4", size: tuple[int, int] = (900, 1200)
) -> Image.Image:
    """A grey meter with a drum counter on a wall; ``size`` is width and height."""
    width, height = size
    rng = np.random.default_rng(5)
    picture = np.full((height, width, 3), (196, 202, 206), np.uint8)
    left, top, right, bottom = (
        round(share * side) for share, side in zip((0.14, 0.12, 0.86, 0.9), (width, height) * 2, strict=True)
    )
    cv2.rectangle(picture, (left, top), (right, bottom), (232, 235, 236), -1)
    cv2.rectangle(picture, (left, top), (right, bottom), (120, 126, 130), 4)
    cell = (right - left) // (len(reading) + len(decimals) + 2)
    y = top + (bottom - top) // 5
    for place, digit in enumerate(reading + decimals):
        x = left + cell * (place + 1)
        colour = (40, 40, 160) if place >= len(reading) else (30, 30, 30)
        cv2.rectangle(picture, (x, y), (x + cell - 6, y + round(cell * 1.5)), colour, -1)
        scale = cell / 26
        cv2.putText(
            picture,
            digit,
            (x + cell // 7, y + round(cell * 1.2)),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (245, 245, 245),
            max(2, cell // 14),
            cv2.LINE_AA,
        )
    cv2.putText(
        picture,
        "kWh  3200 imp/kWh  No 0091234567",
        (left + cell // 2, y + cell * 3),
        cv2.FONT_HERSHEY_SIMPLEX,
        width / 1300,
        (70, 70, 70),
        2,
        cv2.LINE_AA,
    )
    noisy = picture.astype(np.int16) + rng.integers(-9, 10, picture.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)[:, :, ::-1])


def jpeg_of(picture: Image.Image, orientation: int = 1) -> bytes:
    """As a telephone writes it: with maker, place and orientation."""
    exif = Image.Exif()
    exif[MAKER] = "Telephone & Co"
    exif[0x0112] = orientation
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (56.0, 0.0, 39.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()
