"""The public functions: open a file of any supported format and take its pages one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from ocr.load.limits import Limits
from ocr.load.results import PageImage, Probe

DEFAULT_LIMITS = Limits()


class Document(Protocol):
    """An opened file; belongs to the process and thread that opened it, cannot be pickled."""

    media_type: str
    pages: int

    def page(self, number: int) -> PageImage:
        """Page ``number`` (1-based) in grey; raises ``InputError`` for this page alone."""
        ...

    def colour(self, number: int) -> NDArray[np.uint8]:
        """Page ``number`` (1-based), H×W×3 BGR uint8, turned as ``page`` turns it; raises ``InputError``."""
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_document(source: bytes | Path, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Document:
    """Open a file given as bytes or as a path (a large PDF or TIFF is better given as a path).

    ``name`` is only used in messages. Raises ``InputError`` with one of ``not_found``, ``empty_file``,
    ``corrupt_file``, ``password_protected``, ``too_large``, ``too_many_pages``, ``too_small``,
    ``unsupported_format``.
    """
    raise NotImplementedError


def probe(source: bytes | Path, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Probe:
    """What the file is and how many pages it has, without decoding any; raises as ``open_document``."""
    with open_document(source, name, limits) as document:
        return Probe(document.media_type, document.pages)


def load_page(
    source: bytes | Path, name: str = "", page: int = 1, limits: Limits = DEFAULT_LIMITS
) -> PageImage:
    """One page (1-based) in grey; for several pages of one file open it once with ``open_document``.

    Raises ``InputError`` as ``open_document`` and ``timed_out``; ``corrupt_file`` for a page that does not exist.
    """
    with open_document(source, name, limits) as document:
        return document.page(page)


def load_colour(
    source: bytes | Path, name: str = "", page: int = 1, limits: Limits = DEFAULT_LIMITS
) -> NDArray[np.uint8]:
    """One page (1-based) in colour: H×W×3, BGR, uint8, same orientation as ``load_page``; raises likewise."""
    with open_document(source, name, limits) as document:
        return document.colour(page)


def pages(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[PageImage | InputError]:
    """The pages of a file, one at a time and in order: a ``PageImage`` or, for a page that cannot be read, its error.

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
