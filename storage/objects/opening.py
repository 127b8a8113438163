"""Settings in, the right store out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.errors import SettingsError
from storage.objects.folder import FolderStore
from storage.objects.s3 import S3Store
from storage.objects.settings import StoreSettings
from storage.objects.store import ObjectStore


def open_store(settings: StoreSettings, clock: Callable[[], datetime] | None = None) -> ObjectStore:
    """The store that ``settings`` describe; raises ``SettingsError`` if they name none or both.

    ``clock``: needed where objects are put, not where they are only read.

    A folder is made when it is not there. A bucket is asked once for what cannot be there, so that a wrong
    setting is a ``StorageError`` now and not in the middle of a batch.
    """
    if (settings.folder is None) == (settings.s3 is None):
        raise SettingsError(
            "objects need one place: a folder (METERDROP_HOME) or a bucket (METERDROP_S3_ENDPOINT), not both"
        )
    if settings.s3 is not None:
        store = S3Store(settings.s3, clock)
        store.check()
        return store
    assert settings.folder is not None
    return FolderStore(settings.folder)
