"""What reads customers' photos: the weights that ship, where there are some."""

from __future__ import annotations

import threading

from ocr.meters.reading import MeterPhotos
from ocr.meters.results import MeterReading
from services.photos import PhotoReader, Picture


class _OneAtATime:
    """The web app answers in several threads, and a reader belongs to one at a time."""

    def __init__(self, reader: MeterPhotos) -> None:
        self._reader = reader
        self._lock = threading.Lock()

    def __call__(self, picture: Picture, digits: int | None, decimals: int | None) -> MeterReading:
        with self._lock:
            return self._reader(picture, digits, decimals)


def photo_reader() -> PhotoReader | None:
    """The reader of meters' displays; None while none ships, and every photo goes to a person."""
    reader = MeterPhotos.shipped()
    return None if reader is None else _OneAtATime(reader)
