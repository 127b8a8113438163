"""A disk that fills up under a batch: one line, nothing half; with room again the same command goes on."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
import pytest

from domain.errors import StorageError
from domain.reasons import Reason
from services import batch, deliver, reading
from services.context import Context, PageRead, PageRef
from services.verify import verify
from services.work import ReadingSettings
from storage.objects import FolderStore, StoreSettings
from storage.records import Records, RecordsSettings
from tests.faults.sound import assert_sound, exported, scans
from tests.paper import ORDER, Clock, open_services

pytestmark = pytest.mark.parametrize("records_url", ["sqlite"], indirect=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB: SQLite's log alone may take 4."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting is not permitted here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_objects_and_records_on_a_disk_that_fills_up(ctx: Context, small_disk: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{small_disk / 'records.db'}"
    folder = tmp_path / "scans"
    with Records.open(RecordsSettings(url)) as records:
        home = open_services(records, small_disk / "objects", Clock(), chunk_sheets=2)
        truth = scans(home, folder, files=6, pages=1)
        for path in folder.iterdir():
            path.write_bytes(path.read_bytes() + b" " * 60_000)
        full = 0
        ballast = small_disk / "ballast"
        for free_kib in (8, 120, 200, 260, 340, 420, 600):
            ballast.unlink(missing_ok=True)
            there = os.statvfs(small_disk)
            room = there.f_bavail * there.f_frsize - (free_kib << 10)
            ballast.write_bytes(b"\0" * max(0, room))
            try:
                batch.run_batch(home, [folder], ORDER)
            except StorageError as error:
                full += 1
                assert "\n" not in str(error)
                assert "full" in str(error)
            assert verify(home).problems == ()
        assert full >= 2, "the disk was never full"
        ballast.unlink()
        batch.run_batch(home, [folder], ORDER)
        assert_sound(home, folder, truth)


def test_files_that_may_not_grow(ctx: Context, tmp_path: Path) -> None:
    """A limit of the user or of a service's unit (``ulimit -f``, ``LimitFSIZE``)."""
    folder, out = tmp_path / "scans", tmp_path / "out"
    out.mkdir()
    truth = scans(ctx, folder, files=1, pages=3)
    with files_no_larger_than(100):
        with pytest.raises(StorageError, match="ulimit"):
            ctx.objects.put(b"slip " * 100)
        with pytest.raises(StorageError):
            batch.run_batch(ctx, [folder], ORDER)
    assert verify(ctx).problems == ()
    batch.run_batch(ctx, [folder], ORDER)
    with files_no_larger_than(100), pytest.raises(StorageError):
        deliver.export_readings(ctx, out / "a.csv")
    assert list(out.iterdir()) == []
    assert verify(ctx).problems == ()
    deliver.export_readings(ctx, out / "b.csv")
    assert exported(out.glob("*.csv")) == dict.fromkeys(truth, 1)
    assert_sound(ctx, folder, truth)


def test_a_full_temporary_folder_makes_no_paper_unreadable(
    records_url: str, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is drawn through the temporary folder: that it is full is this machine's fault."""
    objects = FolderStore(tmp_path / "objects")
    with pikepdf.new() as drawn, io.BytesIO() as file:
        drawn.add_blank_page(page_size=(200, 200))
        drawn.pages[0].Contents = drawn.make_stream(b"10 10 100 100 re f")
        drawn.save(file)
        ref = PageRef(objects.put(file.getvalue()), "drawn.pdf", 1, "supplier")
    torn = PageRef(objects.put(b"%PDF-1.7 and no more"), "torn.pdf", 1, "supplier")
    monkeypatch.setattr(reading, "_settings", ReadingSettings(StoreSettings(tmp_path / "objects")))
    monkeypatch.setattr(reading, "recognise", lambda ref, image, register: PageRead(ref, (), "read"))
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    reading._process.cache_clear()
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb") as ballast:
        ballast.write(b"\0" * (9 << 20))
    for page in (ref, torn):
        with pytest.raises(StorageError, match="TMPDIR"):
            reading.read_pages([page], {})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert [page.pixel_hash or page.reason for page in reading.read_pages([ref, torn], {})] == [
        "read",
        Reason.CORRUPT_FILE,
    ]
    reading._process.cache_clear()
