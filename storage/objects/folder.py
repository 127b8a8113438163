"""Objects as read-only files in a folder, two levels of sub-folders deep: ``ab/cd/abcd…``."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from domain.errors import ObjectCorruptError, ObjectNotFoundError, StorageError
from storage.objects.store import (
    PIECE_BYTES,
    changed_meanwhile,
    checked_bytes,
    checked_key,
    is_key,
    key_of,
    pieces_of,
    proven_size,
)

#: Every unfinished file starts with this, so that a sweep finds what a crash left behind.
TEMPORARY_PREFIX = ".incoming-"


class FolderStore:
    """One file an object. 65,536 sub-folders keep listings short with millions of objects.

    The bytes are written to a temporary file beside their final place, synced, renamed to it, and the folder
    synced: a reader sees the whole object or none, and a power cut loses nothing that ``put`` has returned.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._synced: set[Path] = set()
        try:
            missing = [folder for folder in (*reversed(root.parents), root) if not folder.is_dir()]
            for folder in missing:
                self._make_folder(folder)
        except OSError as error:
            raise _explained(error, root) from error

    def path_of(self, key: str) -> Path:
        """Where the object under ``key`` is or would be."""
        checked_key(key)
        return self.root / key[:2] / key[2:4] / key

    def put(self, data: bytes) -> str:
        """See ``ObjectStore.put``."""
        key = key_of(data)
        path = self.path_of(key)
        try:
            if _holds(path, data) and _touched(path):
                # Another process may have renamed it a moment ago and not yet synced the folder.
                _sync_folder(path.parent)
                return key
            self._make_folder(path.parent.parent)
            self._make_folder(path.parent)
            _write_whole(path, (data,), key)
        except OSError as error:
            raise _explained(error, self.root) from error
        return key

    def put_file(self, file: BinaryIO) -> str:
        """See ``ObjectStore.put_file``; the file is read once for its key and once to be copied."""
        found = hashlib.sha256()
        for piece in pieces_of(file):
            found.update(piece)
        key = found.hexdigest()
        path = self.path_of(key)
        try:
            if path.is_file() and self._sound(key) and _touched(path):
                _sync_folder(path.parent)
                return key
            self._make_folder(path.parent.parent)
            self._make_folder(path.parent)
            _write_whole(path, pieces_of(file), key)
        except ObjectCorruptError:
            raise changed_meanwhile() from None
        except OSError as error:
            raise _explained(error, self.root) from error
        return key

    def _sound(self, key: str) -> bool:
        try:
            self.prove(key)
        except (ObjectNotFoundError, ObjectCorruptError):
            return False
        return True

    def get(self, key: str) -> bytes:
        """See ``ObjectStore.get``."""
        path = self.path_of(key)
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectNotFoundError(f"no object {key} in {self.root}; restore it from a backup") from None
        except OSError as error:
            raise _explained(error, self.root) from error
        return checked_bytes(key, data, str(path))

    def fetch(self, key: str, folder: Path) -> Path:
        """See ``ObjectStore.fetch``."""
        self.prove(key)
        return self.path_of(key)

    def prove(self, key: str) -> int:
        """See ``ObjectStore.prove``."""
        path = self.path_of(key)
        try:
            with path.open("rb") as stream:
                return proven_size(key, iter(lambda: stream.read(PIECE_BYTES), b""), str(path))
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectNotFoundError(f"no object {key} in {self.root}; restore it from a backup") from None
        except OSError as error:
            raise _explained(error, self.root) from error

    def exists(self, key: str) -> bool:
        """See ``ObjectStore.exists``; what is not a key does not exist."""
        return is_key(key) and self.path_of(key).is_file()

    def keys(self) -> Iterator[str]:
        """See ``ObjectStore.keys``."""
        for folder in self._leaves():
            names = _listing(folder)
            yield from (
                name for name in names if is_key(name) and name.startswith(folder.parent.name + folder.name)
            )

    def delete(self, key: str) -> None:
        """See ``ObjectStore.delete``."""
        path = self.path_of(key)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)
        except OSError as error:
            raise _explained(error, self.root) from error

    def untouched_since(self, moment: datetime) -> Iterator[str]:
        """See ``ObjectStore.untouched_since``; exact."""
        limit = moment.timestamp()
        for key in self.keys():
            with contextlib.suppress(FileNotFoundError):
                if self.path_of(key).stat().st_mtime < limit:
                    yield key

    def sweep(self, before: datetime) -> int:
        """See ``ObjectStore.sweep``; by the file system's clock."""
        limit = before.timestamp()
        removed = 0
        for folder in self._leaves():
            for name in _listing(folder):
                path = folder / name
                try:
                    if name.startswith(TEMPORARY_PREFIX) and path.stat().st_mtime < limit:
                        path.unlink()
                        removed += 1
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise _explained(error, self.root) from error
        return removed

    def _leaves(self) -> Iterator[Path]:
        """The second-level folders, ascending."""
        for first in _listing(self.root):
            if len(first) == 2:
                for second in _listing(self.root / first):
                    if len(second) == 2:
                        yield self.root / first / second

    def _make_folder(self, folder: Path) -> None:
        """Make ``folder`` and sync its entry; where another process has just made it, sync all the same."""
        folder.mkdir(exist_ok=True)
        if folder not in self._synced:
            _sync_folder(folder.parent)
            self._synced.add(folder)


def _listing(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, a million Path objects are not
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _explained(error, folder) from error


def _holds(path: Path, data: bytes) -> bool:
    """Whether exactly these bytes are at ``path`` already; a damaged file is written anew."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except (FileNotFoundError, NotADirectoryError):
        return False


def _touched(path: Path) -> bool:
    """Note that the file is wanted again; False where that cannot be noted, so that it is written anew."""
    try:
        os.utime(path)
    except (FileNotFoundError, PermissionError):
        return False
    return True


def _write_whole(path: Path, pieces: Iterable[bytes], key: str) -> None:
    """Put bytes that have this key at ``path``, whole and synced, or leave nothing behind.

    Raises ``ObjectCorruptError`` for bytes with another key.
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            proven_size(key, _written(stream, pieces), str(path))
            stream.flush()
            os.fchmod(stream.fileno(), 0o440)
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _written(stream: BinaryIO, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, each written when it is asked for."""
    for piece in pieces:
        stream.write(piece)
        yield piece


def _sync_folder(folder: Path) -> None:
    """Make the entries of ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_FULL = "free some space and run the same command again, nothing is lost"
_NOT_OURS = "this user may not use it; give it to the user that runs meterdrop"
_REMEDIES = {
    errno.ENOSPC: f"the disk is full; {_FULL}",
    errno.EFBIG: f"the file would be larger than this user may write; raise the limit (ulimit -f); {_FULL}",
    errno.EDQUOT: f"the disk quota is used up; {_FULL}",
    errno.EROFS: "the disk is mounted read-only; mount it for writing",
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EIO: "the disk reports an error; check it before going on",
    errno.ENOTDIR: "a part of the path is a file; choose another METERDROP_HOME",
    errno.EEXIST: "a file of that name is in the way; choose another METERDROP_HOME",
}


def _explained(error: OSError, root: Path) -> StorageError:
    """The same error with what to do about it."""
    remedy = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"objects folder {root}: {remedy}")
