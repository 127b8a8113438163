"""One picture (JPEG, PNG, HEIC, one TIFF page …) decoded with Pillow; JPEG with OpenCV, twice as fast.

Every size is checked from the header before a pixel is decoded.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.geometry import Pixels, finish, plausible_dpi, reduction, swaps_axes, turn
from ocr.load.limits import Limits
from ocr.load.native import decoding, quiet

FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/tiff": ("TIFF",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/bmp": ("BMP",),
    "image/jp2": ("JPEG2000",),
    "image/avif": ("AVIF",),
    "image/heic": ("HEIF",),
}
# Bytes a pixel at the peak of decoding to grey, measured: the decoder's planes, Pillow's image, the copies.
_PEAK = {
    "1": 4.5,
    "L": 3.0,
    "P": 4.0,
    "I;16": 8.0,
    "I;16B": 8.0,
    "RGB": 7.5,
    "CMYK": 9.5,
    "I": 24.0,
    "F": 24.0,
}
_PEAK_OTHER = 10.0
_PEAK_AT_LEAST = {"image/webp": 16.0, "image/bmp": 10.0, "image/heic": 8.0, "image/avif": 8.0}
_PEAK_COLOUR = 8.0
_PEAK_JPEG, _PEAK_JPEG_COLOUR = 2.0, 6.0
_PEAK_JP2_BAND = 7.0
# Ordinary progressive JPEGs have about ten; each costs a pass over the whole picture.
_MOST_SCANS = 200
_START_OF_SCAN = b"\xff\xda"
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class Picture:
    """A file with one picture; of an animation the first frame."""

    def __init__(self, data: bytes, media_type: str, limits: Limits) -> None:
        self.media_type = media_type
        self.pages = 1
        self._data = data
        self._limits = limits
        with open_image(io.BytesIO(data), media_type) as image:
            check_size(image, media_type, limits)

    def grey(self) -> tuple[Pixels, float | None]:
        """H×W grey, upright, and its dpi."""
        return self._decode(colour=False)

    def bgr(self) -> Pixels:
        """H×W×3 BGR, upright."""
        return self._decode(colour=True)[0]

    def reduced(self, least: int) -> tuple[Pixels, int]:
        """H×W×3 BGR, upright, and the factor (1, 2, 4 or 8) by which it is smaller than the original.

        The largest factor that leaves ``least`` pixels on the longer side. JPEG leaves out most of its
        decoding then; the resolution that the file states plays no part.
        """
        with open_image(io.BytesIO(self._data), self.media_type) as image:
            factor = max((f for f in _REDUCED if max(image.size) >= f * least), default=1)
            check_size(image, self.media_type, self._limits, colour=True)
            if self.media_type == "image/jpeg" and image.mode != "CMYK":
                check_scans(image, self._data)
                return turn(_jpeg_reduced(self._data, factor), orientation_of(image)), factor
            with decoding("the picture"):
                image.load()
                pixels = turn(_bgr(image), orientation_of(image))
        size = (-(-pixels.shape[1] // factor), -(-pixels.shape[0] // factor))
        if factor > 1:
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return pixels, factor

    def close(self) -> None:
        """Let go of the bytes."""
        self._data = b""

    def _decode(self, *, colour: bool) -> tuple[Pixels, float | None]:
        with open_image(io.BytesIO(self._data), self.media_type) as image:
            check_size(image, self.media_type, self._limits, colour=colour)
            if self.media_type == "image/jpeg" and image.mode != "CMYK":
                check_scans(image, self._data)
                dpi, orientation = resolution(image), orientation_of(image)
                factor = reduction(dpi, self._limits)
                pixels, done = decode_jpeg(self._data, factor, colour=colour)
                return _upright(pixels, orientation, dpi, done, self._limits)
            return decode(image, self._limits, colour=colour)


def open_image(file: io.BytesIO, media_type: str) -> Image.Image:
    """Read a picture's header; raises ``corrupt_file`` or ``too_large``."""
    if media_type == "image/heic":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    with decoding("the picture"):
        return Image.open(file, formats=FORMATS[media_type])


def check_size(image: Image.Image, media_type: str, limits: Limits, *, colour: bool = False) -> None:
    """Refuse by the header alone what is too small to hold writing or too large to decode."""
    width, height = image.size
    if min(width, height) < limits.min_side:
        raise InputError(Reason.TOO_SMALL, f"{width}×{height} pixels; scan at 200 dpi or more")
    check_pixels(width, height, _peak(image, media_type, colour=colour), limits)


def _peak(image: Image.Image, media_type: str, *, colour: bool) -> float:
    """Bytes a pixel that decoding this picture takes at its worst moment."""
    bands = len(image.getbands())
    if media_type == "image/jpeg" and image.mode != "CMYK":
        # The decoder keeps all coefficients of a progressive picture, two bytes each.
        coefficients = 2.0 * bands if image.info.get("progressive") else 0.0
        return coefficients + (_PEAK_JPEG_COLOUR if colour else _PEAK_JPEG)
    peak = max(_PEAK.get(image.mode, _PEAK_OTHER), _PEAK_AT_LEAST.get(media_type, 0.0))
    if media_type == "image/jp2":
        peak = max(peak, _PEAK_JP2_BAND * bands)
    if "transparency" in image.info:
        peak = max(peak, _PEAK_OTHER)
    return peak + (_PEAK_COLOUR if colour else 0.0)


def check_scans(image: Image.Image, data: bytes) -> None:
    """Refuse a progressive JPEG with absurdly many scans (libjpeg security note, 2018)."""
    if image.info.get("progressive") and data.count(_START_OF_SCAN) > _MOST_SCANS:
        raise InputError(Reason.CORRUPT_FILE, f"a JPEG of more than {_MOST_SCANS} scans; save it again")


