"""What every object store can do: bytes in under their SHA-256, the same bytes out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from domain.errors import ObjectCorruptError, ObjectNotFoundError, StorageError

_KEY = re.compile(r"[0-9a-f]{64}")
#: Read at a time where a whole object is not wanted in memory.
PIECE_BYTES = 1 << 20


class ObjectStore(Protocol):
    """Content-addressed and durable; safe for many threads and processes at once.

    A key is the lower-case hexadecimal SHA-256 of the bytes, so the same bytes have one key and an object
    never changes. Every method raises ``StorageError`` when the store cannot be reached or is full.
    """

    def put(self, data: bytes) -> str:
        """Keep ``data`` and return its key; when it returns the bytes survive a power cut. Idempotent."""
        ...

    def put_file(self, file: BinaryIO) -> str:
        """As ``put``, the whole of an open file from its beginning, of which only pieces are in memory.

        Raises ``StorageError`` when the file changes meanwhile; nothing is kept then.
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes under ``key``; raises ``ObjectNotFoundError``, ``ObjectCorruptError`` if they changed."""
        ...

    def fetch(self, key: str, folder: Path) -> Path:
        """The object as a file that was proven: the store's own, or a copy made in ``folder``.

        Raises as ``get`` does; memory does not grow with the object.
        """
        ...

    def prove(self, key: str) -> int:
        """The size of the object under ``key`` in bytes, all of which were read and have its SHA-256.

        Raises as ``get`` does; takes a piece at a time, so that memory does not grow with the object.
        """
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object under ``key``; does not read it."""
        ...

    def keys(self) -> Iterator[str]:
        """All keys, ascending; one that is put or deleted meanwhile may or may not be among them."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object under ``key``; nothing happens if there is none."""
        ...

    def untouched_since(self, moment: datetime) -> Iterator[str]:
        """Keys of the objects that no ``put`` has returned since then, give or take half a day."""
        ...

    def sweep(self, before: datetime) -> int:
        """Remove what writers that crashed before then left behind; returns how many files."""
        ...


def key_of(data: bytes) -> str:
    """The key of ``data``: its SHA-256 in 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """The whole of an open file from its beginning, a piece at a time."""
    file.seek(0)
    return iter(lambda: file.read(PIECE_BYTES), b"")


def changed_meanwhile() -> StorageError:
    """The error for a file that was written to while it was taken in."""
    return StorageError("the file was changed while it was read; wait until it is whole and hand it in again")


def is_key(text: str) -> bool:
    """Whether ``text`` has the form of a key."""
    return _KEY.fullmatch(text) is not None


def checked_key(key: str) -> str:
    """``key`` itself; raises ``ObjectNotFoundError`` for what cannot be one (it may come from a URL)."""
    if not is_key(key):
        raise ObjectNotFoundError(f"{key[:80]!r} is not the key of an object: 64 hexadecimal digits are")
    return key


def checked_bytes(key: str, data: bytes, place: str) -> bytes:
    """``data`` itself; raises ``ObjectCorruptError`` unless its SHA-256 is ``key``; ``place`` names it."""
    if key_of(data) != key:
        raise _corrupt(place)
    return data


def proven_size(key: str, pieces: Iterable[bytes], place: str) -> int:
    """How many bytes ``pieces`` are; raises ``ObjectCorruptError`` unless together they have the hash."""
    found, size = hashlib.sha256(), 0
    for piece in pieces:
        found.update(piece)
        size += len(piece)
    if found.hexdigest() != key:
        raise _corrupt(place)
    return size


def _corrupt(place: str) -> ObjectCorruptError:
    return ObjectCorruptError(
        f"{place} no longer has the bytes that its name promises; "
        "restore it from a backup, then run 'meterdrop verify'"
    )
