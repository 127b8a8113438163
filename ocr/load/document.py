"""The public functions: open a file of any supported format and take its pages one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import cv2
import numpy as np

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.files import open_regular, too_many_bytes
from ocr.load.geometry import Pixels
from ocr.load.limits import Limits
from ocr.load.pdf import Pdf
from ocr.load.raster import Picture
from ocr.load.results import PageImage, Probe
from ocr.load.sniff import HEAD, media_type
from ocr.load.tiff import Tiff

DEFAULT_LIMITS = Limits()


class Document:
    """An opened file; belongs to the process and thread that opened it and cannot be pickled."""

    def __init__(self, source: Picture | Tiff | Pdf) -> None:
        self._source = source
        self.media_type: str = source.media_type
        self.pages: int = source.pages

    def page(self, number: int) -> PageImage:
        """Page ``number`` (1-based) in grey; raises ``InputError`` for this page alone."""
        self._check(number)
        match self._source:
            case Pdf() as pdf:
                grey, dpi, empty = pdf.page(number, colour=False)
                return PageImage(grey, dpi, empty, number)
            case Tiff() as tiff:
                grey, dpi = tiff.grey(number)
            case picture:
                grey, dpi = picture.grey()
        return PageImage(grey, dpi, False, number)

    def colour(self, number: int) -> Pixels:
        """Page ``number`` (1-based), H×W×3 BGR, in the pixel frame of ``page``; raises as it does."""
        self._check(number)
        match self._source:
            case Pdf() as pdf:
                return pdf.page(number, colour=True)[0]
            case Tiff() as tiff:
                return tiff.bgr(number)
            case picture:
                return picture.bgr()

    def reduced(self, number: int, least: int) -> tuple[Pixels, int]:
        """As ``colour``, made smaller by 1, 2, 4 or 8 so that the longer side keeps ``least`` pixels or more.

        Gives the factor too. Much faster than ``colour`` for a large JPEG.
        """
        self._check(number)
        if isinstance(self._source, Picture):
            return self._source.reduced(least)
        pixels = self.colour(number)
        factor = max((f for f in (1, 2, 4, 8) if max(pixels.shape) >= f * least), default=1)
        if factor == 1:
            return pixels, 1
        size = (-(-pixels.shape[1] // factor), -(-pixels.shape[0] // factor))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), factor

    def close(self) -> None:
        """Let go of files and memory."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, number: int) -> None:
        if not 1 <= number <= self.pages:
            raise InputError(Reason.CORRUPT_FILE, f"there is no page {number}, only {self.pages}")


def open_document(source: bytes | Path, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Document:
    """Open a file given as bytes or as a path (a large PDF or TIFF is better given as a path).

    ``name`` is only used in messages. Raises ``InputError`` with one of ``not_found``, ``empty_file``,
    ``corrupt_file``, ``password_protected``, ``too_large``, ``too_many_pages``, ``too_small``,
    ``unsupported_format``.
    """
    file = open_regular(source) if isinstance(source, Path) else io.BytesIO(source)
    try:
        return Document(_opened(file, name or (source.name if isinstance(source, Path) else ""), limits))
    except BaseException:
        file.close()
        raise


def _opened(file: BinaryIO, name: str, limits: Limits) -> Picture | Tiff | Pdf:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise InputError(Reason.EMPTY_FILE, "the file has no bytes; scan again")
    kind = media_type(head, name)
    many = kind in ("application/pdf", "image/tiff")
    most = limits.file_bytes if many else limits.picture_bytes
    if size > most:
        raise too_many_bytes(size, most)
    file.seek(0)
    if kind == "application/pdf":
        return Pdf(file, limits)
    if kind == "image/tiff":
        return Tiff(file, limits)
    with file:
        return Picture(file.read(), kind, limits)


def probe(source: bytes | Path, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Probe:
    """What the file is and how many pages it has, without decoding any; raises as ``open_document``."""
    with open_document(source, name, limits) as document:
        return Probe(document.media_type, document.pages)


def load_page(
    source: bytes | Path, name: str = "", page: int = 1, limits: Limits = DEFAULT_LIMITS
) -> PageImage:
    """One page (1-based) in grey; for several pages of one file open it once with ``open_document``.

    Raises ``InputError`` as ``open_document``, and ``timed_out``; ``corrupt_file`` if there is no such page.
    """
    with open_document(source, name, limits) as document:
        return document.page(page)


def load_colour(
    source: bytes | Path, name: str = "", page: int = 1, limits: Limits = DEFAULT_LIMITS
) -> Pixels:
    """One page (1-based) in colour: H×W×3, BGR, uint8, same orientation as ``load_page``; raises likewise."""
    with open_document(source, name, limits) as document:
        return document.colour(page)


def pages(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[PageImage | InputError]:
    """The pages of a file, in order and one at a time: each a ``PageImage`` or the error why there is none.

    A file that cannot be opened at all gives one ``InputError`` and nothing else.
    """
    try:
        document = open_document(path, path.name, limits)
    except InputError as error:
        yield error
        return
    with document:
        for number in range(1, document.pages + 1):
            try:
                yield document.page(number)
            except InputError as error:
                yield error
