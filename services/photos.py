"""A customer's photo as a sheet: what it is cleaned of, who reads it, and the form that it is judged by."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Limits, open_document
from ocr.meters.results import MeterReading
from ocr.results import Character
from templates.model import Box, Field, Template

Picture = NDArray[np.uint8]

#: Longest side of the picture that is kept: a display's digits stay some 40 px high on any telephone's photo.
LONGEST_SIDE = 3000
#: Shorter than this, no display on it could be read.
SHORTEST_SIDE = 240
JPEG_QUALITY = 90
#: A telephone's largest photo; decoded it takes three bytes a pixel.
LIMITS = Limits(pixels=110_000_000, pages=1)
#: Decoded photos that are in memory at a time, whoever asks.
_PLACES = threading.BoundedSemaphore(2)

_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)


class PhotoReader(Protocol):
    """Reads a meter's display; the front door fills it in once there are weights."""

    def __call__(self, picture: Picture, digits: int | None, decimals: int | None) -> MeterReading:
        """``picture`` H×W×3 BGR, upright; digits before and after the mark, where the register knows them."""
        ...


@dataclass(frozen=True)
class CleanPhoto:
    """A photo without its metadata: ``jpeg`` as it is kept, ``picture`` H×W×3 BGR as it is read."""

    jpeg: bytes
    picture: Picture


@dataclass(frozen=True)
class PhotoRead:
    """What the reader said, as records keep it.

    ``value`` "" when nothing was read; then ``reasons`` say why, or nothing reads photos yet.
    """

    value: str = ""
    decimals: str = ""
    confidence: float = 0.0
    characters: tuple[Character, ...] = ()
    reasons: tuple[Reason, ...] = ()
    serial: str = ""
    model: str = ""


def clean_photo(data: bytes, name: str = "") -> CleanPhoto:
    """Decode, turn upright, shrink and encode anew: what a camera wrote beside the picture is gone.

    Raises ``InputError`` for what is no picture, is damaged, too large or too small.
    """
    with _PLACES, open_document(data, name, LIMITS) as document:
        if not document.media_type.startswith("image/"):
            raise InputError(Reason.UNSUPPORTED_FORMAT, "a photo is wanted")
        picture = np.asarray(document.colour(1), dtype=np.uint8)
        factor = LONGEST_SIDE / max(picture.shape[:2])
        if factor < 1.0:
            size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if min(picture.shape[:2]) < SHORTEST_SIDE:
        raise InputError(Reason.TOO_SMALL, f"{picture.shape[1]}×{picture.shape[0]} pixels")
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise InputError(Reason.CORRUPT_FILE, "the picture cannot be encoded")
    return CleanPhoto(jpeg.tobytes(), picture)


def read_photo(
    reader: PhotoReader | None, picture: Picture, digits: int | None = None, decimals: int | None = None
) -> PhotoRead:
    """The most likely reading on a photo; an empty one where nothing reads photos."""
    if reader is None:
        return PhotoRead()
    with _PLACES:
        found = reader(picture, digits, decimals)
    best = next((each for each in found.displays if each.means == "reading"), None)
    if found.outcome != "read" or best is None:
        return PhotoRead(reasons=found.reasons, serial=found.serial or "", model=found.model)
    return PhotoRead(
        value=best.value,
        decimals=best.decimals,
        confidence=best.confidence,
        characters=best.characters,
        reasons=tuple(dict.fromkeys(found.reasons + best.reasons)),
        serial=found.serial or "",
        model=found.model,
    )


def to_json(read: PhotoRead) -> dict[str, Any]:
    """``read`` as records keep it."""
    return {
        "value": read.value,
        "decimals": read.decimals,
        "confidence": round(read.confidence, 6),
        "characters": [[each.value, round(each.confidence, 6)] for each in read.characters],
        "reasons": [reason.value for reason in read.reasons],
        "serial": read.serial,
        "model": read.model,
    }


def from_json(data: Mapping[str, Any] | None) -> PhotoRead:
    """The inverse of ``to_json``; nothing read for None."""
    if data is None:
        return PhotoRead()
    return PhotoRead(
        value=data["value"],
        decimals=data["decimals"],
        confidence=data["confidence"],
        characters=tuple(Character(value, confidence) for value, confidence in data["characters"]),
        reasons=tuple(Reason(code) for code in data["reasons"]),
        serial=data["serial"],
        model=data["model"],
    )


def _field(name: str, role: str, label: str, **more: Any) -> Field:
    return Field(name=name, role=role, label=label, box=_NOWHERE, **more)  # type: ignore[arg-type]


def _digits(name: str, role: str, label: str, cells: int, **more: Any) -> Field:
    return _field(name, role, label, kind="digits", cells=(_NOWHERE,) * cells, **more)


#: What a photo is judged by. It has no places: a photo is not registered, and its account was typed.
PHOTO = Template(
    name="photo",
    version=1,
    supplier="",
    title="Фотография счётчика",
    width_mm=0.0,
    height_mm=0.0,
    fields=(
        _field("account", "account", "Лицевой счёт", kind="printed", required=True),
        _digits("reading", "reading", "Показание", 8, required=True, tariff="T1"),
        _digits("photo_reading", "other", "Прочитано на фото", 8, required=False),
        _digits("meter_serial", "meter_serial", "Номер счётчика", 12, required=False),
        _digits("reading_t2", "reading", "Показание T2", 8, required=False, tariff="T2"),
        _digits("reading_t3", "reading", "Показание T3", 8, required=False, tariff="T3"),
    ),
    markers=(),
    code=None,
)
