"""A photo in, a reading out, with the reasons why not: what every channel and the command line call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from domain.reasons import Reason
from ocr.meters import quality
from ocr.meters.photo import Photo, Picture
from ocr.meters.results import DisplayReading, MeterReading, Quad

#: Digits lower than this on a photo made smaller are looked at again with all its pixels: the network that
#: reads them wants 30 (``ocr.meters.strip.DIGIT``).
_SMALL = 30.0
#: A second display that is nearly as sure as the first leaves open which is meant.
_RIVAL = 0.6


class MeterPhotos:
    """Reads pictures that have all their pixels: what services are given. Not shared between threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @classmethod
    def shipped(cls, threads: int = 1) -> MeterPhotos | None:
        """With the weights that ship; None where none do, and every photo goes to a person."""
        from ocr.meters import finder, reader

        if not (finder.DEFAULT_WEIGHTS.is_file() and reader.DEFAULT_WEIGHTS.is_file()):
            return None
        return cls(reader.MeterReader.load(threads=threads))

    def __call__(self, picture: Picture, digits: int | None, decimals: int | None) -> MeterReading:
        """``picture`` H×W×3 BGR, upright; see ``read_photo``."""
        return read_photo(self._reader, Photo(picture), digits, decimals)


class Reader(Protocol):
    """What finds and reads displays: ``ocr.meters.reader.MeterReader``."""

    model: str

    def read(self, image: Picture, digits: int | None = None, decimals: int | None = None) -> MeterReading:
        """Displays with quads in pixels of ``image``, the most likely first."""
        ...


def read_photo(
    reader: Reader, photo: Photo, digits: int | None = None, decimals: int | None = None
) -> MeterReading:
    """The photo's displays, quads in pixels of the upright original, with every reason for doubt.

    ``digits`` and ``decimals``: what the meter has before and after the mark, where it is known. A reading
    that shows a date or a time is reported, and never comes before one that is a reading.
    """
    started = time.perf_counter()
    found = reader.read(photo.image, digits, decimals)
    if photo.factor > 1 and found.displays and quality.height_of(found.displays[0].quad) < _SMALL:
        whole = photo.whole()
        again = reader.read(whole.image, digits, decimals)
        if again.displays:
            photo, found = whole, again
    displays = sorted(found.displays, key=lambda each: each.means != "reading")
    explained = [quality.explained(each, photo.image, digits) for each in displays]
    reasons = list(found.reasons)
    if not displays:
        reasons += [r for r in quality.of_photo(photo.image).reasons if r not in reasons]
        if Reason.NO_DISPLAY_FOUND not in reasons:
            reasons.append(Reason.NO_DISPLAY_FOUND)
    elif all(each.means != "reading" for each in displays):
        reasons.append(Reason.NOT_A_READING)
    elif _several(explained):
        reasons.append(Reason.SEVERAL_METERS)
    scaled = tuple(_scaled(each, photo.factor) for each in explained)
    return replace(
        found,
        outcome="read" if displays else "unreadable",
        displays=scaled,
        reasons=tuple(dict.fromkeys(reasons)),
        seconds=time.perf_counter() - started,
    )


def _several(displays: Sequence[DisplayReading]) -> bool:
    """Whether two displays of readings, not told apart by a tariff, are about equally sure."""
    readings = [each for each in displays if each.means == "reading" and each.tariff is None]
    if len(readings) < 2:
        return False
    first, second = readings[0].confidence, max(each.confidence for each in readings[1:])
    return second > _RIVAL * first and second > 0.5


def _scaled(display: DisplayReading, factor: int) -> DisplayReading:
    if factor == 1:
        return display
    corners = [(round(x * factor, 1), round(y * factor, 1)) for x, y in display.quad]
    quad: Quad = (corners[0], corners[1], corners[2], corners[3])
    return replace(display, quad=quad)
