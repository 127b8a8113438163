"""A customer's photo as a sheet: what it is cleaned of, who reads it, and the form that it is judged by."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Limits, open_document
from ocr.meters import evidence, likeness
from ocr.meters.facts import PhotoFacts, facts_of
from ocr.meters.results import MeterReading, Quad
from ocr.meters.screens import SCREEN, screen_score
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
    """A photo without its metadata: ``jpeg`` as it is kept, ``picture`` H×W×3 BGR as it is read.

    ``facts``: what the camera wrote beside it, but for the place; ``on_screen``: it shows a screen.
    """

    jpeg: bytes
    picture: Picture
    facts: PhotoFacts = field(default_factory=PhotoFacts)
    on_screen: bool = False


@dataclass(frozen=True)
class PhotoRead:
    """What the reader said, as records keep it.

    ``value`` "" when nothing was read; then ``reasons`` say why, or nothing reads photos yet. ``display``:
    drum or lcd; ``evidence``: other readings with their probabilities (``ocr.meters.evidence``); ``taken``:
    the day by the camera's clock; ``on_screen``: it shows a screen; ``mark`` and ``look``: by which the same
    photo is known again (``ocr.meters.likeness``); ``quad``: the display's corners, not kept.
    """

    value: str = ""
    decimals: str = ""
    confidence: float = 0.0
    characters: tuple[Character, ...] = ()
    reasons: tuple[Reason, ...] = ()
    serial: str = ""
    model: str = ""
    display: str = ""
    evidence: bytes = b""
    taken: date | None = None
    on_screen: bool = False
    mark: bytes = b""
    look: bytes = b""
    quad: Quad | None = None


def clean_photo(data: bytes, name: str = "") -> CleanPhoto:
    """Decode, turn upright, shrink and encode anew: what a camera wrote beside the picture is gone.

    Raises ``InputError`` for what is no picture, is damaged, too large or too small.
    """
    with _PLACES, open_document(data, name, LIMITS) as document:
        if not document.media_type.startswith("image/"):
            raise InputError(Reason.UNSUPPORTED_FORMAT, "a photo is wanted")
        picture = np.asarray(document.colour(1), dtype=np.uint8)
        # A screen's grid is seen only as long as nothing was made smaller.
        on_screen = screen_score(picture) >= SCREEN
        factor = LONGEST_SIDE / max(picture.shape[:2])
        if factor < 1.0:
            size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if min(picture.shape[:2]) < SHORTEST_SIDE:
        raise InputError(Reason.TOO_SMALL, f"{picture.shape[1]}×{picture.shape[0]} pixels")
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise InputError(Reason.CORRUPT_FILE, "the picture cannot be encoded")
    return CleanPhoto(jpeg.tobytes(), picture, facts_of(data, name), on_screen)


def read_photo(
    reader: PhotoReader | None, picture: Picture, digits: int | None = None, decimals: int | None = None
) -> PhotoRead:
    """The most likely reading on a photo; an empty one where nothing reads photos."""
    if reader is None:
        return PhotoRead(mark=likeness.mark(picture), look=likeness.look(picture))
    with _PLACES:
        found = reader(picture, digits, decimals)
    best = next((each for each in found.displays if each.means == "reading"), None)
    quad = found.displays[0].quad if best is None and found.displays else best.quad if best else None
    mark, look = likeness.mark(picture, quad), likeness.look(picture, quad)
    if found.outcome != "read" or best is None:
        return PhotoRead(
            reasons=found.reasons,
            serial=found.serial or "",
            model=found.model,
            mark=mark,
            look=look,
            quad=quad,
        )
    return PhotoRead(
        value=best.value,
        decimals=best.decimals,
        confidence=best.confidence,
        characters=best.characters,
        reasons=tuple(dict.fromkeys(found.reasons + best.reasons)),
        serial=found.serial or "",
        model=found.model,
        display=best.display,
        evidence=evidence.pack(best),
        mark=mark,
        look=look,
        quad=quad,
    )


def with_facts(read: PhotoRead, photo: CleanPhoto) -> PhotoRead:
    """``read`` with what the file said of itself."""
    taken = photo.facts.taken
    return replace(read, taken=None if taken is None else taken.date(), on_screen=photo.on_screen)


def with_plate(read: PhotoRead, picture: Picture, serials: Sequence[str]) -> PhotoRead:
    """``read`` with the number on the meter's plate, looked for among the register's ``serials``."""
    from ocr.meters.plate import read_plate

    plate = read_plate(picture, read.quad, serials)
    if plate.verdict == "contradicted":
        return replace(read, reasons=(*read.reasons, Reason.SERIAL_CONTRADICTS))
    return replace(read, serial=plate.serial or "")


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
        "display": read.display,
        "evidence": b64encode(read.evidence).decode(),
        "taken": None if read.taken is None else read.taken.isoformat(),
        "on_screen": read.on_screen,
        "mark": b64encode(read.mark).decode(),
        "look": b64encode(read.look).decode(),
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
        display=data.get("display", ""),
        evidence=b64decode(data.get("evidence", "")),
        taken=date.fromisoformat(data["taken"]) if data.get("taken") else None,
        on_screen=data.get("on_screen", False),
        mark=b64decode(data.get("mark", "")),
        look=b64decode(data.get("look", "")),
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
#: Kinds of display that are read apart: confidence is calibrated and thresholds are proven for each.
DISPLAYS = ("drum", "lcd")
#: All that photos are judged by: ``PHOTO`` where no display was read, else one a kind of display.
PHOTOS = (PHOTO, *(replace(PHOTO, name=f"photo-{kind}") for kind in DISPLAYS))


def form_of(read: PhotoRead) -> Template:
    """What a photo is judged by."""
    return next((form for form in PHOTOS if form.name == f"photo-{read.display}"), PHOTO)
