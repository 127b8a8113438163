"""The native decoders: their own limits set, their chatter kept off standard error, their failures named."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.limits import Limits
from ocr.load.memory import ceiling

# OpenCV reads this once, when it is loaded. Sizes are checked before every decode: this is the second net.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(Limits.pixels))

import cv2
from PIL import Image

Image.MAX_IMAGE_PIXELS = Limits.pixels

_DECODER_BYTES = 800 << 20

_lock = threading.Lock()
_depth = 0
_saved = -1


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what libjpeg, libpng, libtiff and OpenCV print themselves off file descriptor 2.

    They know no common switch for it. The redirection holds for the whole process; blocks of several threads
    may overlap, and the last one out restores it.
    """
    _mute()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _unmute()


@contextmanager
def listening() -> Iterator[list[str]]:
    """As ``quiet``, and afterwards the list holds the lines that were printed; for a rare, single caller.

    Some findings of qpdf are printed and told nowhere else.
    """
    lines: list[str] = []
    with quiet(), tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            yield lines
        finally:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            os.close(null)
            heard.seek(0)
            lines.extend(heard.read(1 << 20).decode("utf-8", "replace").splitlines())


@contextmanager
def decoding(what: str, extra: int = _DECODER_BYTES) -> Iterator[None]:
    """Run a native decoder quietly, within ``extra`` bytes; whatever it raises becomes an ``InputError``.

    Decoders raise nearly every built-in exception on hostile bytes, so all are caught here, and nothing but
    calls into decoders should stand inside the block.
    """
    try:
        with quiet(), ceiling(extra):
            yield
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise InputError(Reason.TOO_LARGE, f"{what} has too many pixels; scan at 300 dpi") from None
    except MemoryError:
        raise InputError(Reason.TOO_LARGE, f"{what} takes too much memory; scan at 300 dpi") from None
    except Exception as error:
        if isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem:
            raise InputError(Reason.TOO_LARGE, f"{what} takes too much memory; scan at 300 dpi") from None
        raise InputError(
            Reason.CORRUPT_FILE, f"{what} is cut off or damaged; scan or send it again"
        ) from None


def _mute() -> None:
    global _depth, _saved  # noqa: PLW0603 - a file descriptor is the process's
    with _lock:
        if _depth == 0:
            if sys.stderr is not None:
                sys.stderr.flush()
            try:
                _saved = os.dup(2)
            except OSError:  # no standard error at all: nothing to keep clean
                _saved = -1
            if _saved >= 0:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                os.close(null)
        _depth += 1


def _unmute() -> None:
    global _depth, _saved  # noqa: PLW0603
    with _lock:
        _depth -= 1
        if _depth == 0 and _saved >= 0:
            os.dup2(_saved, 2)
            os.close(_saved)
            _saved = -1
