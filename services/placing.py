"""Put a complete file in its place: never half of it, never over another."""

from __future__ import annotations

import os
from pathlib import Path


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
    temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
