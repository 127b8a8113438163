"""What a PDF page may ask of a parser and of the drawing program, checked before either is given it."""

from __future__ import annotations

import zlib
from typing import Any, BinaryIO

import pikepdf

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.limits import Limits

LONGEST_LOOKED_AT = 1 << 20
_LONGEST_DRAWN = 64 << 20
_MOST_OBJECTS = 500_000
_BLOCK = 8 << 20


def check_objects(file: BinaryIO) -> None:
    """Refuse a PDF of millions of tiny objects, over which the parser would spend minutes."""
    marks = 0
    while block := file.read(_BLOCK):
        marks += block.count(b"obj")  # at the beginning and at the end of each
    file.seek(0)
    if marks > 2 * _MOST_OBJECTS:
        raise InputError(Reason.TOO_LARGE, f"a PDF of over {_MOST_OBJECTS} objects; scan or print it anew")


def content_length(contents: Any) -> int:
    """Bytes of a page's instructions when inflated; raises ``too_large`` where nobody should draw them."""
    streams = [contents] if isinstance(contents, pikepdf.Stream) else list(contents or ())
    total = 0
    for stream in streams:
        if isinstance(stream, pikepdf.Stream):
            total += _inflated(stream)
            if total > _LONGEST_DRAWN:
                raise InputError(Reason.TOO_LARGE, "a page of endless instructions; scan or print it anew")
    return total


def check_pictures(resources: Any, limits: Limits) -> None:
    """Refuse a page to be drawn that uses a picture beyond the pixels allowed."""
    pictures: Any = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    for picture in pictures.values() if isinstance(pictures, pikepdf.Dictionary) else ():
        if not isinstance(picture, pikepdf.Stream):
            continue
        width, height = picture.get("/Width", 0), picture.get("/Height", 0)
        if isinstance(width, int) and isinstance(height, int) and width * height > limits.pixels:
            raise InputError(Reason.TOO_LARGE, f"a picture of {width}×{height} pixels; scan at 300 dpi")


def _inflated(stream: Any) -> int:
    """Length of a stream's data; a deflated one is inflated in blocks that are thrown away."""
    kind: Any = stream.get("/Filter")
    if isinstance(kind, pikepdf.Array) and len(kind) == 1:
        kind = kind[0]
    data: bytes = stream.read_raw_bytes()
    if str(kind) not in ("/FlateDecode", "/Fl"):
        return len(data) if kind is None else len(stream.read_bytes())
    inflater, total = zlib.decompressobj(), 0
    try:
        while data and total <= _LONGEST_DRAWN:
            total += len(inflater.decompress(data, _BLOCK))
            data = inflater.unconsumed_tail
    except zlib.error:
        return total
    return total
