"""What a camera wrote beside the picture: the day and the camera are told, where it was is never kept."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

from domain.errors import InputError
from ocr.load.native import quiet
from ocr.load.raster import FORMATS, open_image
from ocr.load.sniff import HEAD, media_type

#: Cameras whose clock was never set say some day long ago.
_NO_CLOCK_BEFORE = 2015
_LONGEST = 60


@dataclass(frozen=True)
class PhotoFacts:
    """``taken``: when, by the camera's own clock, without a zone; None where it does not say.

    ``camera``: maker and model; ``software``: what wrote the file. ``had_place``: whether the file said where
    it was taken, which is not kept.
    """

    taken: datetime | None = None
    camera: str = ""
    software: str = ""
    had_place: bool = False


def facts_of(data: bytes, name: str = "") -> PhotoFacts:
    """The facts in a file's own metadata; none for what is no picture or has damaged metadata."""
    try:
        kind = media_type(data[:HEAD], name)
        if kind not in FORMATS:
            return PhotoFacts()
        with quiet(), open_image(io.BytesIO(data), kind) as image:
            return _facts(image)
    except InputError:
        return PhotoFacts()
    except Exception:  # EXIF readers raise nearly anything, and the picture is good without it
        return PhotoFacts()


def _facts(image: Image.Image) -> PhotoFacts:
    exif = image.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    taken = _moment(inner.get(ExifTags.Base.DateTimeOriginal)) or _moment(exif.get(ExifTags.Base.DateTime))
    maker, model = _text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model))
    camera = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    return PhotoFacts(
        taken=taken,
        camera=camera.strip()[:_LONGEST],
        software=_text(exif.get(ExifTags.Base.Software)),
        had_place=bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
    )


def _moment(value: object) -> datetime | None:
    """``YYYY:MM:DD HH:MM:SS`` as a moment of the camera's clock."""
    try:
        # The camera's zone is not known, and only the day matters.
        found = datetime.strptime(_text(value)[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return found if found.year >= _NO_CLOCK_BEFORE else None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    text = "".join(symbol for symbol in str(value or "") if symbol.isprintable())
    return text.strip()[:_LONGEST]
