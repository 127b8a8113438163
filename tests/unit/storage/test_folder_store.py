"""What the folder adds to the stores' contract: durability, modes, full disks, crashes."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from domain.errors import SettingsError, StorageError
from storage.objects import FolderStore, StoreSettings, key_of, open_store
from storage.objects.folder import TEMPORARY_PREFIX


def leftovers(root: Path) -> list[Path]:
    return list(root.rglob(f"{TEMPORARY_PREFIX}*"))


def test_an_object_is_a_read_only_file_two_folders_deep(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    key = store.put(b"slip")
    path = tmp_path / key[:2] / key[2:4] / key
    assert path.read_bytes() == b"slip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o440


def test_file_is_synced_before_its_name_and_the_name_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path)
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(handle: int) -> None:
        events.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name[:9]}")
        fsync(handle)

    def noting_replace(self: Path, target: Path) -> Path:
        events.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    key = store.put(b"slip")
    assert events == [
        f"sync {tmp_path.name[:9]}",
        f"sync {key[:2]}",
        f"sync {TEMPORARY_PREFIX[:9]}",
        "rename",
        f"sync {key[2:4]}",
    ]
    events.clear()
    store.put(b"slip")
    assert events == [f"sync {key[2:4]}"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "the disk is full; free some space and run the same command again"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "give it to the user that runs meterdrop"),
    ],
)
def test_a_disk_that_refuses_says_what_to_do_and_keeps_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    store = FolderStore(tmp_path)

    def refuse(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageError, match=remedy) as caught:
            store.put(b"slip")
    assert "\n" not in str(caught.value)
    assert not leftovers(tmp_path)
    assert list(store.keys()) == []
    assert store.get(store.put(b"slip")) == b"slip"


KILLED_IN_THE_MIDDLE = """
import os, pathlib, signal, stat, sys
from storage.objects import FolderStore
store = FolderStore(pathlib.Path(sys.argv[1]))
def die(handle):
    if stat.S_ISREG(os.fstat(handle).st_mode):
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = die
store.put(b"slip")
"""


def test_a_killed_writer_leaves_no_object_and_what_it_left_is_swept(tmp_path: Path) -> None:
    answer = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, tmp_path], check=False)
    assert answer.returncode == -9
    store = FolderStore(tmp_path)
    assert len(leftovers(tmp_path)) == 1
    assert list(store.keys()) == []
    assert not store.exists(key_of(b"slip"))
    now = datetime.now(UTC)
    assert store.sweep(now - timedelta(minutes=1)) == 0, "it may still be written"
    assert store.sweep(now + timedelta(minutes=1)) == 1
    assert not leftovers(tmp_path)


def test_a_sweep_touches_no_object(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    key = store.put(b"slip")
    assert store.sweep(datetime.now(UTC) + timedelta(days=10)) == 0
    assert store.get(key) == b"slip"


def test_an_object_whose_bytes_come_again_is_as_young_as_a_new_one(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    old, again, streamed = (store.put(data) for data in (b"old", b"again", b"streamed"))
    for key in (old, again, streamed):
        os.utime(store.path_of(key), (10**9, 10**9))
    moment = datetime.now(UTC) - timedelta(hours=1)
    assert set(store.untouched_since(moment)) == {old, again, streamed}
    store.put(b"again")
    store.put_file(io.BytesIO(b"streamed"))
    assert list(store.untouched_since(moment)) == [old]


def put_many(root: Path) -> list[str]:
    store = FolderStore(root)
    return [store.put(str(number).encode()) for number in range(100)]


@pytest.mark.slow
def test_two_processes_writing_the_same_objects(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first, second = pool.map(put_many, [tmp_path, tmp_path])
    assert first == second
    assert list(FolderStore(tmp_path).keys()) == sorted(first)
    assert not leftovers(tmp_path)


def test_strange_files_are_no_objects(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    key = store.put(b"slip")
    (tmp_path / "notes.txt").write_text("by hand")
    (tmp_path / key[:2] / "xx").write_text("by hand")
    (tmp_path / key[:2] / key[2:4] / key_of(b"misplaced")).write_bytes(b"misplaced")
    assert list(store.keys()) == [key]


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageError, match="METERDROP_HOME"):
        FolderStore(tmp_path / "home" / "objects")


def test_settings_choose_the_store(tmp_path: Path) -> None:
    store = open_store(StoreSettings(folder=tmp_path / "made" / "on the way"))
    assert isinstance(store, FolderStore)
    assert store.root.is_dir()
    with pytest.raises(SettingsError, match="METERDROP_HOME"):
        open_store(StoreSettings())
