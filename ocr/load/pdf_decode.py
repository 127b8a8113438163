"""Pixels of a scan taken out of a PDF, by the decoder of its compression."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.geometry import Pixels, finish, reduction, swaps_axes, turn
from ocr.load.limits import Limits
from ocr.load.native import decoding
from ocr.load.pdf_scan import Scan
from ocr.load.raster import check_pixels, check_scans, check_size, decode_jpeg, open_image

_CUT_OFF = "the page's picture is cut off or damaged; scan it again"


def decode_scan(scan: Scan, limits: Limits, *, colour: bool) -> tuple[Pixels, float | None]:
    """The scan upright: H×W grey or H×W×3 BGR, and its dpi; sizes are checked before decoding."""
    if min(scan.width, scan.height) < limits.min_side:
        raise InputError(Reason.TOO_SMALL, f"{scan.width}×{scan.height} pixels; scan at 200 dpi or more")
    check_pixels(scan.width, scan.height, 3, limits)
    factor = reduction(scan.dpi, limits)
    with decoding("the page's picture"):
        pixels, done = _as_stored(scan, limits, factor, colour=colour)
    pixels = turn(pixels, scan.orientation)
    if scan.dpi is None:
        return pixels, None
    x, y = scan.dpi[::-1] if swaps_axes(scan.orientation) else scan.dpi
    return finish(pixels, (x / done, y / done), max(1, factor // done), limits.pixels)


def _as_stored(scan: Scan, limits: Limits, factor: int, *, colour: bool) -> tuple[Pixels, int]:
    """The pixels before turning, and the part of the reduction by ``factor`` that is done."""
    data: bytes = scan.stream.read_raw_bytes()
    done = 1
    if scan.kind == "dct":
        pixels, done = _jpeg(data, scan, limits, factor, colour=colour)
    elif scan.kind == "ccitt":
        pixels = _through_pillow(_tiff_of_fax(data, scan), "image/tiff", limits, colour=colour)
    elif scan.kind == "jpx":
        pixels = _through_pillow(data, "image/jp2", limits, colour=colour)
    elif int(scan.parameters.get("/Predictor", 1)) >= 10:
        pixels = _through_pillow(_png_of_flate(data, scan), "image/png", limits, colour=colour)
    else:
        pixels = _plain(data, scan, limits, colour=colour)
    if scan.inverted:
        pixels = np.asarray(cv2.bitwise_not(pixels), dtype=np.uint8)
    return pixels, done


def _jpeg(data: bytes, scan: Scan, limits: Limits, factor: int, *, colour: bool) -> tuple[Pixels, int]:
    with open_image(io.BytesIO(data), "image/jpeg") as image:
        check_size(image, "image/jpeg", limits, colour=colour)
        check_scans(image, data)
        if len(image.getbands()) != scan.components:
            raise InputError(
                Reason.CORRUPT_FILE, "the page's picture contradicts its description; scan it again"
            )
    return decode_jpeg(data, factor, colour=colour)


def _through_pillow(data: bytes, media_type: str, limits: Limits, *, colour: bool) -> Pixels:
    with open_image(io.BytesIO(data), media_type) as image:
        check_size(image, media_type, limits, colour=colour)
        if not colour:
            return np.asarray(image if image.mode == "L" else image.convert("L"), dtype=np.uint8)
        rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
        return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), dtype=np.uint8)


def _tiff_of_fax(data: bytes, scan: Scan) -> bytes:
    """CCITT data with a TIFF header before it (TIFF 6.0, sections 10 and 11; ISO 32000-1, 7.4.6)."""
    raw = data
    k = int(scan.parameters.get("/K", 0))
    white_is_zero = not scan.parameters.get("/BlackIs1", False)
    tags = [
        (256, 4, scan.width),
        (257, 4, scan.height),
        (258, 3, 1),
        (259, 3, 4 if k < 0 else 3),
        (262, 3, 0 if white_is_zero else 1),
        (273, 4, 0),
        (277, 3, 1),
        (278, 4, scan.height),
        (279, 4, len(raw)),
        (292 if k >= 0 else 293, 4, 1 if k > 0 else 0),
    ]
    size = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(
        struct.pack("<HHII", tag, kind, 1, size if tag == 273 else value) for tag, kind, value in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0" + raw


def _png_of_flate(data: bytes, scan: Scan) -> bytes:
    """Deflated rows with PNG predictors are what a PNG's IDAT holds: only the chunks around are missing."""
    raw = data
    colour_type = 3 if scan.palette is not None else {1: 0, 3: 2}[scan.components]
    header = struct.pack(">IIBBBBB", scan.width, scan.height, scan.bits, colour_type, 0, 0, 0)
    palette = _chunk(b"PLTE", scan.palette) if scan.palette is not None else b""
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + palette + _chunk(b"IDAT", raw) + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def _plain(data: bytes, scan: Scan, limits: Limits, *, colour: bool) -> Pixels:
    """Deflated samples without a predictor, never inflated beyond the size that the dictionary states."""
    check_pixels(scan.width, scan.height, 3.0 * scan.components + (4.0 if colour else 2.0), limits)
    row = (scan.width * scan.bits * scan.components + 7) // 8
    wanted = row * scan.height
    flat = zlib.decompressobj().decompress(data, wanted)
    if len(flat) < wanted:
        raise InputError(Reason.CORRUPT_FILE, _CUT_OFF)
    samples: Pixels = np.frombuffer(flat, np.uint8).reshape(scan.height, row)
    if scan.bits == 1:
        samples = np.unpackbits(samples, axis=1, count=scan.width)
        if scan.palette is None:
            samples = samples * np.uint8(255)
    if scan.palette is not None:
        samples = _look_up(samples, scan.palette)
    elif scan.components == 3:
        samples = samples.reshape(scan.height, scan.width, 3)
    if samples.ndim == 3:
        return np.asarray(
            cv2.cvtColor(samples, cv2.COLOR_RGB2BGR if colour else cv2.COLOR_RGB2GRAY), dtype=np.uint8
        )
    return np.asarray(cv2.cvtColor(samples, cv2.COLOR_GRAY2BGR) if colour else samples, dtype=np.uint8)


def _look_up(indices: Pixels, palette: bytes) -> Pixels:
    table = np.zeros((256, 3), np.uint8)
    colours = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    table[: len(colours)] = colours
    return np.asarray(table[indices], dtype=np.uint8)
