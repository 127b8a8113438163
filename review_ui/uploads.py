"""Files that arrive in pieces: what was sent stays, so a broken line costs one piece and no file."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

#: Bytes of one piece.
MOST_PIECE = 4 << 20
#: A station may be without a network for long; then it begins the file anew.
KEPT_DAYS = 14
_TOKEN = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class WrongOffset(Exception):  # noqa: N818 - tells the sender where to go on
    """The piece does not begin where the file ends; ``offset`` says where it does."""

    offset: int


class Uploads:
    """Parts of files in a folder, one file an upload; an upload belongs to who began it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self.most_bytes = most_bytes

    def offset(self, user: str, token: str) -> int:
        """Bytes that are here."""
        try:
            return self._path(user, token).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, user: str, token: str, offset: int, piece: bytes) -> int:
        """Add a piece, synced; returns the bytes that are here. Raises ``WrongOffset``."""
        path = self._path(user, token)
        self.folder.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as part:
            here = part.tell()
            if here != offset or here + len(piece) > self.most_bytes:
                raise WrongOffset(here)
            part.write(piece)
            part.flush()
            os.fsync(part.fileno())
        return here + len(piece)

    def whole(self, user: str, token: str, size: int, sha256: str = "") -> Path:
        """The finished file; raises ``WrongOffset`` when bytes are missing, or wrong: then from the start."""
        path = self._path(user, token)
        here = self.offset(user, token)
        if here < size:
            raise WrongOffset(here)
        if size == 0:
            # No piece ever came of an empty file.
            self.folder.mkdir(parents=True, exist_ok=True)
            path.touch()
        if here > size or (sha256 and _hash(path) != sha256):
            path.unlink(missing_ok=True)
            raise WrongOffset(0)
        return path

    def forget(self, user: str, token: str) -> None:
        """Remove the part: its file is recorded."""
        self._path(user, token).unlink(missing_ok=True)

    def sweep(self, now: float) -> int:
        """Remove parts that nobody has added to for ``KEPT_DAYS``; returns how many. ``now``: since 1970."""
        removed = 0
        for part in sorted(self.folder.glob("*.part")) if self.folder.is_dir() else ():
            if part.stat().st_mtime < now - KEPT_DAYS * 86400:
                part.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, user: str, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"{token[:80]!r} names no upload")
        owner = hashlib.sha256(user.encode()).hexdigest()[:12]
        return self.folder / f"{owner}-{token}.part"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
