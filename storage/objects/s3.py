"""Objects in a bucket of a server that speaks S3, through the ``minio`` SDK."""

from __future__ import annotations

from collections.abc import Iterator

from storage.objects.settings import S3Settings


class S3Store:
    """See ``ObjectStore``. The bucket must exist; nothing but plain S3 calls is used."""

    def __init__(self, settings: S3Settings) -> None:
        self.settings = settings

    def put(self, data: bytes) -> str:
        """See ``ObjectStore.put``."""
        raise NotImplementedError

    def get(self, key: str) -> bytes:
        """See ``ObjectStore.get``."""
        raise NotImplementedError

    def exists(self, key: str) -> bool:
        """See ``ObjectStore.exists``."""
        raise NotImplementedError

    def keys(self) -> Iterator[str]:
        """See ``ObjectStore.keys``."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """See ``ObjectStore.delete``."""
        raise NotImplementedError
