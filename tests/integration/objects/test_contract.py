"""What every object store promises, on a folder and on moto; ``test_ceph`` runs the same on a real server."""

from __future__ import annotations

import hashlib
import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import ObjectCorruptError, ObjectNotFoundError, StorageError
from storage.objects import key_of
from tests.integration.objects.conftest import Place

ABSENT = hashlib.sha256(b"never stored").hexdigest()


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 slip", bytes(range(256)) * 24_000], ids=["0 B", "13 B", "6 MB"]
)
def test_bytes_come_back_under_their_sha256(place: Place, data: bytes) -> None:
    key = place.store.put(data)
    assert key == hashlib.sha256(data).hexdigest()
    assert place.store.get(key) == data
    assert place.store.exists(key)


def test_the_same_bytes_are_kept_once(place: Place) -> None:
    assert place.store.put(b"slip") == place.store.put(b"slip")
    assert len(list(place.store.keys())) == 1


def test_keys_are_all_there_in_order(place: Place) -> None:
    expected = sorted(place.store.put(bytes([number])) for number in range(20))
    assert list(place.store.keys()) == expected


def test_what_nobody_has_put_for_long_is_told(place: Place) -> None:
    keys = sorted(place.store.put(bytes([number])) for number in range(3))
    now = datetime.now(UTC)
    assert list(place.store.untouched_since(now - timedelta(hours=1))) == []
    assert list(place.store.untouched_since(now + timedelta(hours=1))) == keys


def test_an_empty_store_has_no_keys(place: Place) -> None:
    assert list(place.store.keys()) == []


def test_what_was_never_stored_is_not_found(place: Place) -> None:
    assert not place.store.exists(ABSENT)
    with pytest.raises(ObjectNotFoundError, match=ABSENT):
        place.store.get(ABSENT)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "ab" * 31, f"{'ab' * 32}\n"])
def test_what_cannot_be_a_key_is_not_found(place: Place, key: str) -> None:
    assert not place.store.exists(key)
    with pytest.raises(ObjectNotFoundError):
        place.store.get(key)
    with pytest.raises(ObjectNotFoundError):
        place.store.delete(key)


def test_deleted_is_gone_and_deleting_twice_is_no_error(place: Place) -> None:
    kept, key = place.store.put(b"kept"), place.store.put(b"slip")
    place.store.delete(key)
    place.store.delete(key)
    assert not place.store.exists(key)
    with pytest.raises(ObjectNotFoundError):
        place.store.get(key)
    assert place.store.get(kept) == b"kept"


@pytest.mark.parametrize("damage", [b"slop", b"sli", b""], ids=["changed", "cut", "emptied"])
def test_damage_is_noticed_and_mended_by_the_original(place: Place, damage: bytes) -> None:
    key = place.store.put(b"slip")
    place.overwrite(key, damage)
    with pytest.raises(ObjectCorruptError, match=key):
        place.store.get(key)
    assert place.store.put(b"slip") == key
    assert place.store.get(key) == b"slip"


def test_many_writers_of_the_same_bytes_do_not_disturb_each_other(place: Place) -> None:
    data = b"the same batch, dropped by two stations" * 5000

    def put_and_get(_: int) -> bool:
        return place.store.get(place.store.put(data)) == data

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(put_and_get, range(12)))
    assert len(list(place.store.keys())) == 1


def test_a_worker_process_gets_the_same_store(place: Place) -> None:
    key = place.store.put(b"slip")
    assert pickle.loads(pickle.dumps(place.store)).get(key) == b"slip"


class Changing(io.BytesIO):
    """A file that somebody writes to between its first and its second reading."""

    def seek(self, place: int, whence: int = 0) -> int:
        if self.tell() == len(self.getvalue()) > 0:
            super().seek(0)
            self.write(b"other")
        return super().seek(place, whence)


def test_a_file_goes_in_and_comes_out_without_being_in_memory_whole(place: Place, tmp_path: Path) -> None:
    data = bytes(range(256)) * 12_000
    original = tmp_path / "box.pdf"
    original.write_bytes(data)
    with original.open("rb") as file:
        file.seek(77)
        assert place.store.put_file(file) == place.store.put(data)
    folder = tmp_path / "copies"
    folder.mkdir()
    assert place.store.fetch(key_of(data), folder).read_bytes() == data


def test_a_file_that_changes_meanwhile_is_not_taken(place: Place) -> None:
    with pytest.raises(StorageError):
        place.store.put_file(Changing(b"slips" * 1000))
    with pytest.raises((ObjectNotFoundError, ObjectCorruptError)):
        place.store.get(key_of(b"slips" * 1000))


def test_damage_is_noticed_when_it_is_fetched(place: Place, tmp_path: Path) -> None:
    key = place.store.put(b"slip")
    place.overwrite(key, b"slop")
    with pytest.raises(ObjectCorruptError):
        place.store.fetch(key, tmp_path)
    with pytest.raises(ObjectNotFoundError):
        place.store.fetch(key_of(b"never stored"), tmp_path)
    assert place.store.put_file(io.BytesIO(b"slip")) == key
    assert place.store.get(key) == b"slip"
