"""The stores' contract on a real S3 server, and what only such a one shows: moto accepts any signature."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from domain.errors import StorageError
from storage.objects import S3Settings, S3Store, StoreSettings, open_store
from tests.integration.objects.conftest import Place, bucket_place, client_of
from tests.integration.objects.test_contract import *  # noqa: F403 - the same tests, on the place below

pytestmark = pytest.mark.slow


@pytest.fixture
def place(ceph_settings: S3Settings) -> Place:
    return bucket_place(ceph_settings)


def test_a_wrong_secret_is_refused_and_said(ceph_settings: S3Settings) -> None:
    store = S3Store(replace(ceph_settings, secret_key="not-the-secret"))
    for attempt in (
        store.check,
        lambda: store.put(b"slip"),
        lambda: store.get("0" * 64),
        lambda: list(store.keys()),
    ):
        with pytest.raises(StorageError, match="METERDROP_S3_SECRET_KEY") as caught:
            attempt()
        assert "not-the-secret" not in str(caught.value)
    # HEAD has no body in which the server could say why.
    with pytest.raises(StorageError):
        store.exists("0" * 64)
    assert list(client_of(ceph_settings).list_objects(ceph_settings.bucket, recursive=True)) == []


def test_an_unknown_access_key_is_refused_and_said(ceph_settings: S3Settings) -> None:
    with pytest.raises(StorageError, match="METERDROP_S3_ACCESS_KEY"):
        open_store(StoreSettings(s3=replace(ceph_settings, access_key="nobody")))


def test_a_bucket_that_is_not_there_is_said_at_once(ceph_settings: S3Settings) -> None:
    with pytest.raises(StorageError, match="METERDROP_S3_BUCKET"):
        open_store(StoreSettings(s3=replace(ceph_settings, bucket="never-made")))


def test_more_keys_than_one_answer_holds(ceph_settings: S3Settings) -> None:
    store = S3Store(ceph_settings)
    with ThreadPoolExecutor(4) as pool:
        expected = sorted(pool.map(store.put, (str(number).encode() for number in range(1_003))))
    assert list(store.keys()) == expected


def test_prefixes_share_a_bucket(ceph_settings: S3Settings) -> None:
    mine, theirs = S3Store(ceph_settings), S3Store(replace(ceph_settings, prefix="elsewhere/"))
    key = mine.put(b"slip")
    assert not theirs.exists(key)
    assert list(theirs.keys()) == []
    theirs.put(b"slip")
    mine.delete(key)
    assert theirs.get(key) == b"slip"


def test_the_same_bytes_make_no_second_version(ceph_settings: S3Settings) -> None:
    store = open_store(StoreSettings(s3=ceph_settings))
    key = store.put(b"slip")
    client = client_of(ceph_settings)
    before = client.stat_object(ceph_settings.bucket, ceph_settings.prefix + key).last_modified
    store.put(b"slip")
    assert client.stat_object(ceph_settings.bucket, ceph_settings.prefix + key).last_modified == before
