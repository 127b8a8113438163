"""The same store on every kind of place, each test in an empty one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from minio import Minio

from storage.objects import FolderStore, ObjectStore, S3Settings, S3Store
from tests.servers.ceph import CephServer

_NUMBERS = count(1)


@dataclass(frozen=True)
class Place:
    """An empty store, and a way to change what it keeps behind its back."""

    store: ObjectStore
    overwrite: Callable[[str, bytes], None]


def _bucket(endpoint: str, access_key: str, secret_key: str) -> S3Settings:
    settings = S3Settings(
        endpoint=endpoint,
        bucket=f"test-{next(_NUMBERS)}",
        access_key=access_key,
        secret_key=secret_key,
        prefix="originals/",
        tls=False,
        timeout=10,
        attempts=2,
    )
    client_of(settings).make_bucket(settings.bucket)
    return settings


def client_of(settings: S3Settings) -> Minio:
    return Minio(
        settings.endpoint, access_key=settings.access_key, secret_key=settings.secret_key, secure=settings.tls
    )


@pytest.fixture
def moto_settings(moto_endpoint: str) -> S3Settings:
    return _bucket(moto_endpoint, "anything", "at all")


@pytest.fixture
def ceph_settings(ceph_server: CephServer) -> S3Settings:
    return _bucket(ceph_server.endpoint, ceph_server.access_key, ceph_server.secret_key)


@pytest.fixture(params=["folder", "moto"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        folder = FolderStore(tmp_path / "objects")

        def overwrite_file(key: str, data: bytes) -> None:
            path = folder.path_of(key)
            path.unlink()
            path.write_bytes(data)

        yield Place(folder, overwrite_file)
        return
    yield bucket_place(request.getfixturevalue("moto_settings"))


def bucket_place(settings: S3Settings) -> Place:
    client = client_of(settings)

    def overwrite(key: str, data: bytes) -> None:
        client.put_object(settings.bucket, settings.prefix + key, io.BytesIO(data), len(data))

    return Place(S3Store(settings), overwrite)
