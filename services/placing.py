"""Put a complete file in its place: never half of it, never over another."""

from __future__ import annotations

import os
from pathlib import Path

from domain.errors import AlreadyExistsError, UsageError


def free_place(path: Path) -> Path:
    """The absolute path of a file that is to be written; ``AlreadyExistsError``, ``UsageError``."""
    path = path.absolute()
    if not str(path).isprintable():
        raise UsageError("name the file with visible characters only")
    if path.exists() or path.is_symlink():
        raise AlreadyExistsError(f"{path} exists; choose another name")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}; make it first")
    return path


def put_in_place(temporary: Path, path: Path) -> None:
    """Give the file its name without ever replacing another; raises ``FileExistsError``.

    Durable when it returns. The temporary name goes away last, so that it tells after a crash whether the
    file came into place.
    """
    try:
        # Unlike a rename, a link fails when the name is taken.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # File systems without links (FAT, some network shares).
        if path.exists():
            raise FileExistsError(str(path)) from None
        temporary.rename(path)
    let_go(temporary)


def let_go(temporary: Path) -> None:
    """Remove the temporary name of a file that is in place.

    The folder is synced first: a power cut must not keep the removal and forget the other name.
    """
    sync_folder(temporary.parent)
    temporary.unlink(missing_ok=True)
    sync_folder(temporary.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
