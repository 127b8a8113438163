"""Originals under their SHA-256, in a folder or on a server that speaks S3."""

from storage.objects.folder import FolderStore
from storage.objects.opening import open_store
from storage.objects.s3 import S3Store
from storage.objects.settings import S3Settings, StoreSettings
from storage.objects.store import ObjectStore, is_key, key_of

__all__ = [
    "FolderStore",
    "ObjectStore",
    "S3Settings",
    "S3Store",
    "StoreSettings",
    "is_key",
    "key_of",
    "open_store",
]
