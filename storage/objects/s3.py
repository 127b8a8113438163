"""Objects in a bucket of a server that speaks S3, through the ``minio`` SDK."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

import urllib3
from minio import Minio
from minio.datatypes import Object
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from domain.errors import ObjectCorruptError, ObjectNotFoundError, SettingsError, StorageError
from storage.objects.s3_errors import explained
from storage.objects.settings import S3Settings
from storage.objects.store import PIECE_BYTES, checked_bytes, checked_key, is_key, pieces_of, proven_size

T = TypeVar("T")

#: How long an object's age counts as that of the last ``put`` of its bytes.
_FRESH = timedelta(hours=12)
_ABSENT = {"NoSuchKey", "NoSuchObject"}


class S3Store:
    """See ``ObjectStore``. An object's name is the settings' prefix and its key.

    Nothing but plain calls is used (PUT, GET, HEAD, DELETE, ListObjectsV2), so any server will do. The bucket
    must exist: who may make one, with which lifetime and copies, is the administrator's decision.
    """

    def __init__(self, settings: S3Settings, clock: Callable[[], datetime] | None = None) -> None:
        """``clock``: whoever puts has one, for ``untouched_since``; whoever only reads needs none."""
        self.settings = settings
        self._clock = clock
        try:
            self._client = Minio(
                settings.endpoint,
                access_key=settings.access_key,
                secret_key=settings.secret_key,
                secure=settings.tls,
                region=settings.region,
                http_client=_pool(settings),
            )
        except ValueError as error:
            raise SettingsError(f"METERDROP_S3_ENDPOINT is {settings.endpoint!r}: {error}") from error

    def __reduce__(self) -> tuple[type[S3Store], tuple[S3Settings]]:
        # Crosses into worker processes, where it opens connections of its own.
        return (type(self), (self.settings,))

    def check(self) -> None:
        """One cheap request; raises ``StorageError`` when server, credentials or bucket are wrong."""
        with self._explaining():
            list(self._client.list_objects(self.settings.bucket, prefix=f"{self.settings.prefix}-"))

    def put(self, data: bytes) -> str:
        """See ``ObjectStore.put``; durable as far as the server's own acknowledgement is.

        An acknowledgement whose tag is not the data's MD5 (a server that encrypts, or one that kept something
        else) is believed only after the object was read back.
        """
        return self.put_file(io.BytesIO(data))

    def put_file(self, file: BinaryIO) -> str:
        """See ``ObjectStore.put_file`` and ``put``; the file is read once for its key and once to be sent."""
        found, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        for piece in pieces_of(file):
            found.update(piece)
            md5.update(piece)
            size += len(piece)
        key, tag = found.hexdigest(), md5.hexdigest()
        with self._explaining():
            # A second version of the same bytes would fill a versioned bucket.
            there = self._stat(key)
            if (
                there is not None
                and (there.size or 0, there.etag or "") == (size, tag)
                and self._fresh(there)
            ):
                return key
            file.seek(0)
            done = self._client.put_object(self.settings.bucket, self._name(key), file, size)
        if done.etag != tag:
            try:
                self.prove(key)
            except (ObjectNotFoundError, ObjectCorruptError) as error:
                raise StorageError(
                    f"objects at {self.settings.endpoint}, bucket {self.settings.bucket}: the server took an "
                    "object and kept something else; check its disks and what stands between, then run the "
                    "same command again"
                ) from error
        return key

    def get(self, key: str) -> bytes:
        """See ``ObjectStore.get``."""
        place = self._place(key)
        return self._reading(key, lambda pieces: checked_bytes(key, b"".join(pieces), place))

    def fetch(self, key: str, folder: Path) -> Path:
        """See ``ObjectStore.fetch``."""
        place, path = self._place(key), folder / checked_key(key)
        self._reading(key, lambda pieces: _kept(path, key, pieces, place))
        return path

    def prove(self, key: str) -> int:
        """See ``ObjectStore.prove``."""
        place = self._place(key)
        return self._reading(key, lambda pieces: proven_size(key, pieces, place))

    def exists(self, key: str) -> bool:
        """See ``ObjectStore.exists``; what is not a key does not exist."""
        if not is_key(key):
            return False
        with self._explaining():
            return self._stat(key) is not None

    def keys(self) -> Iterator[str]:
        """See ``ObjectStore.keys``; the server is asked for 1,000 at a time."""
        start = len(self.settings.prefix)
        with self._explaining():
            for found in self._client.list_objects(
                self.settings.bucket, prefix=self.settings.prefix, recursive=True
            ):
                key = (found.object_name or "")[start:]
                if is_key(key):
                    yield key

    def delete(self, key: str) -> None:
        """See ``ObjectStore.delete``."""
        name = self._name(checked_key(key))
        with self._explaining():
            self._client.remove_object(self.settings.bucket, name)

    def untouched_since(self, moment: datetime) -> Iterator[str]:
        """See ``ObjectStore.untouched_since``; by the server's clock."""
        start = len(self.settings.prefix)
        with self._explaining():
            for found in self._client.list_objects(
                self.settings.bucket, prefix=self.settings.prefix, recursive=True
            ):
                key = (found.object_name or "")[start:]
                if is_key(key) and found.last_modified is not None and found.last_modified < moment:
                    yield key

    def sweep(self, before: datetime) -> int:
        """See ``ObjectStore.sweep``: a bucket shows no half object; its own rules end half uploads."""
        return 0

    def _fresh(self, there: Object) -> bool:
        """Whether it was put lately; what was not is put again, for ``untouched_since`` to count from now."""
        if self._clock is None or there.last_modified is None:
            return True
        return self._clock() - there.last_modified < _FRESH

    def _name(self, key: str) -> str:
        return self.settings.prefix + key

    def _stat(self, key: str) -> Object | None:
        """Size in bytes, entity tag and age, or None if there is no such object."""
        try:
            return self._client.stat_object(self.settings.bucket, self._name(key))
        except S3Error as error:
            if error.code in _ABSENT:
                return None
            raise

    def _place(self, key: str) -> str:
        return f"object {self._name(checked_key(key))} in bucket {self.settings.bucket}"

    def _reading(self, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        """What ``take`` makes of the body's pieces.

        A connection lost in its middle is tried again, which urllib3 leaves to us; so are wrong bytes: what
        stands between may have spoiled the answer and not the object.
        """
        with self._explaining(key):
            for attempt in range(1, self.settings.attempts + 1):
                response = self._client.get_object(self.settings.bucket, self._name(key))
                try:
                    return take(response.stream(PIECE_BYTES))
                except (HTTPError, ObjectCorruptError):
                    if attempt == self.settings.attempts:
                        raise
                finally:
                    response.close()
                    response.release_conn()
        raise AssertionError("attempts is at least 1")

    @contextmanager
    def _explaining(self, key: str | None = None) -> Iterator[None]:
        """Turn the SDK's errors into ours, which say what to do."""
        try:
            yield
        except S3Error as error:
            if error.code in _ABSENT and key is not None:
                raise ObjectNotFoundError(
                    f"no object {self._name(key)} in bucket {self.settings.bucket}; restore it from a backup"
                ) from None
            raise explained(error, self.settings) from error
        except (MinioException, HTTPError, ValueError) as error:
            raise explained(error, self.settings) from error


def _kept(path: Path, key: str, pieces: Iterator[bytes], place: str) -> int:
    """Write the pieces to ``path`` and prove them; another try writes it anew."""
    try:
        with path.open("wb") as file:
            return proven_size(key, (piece for piece in pieces if file.write(piece)), place)
    except OSError as error:
        raise StorageError(f"no copy of {place} can be kept at {path.parent}: {error.strerror}") from error


def _pool(settings: S3Settings) -> urllib3.PoolManager:
    """Connections whose every request ends in bounded time.

    That is ``attempts`` × (``timeout`` to connect + ``timeout`` between two packets) and short pauses.
    A server's Retry-After is not obeyed: it could ask for hours.
    """
    return urllib3.PoolManager(
        maxsize=10,
        timeout=urllib3.Timeout(connect=settings.timeout, read=settings.timeout),
        cert_reqs="CERT_REQUIRED",
        # Without a file: what the system trusts, where a company's own authority is.
        ca_certs=str(settings.ca_file) if settings.ca_file else None,
        retries=urllib3.Retry(
            total=settings.attempts - 1,
            backoff_factor=0.2,
            backoff_jitter=0.2,
            status_forcelist=(500, 502, 503, 504),
            raise_on_status=False,
            respect_retry_after_header=False,
        ),
    )
