"""A folder for as long as a process lives; what killed processes left behind goes at the next start."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "meterdrop-scratch-"
_LOCK = "held"


class Scratch:
    """A private folder below ``parent`` (default: the system's temporary folder), removed by ``close``.

    A lock in it says that its process lives: the kernel lets go of it however the process ends.
    """

    def __init__(self, parent: Path | None = None) -> None:
        below = Path(tempfile.gettempdir()) if parent is None else parent
        _sweep(below)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=below))
        self._lock: IO[bytes] = (self.path / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _sweep(below: Path) -> None:
    for folder in below.glob(f"{PREFIX}*"):
        try:
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            # Held by a living process, being made this very moment, or somebody else's.
            continue
