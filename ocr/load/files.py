"""Files and folders given by a user: opened without ever blocking, folders expanded in a fixed order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.errors import InputError
from domain.reasons import Reason


@dataclass(frozen=True)
class Missing:
    """A path that was asked for and cannot be read; ``error`` says why."""

    path: Path
    error: InputError


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises ``InputError``: ``not_found`` (no such file, no permission, a loop of links), ``empty_file``,
    ``unsupported_format`` (a folder, pipe, socket or device). A pipe without a writer does not block.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        raise InputError(Reason.NOT_FOUND, "no permission to read this file") from None
    except (OSError, ValueError) as error:
        raise InputError(Reason.NOT_FOUND, _why_not(error)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(Reason.UNSUPPORTED_FORMAT, f"{_kind(status.st_mode)}, not a file")
        if status.st_size == 0:
            raise InputError(Reason.EMPTY_FILE, "the file has no bytes; scan again")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file; raises as ``open_regular``, and ``too_large`` beyond ``max_bytes``."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise too_many_bytes(size, max_bytes)
        try:
            data = file.read(max_bytes + 1)
        except OSError as error:
            raise InputError(Reason.CORRUPT_FILE, _why_not(error)) from None
    if len(data) > max_bytes:
        raise too_many_bytes(len(data), max_bytes)
    return data


def too_many_bytes(size: int, max_bytes: int) -> InputError:
    """The error for a file of ``size`` bytes where ``max_bytes`` are allowed."""
    return InputError(
        Reason.TOO_LARGE,
        f"{size / 1e6:.0f} MB, at most {max_bytes / 1e6:.0f} MB are read; split the file",
    )


def expand(paths: Iterable[Path | str]) -> Iterator[Path | Missing]:
    """Files named directly, and the files in folders: recursive, sorted, hidden and non-files left out.

    A path given by name always comes back, whatever it is, so that it gets its answer; what cannot be looked
    at comes as ``Missing``. Links to folders are not followed inside a folder, so that loops end.
    """
    for given in paths:
        path = Path(given)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            reason = "no permission to look at it" if isinstance(error, PermissionError) else _why_not(error)
            yield Missing(path, InputError(Reason.NOT_FOUND, reason))
            continue
        if stat.S_ISDIR(mode):
            yield from _inside(path)
        else:
            yield path


def _inside(folder: Path) -> Iterator[Path | Missing]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield Missing(folder, InputError(Reason.NOT_FOUND, "no permission to look into this folder"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(folder / entry.name)
        elif entry.is_symlink() and _broken(entry):
            yield Missing(folder / entry.name, InputError(Reason.NOT_FOUND, "a link that leads nowhere"))
        elif entry.is_file():
            yield folder / entry.name


def _broken(entry: os.DirEntry[str]) -> bool:
    try:
        entry.stat()
    except OSError:
        return True
    return False


def _why_not(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = error.strerror if isinstance(error, OSError) else None
    return (text or "not a usable path").lower()


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return word
    return "a device"