def check_pixels(width: int, height: int, peak: float, limits: Limits) -> None:
    """``too_large`` if a picture has too many pixels or needs too much memory at ``peak`` bytes a pixel."""
    allowed = min(limits.pixels, limits.working_bytes / peak)
    if width * height > allowed:
        raise InputError(
            Reason.TOO_LARGE,
            f"{width}×{height} pixels, at most {allowed / 1e6:.0f} million are read; scan at 300 dpi",
        )


def decode_jpeg(data: bytes, factor: int, *, colour: bool) -> tuple[Pixels, int]:
    """Decode a JPEG whose size was checked, as it is stored (EXIF not applied).

    ``factor`` asks for a reduction; gives the pixels and the part of it that was already done while decoding.
    """
    done = 2 if factor == 2 else 1  # other factors of libjpeg do not divide what is asked for
    flags = {
        (False, 1): cv2.IMREAD_GRAYSCALE,
        (False, 2): cv2.IMREAD_REDUCED_GRAYSCALE_2,
        (True, 1): cv2.IMREAD_COLOR,
        (True, 2): cv2.IMREAD_REDUCED_COLOR_2,
    }[(colour, done)]
    with decoding("the picture"):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise InputError(Reason.CORRUPT_FILE, "the JPEG is cut off or damaged; scan or send it again")
    return np.asarray(pixels, dtype=np.uint8), done


def _jpeg_reduced(data: bytes, factor: int) -> Pixels:
    with decoding("the picture"):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[factor] | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise InputError(Reason.CORRUPT_FILE, "the JPEG is cut off or damaged; scan or send it again")
    return np.asarray(pixels, dtype=np.uint8)


def decode(image: Image.Image, limits: Limits, *, colour: bool) -> tuple[Pixels, float | None]:
    """Decode an opened picture whose size was checked: upright, on white, reduced to ``limits.max_dpi``."""
    dpi = resolution(image)
    before = image.size
    with decoding("the picture"):
        image.load()
        orientation = orientation_of(image)
        turned_already = image.size != before
        pixels = _bgr(image) if colour else _grey(image)
    if turned_already and dpi is not None:  # Pillow applies a TIFF's orientation itself
        dpi = dpi[::-1]
    return _upright(pixels, orientation, dpi, 1, limits)


def _upright(
    pixels: Pixels, orientation: int, dpi: tuple[float, float] | None, done: int, limits: Limits
) -> tuple[Pixels, float | None]:
    pixels = turn(pixels, orientation)
    if dpi is None:
        return pixels, None
    x, y = dpi[::-1] if swaps_axes(orientation) else dpi
    left = max(1, reduction(dpi, limits) // done)
    return finish(pixels, (x / done, y / done), left, limits.pixels)


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Plausible (x, y) dpi from the picture's own metadata."""
    try:
        x, y = image.info["dpi"]
        return plausible_dpi(float(x), float(y))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1-8; damaged EXIF counts as none."""
    try:
        with quiet():
            value = image.getexif().get(ExifTags.Base.Orientation, 1)
        return int(value)
    except Exception:  # EXIF readers raise nearly anything, and the picture is good without it
        return 1


def _grey(image: Image.Image) -> Pixels:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _from_deep(image)
    if image.mode == "LAB":
        return np.asarray(image.getchannel(0), dtype=np.uint8)
    if not image.has_transparency_data:
        return np.asarray(image if image.mode == "L" else image.convert("L"), dtype=np.uint8)
    with_alpha = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    alpha = np.asarray(with_alpha.getchannel("A"), dtype=np.uint8)
    return _on_white(np.asarray(with_alpha.convert("L"), dtype=np.uint8), alpha)


def _bgr(image: Image.Image) -> Pixels:
    if image.mode.startswith("I;16") or image.mode in ("I", "F", "LAB"):
        return np.asarray(cv2.cvtColor(_grey(image), cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if not image.has_transparency_data:
        rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
        return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), dtype=np.uint8)
    rgba = np.asarray(image.convert("RGBA"), dtype=np.uint8)
    alpha = rgba[..., 3]
    return np.stack([_on_white(np.ascontiguousarray(rgba[..., band]), alpha) for band in (2, 1, 0)], axis=-1)


def _on_white(ink: Pixels, alpha: Pixels) -> Pixels:
    # A fourth band that is zero everywhere is not meant as "nothing to see": some writers leave it so.
    if int(alpha.min()) == 255 or int(alpha.max()) == 0:
        return ink
    dark = cv2.multiply(cv2.bitwise_not(ink), alpha, scale=1 / 255)
    return np.asarray(cv2.bitwise_not(dark), dtype=np.uint8)


def _from_deep(image: Image.Image) -> Pixels:
    """More than 8 bits a sample: 16 bits are cut to 8, other ranges are stretched between their extremes."""
    values: NDArray[np.generic] = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        bits = int(tags[258][0]) if 258 in tags else 16
        pixels = (values.astype(np.uint16) >> (max(bits, 8) - 8)).astype(np.uint8)
        # Pillow leaves 16-bit "white is zero" as it is.
        return np.asarray(cv2.bitwise_not(pixels), dtype=np.uint8) if tags.get(262) == 0 else pixels
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(Reason.CORRUPT_FILE, "the picture's samples are not numbers")
    scale = 255.0 / (high - low) if high > low else 0.0
    stretched = (values.astype(np.float32) - low) * scale
    return stretched.astype(np.uint8)
