"""Paths that users give: folders, links, pipes, devices, files that they may not read."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Limits, Missing, PageImage, expand, load_page, open_document, pages, read_file
from ocr.load.native import quiet
from tests.hostile import bad, good

ROOT = Path(__file__).parents[2]


def only_error(path: Path, limits: Limits = Limits()) -> InputError:
    items = list(pages(path, limits))
    assert len(items) == 1
    assert isinstance(items[0], InputError)
    return items[0]


def test_paths_that_are_no_files_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert only_error(tmp_path / "s").reason is Reason.NOT_FOUND  # it cannot even be opened
    assert only_error(tmp_path / "pipe.pdf").reason is Reason.UNSUPPORTED_FORMAT
    assert only_error(Path("/dev/zero")).reason is Reason.UNSUPPORTED_FORMAT
    assert only_error(tmp_path).reason is Reason.UNSUPPORTED_FORMAT
    assert "folder" in str(only_error(tmp_path))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere")
    for name in ("missing.pdf", "loop.pdf", "gone.pdf", "x" * 400, "with\0zero"):
        assert only_error(tmp_path / name).reason is Reason.NOT_FOUND


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root, who runs these tests in places, may read everything
    error = only_error(tmp_path / "secret.pdf")
    assert error.reason is Reason.NOT_FOUND
    assert "permission" in str(error)


def test_names_in_cyrillic_with_spaces(tmp_path: Path) -> None:
    path = tmp_path / "Сканы за ноябрь" / "Показания № 7.jpg"
    path.parent.mkdir()
    path.write_bytes(good.jpeg())
    (page,) = pages(path)
    assert isinstance(page, PageImage)
    assert list(expand([tmp_path])) == [path]


def test_files_beyond_the_limit_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(good.jpeg())
    with path.open("ab") as file:
        file.truncate(3 << 30)  # a sparse file: 3 GB that take no room
    assert only_error(path).reason is Reason.TOO_LARGE
    with pytest.raises(InputError) as refused:
        read_file(path, 1 << 20)
    assert refused.value.reason is Reason.TOO_LARGE
    batch = tmp_path / "large.pdf"
    batch.write_bytes(bad.batch_pdf(1))
    assert only_error(batch, Limits(file_bytes=100)).reason is Reason.TOO_LARGE


def test_expand_goes_through_folders_in_order(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/10.jpg", "a.pdf", ".hidden/x.jpg", "b/.~lock.jpg", "c/Я.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "b" / "up").symlink_to(tmp_path)  # would never end
    os.mkfifo(tmp_path / "b" / "pipe")
    (tmp_path / "c" / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c" / "link.jpg").symlink_to(tmp_path / "a.pdf")
    found = list(expand([tmp_path, tmp_path / "a.pdf", tmp_path / "absent.pdf", "with\0zero"]))
    names = [item.relative_to(tmp_path).as_posix() for item in found if isinstance(item, Path)]
    assert names == ["a.pdf", "b/10.jpg", "b/2.jpg", "c/link.jpg", "c/Я.tif", "a.pdf"]
    missing = [item for item in found if isinstance(item, Missing)]
    assert [item.path.name for item in missing] == ["dangling.jpg", "absent.pdf", "with\0zero"]
    assert {item.error.reason for item in missing} == {Reason.NOT_FOUND}


def test_expand_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert list(expand([])) == []
    assert list(expand([tmp_path])) == []


def test_errors_cross_process_borders() -> None:
    with pytest.raises(InputError) as refused:
        load_page(b"", "empty.pdf")
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.reason, str(again)) == (Reason.EMPTY_FILE, str(refused.value))


def test_a_page_that_is_not_there() -> None:
    for data in (good.jpeg(), good.tiff(2), bad.batch_pdf(2)):
        with open_document(data) as document:
            for number in (0, 3, -1):
                with pytest.raises(InputError) as refused:
                    document.page(number)
                assert refused.value.reason is Reason.CORRUPT_FILE


def test_standard_error_comes_back_after_decoding_in_threads() -> None:
    program = """
import os, threading
from ocr.load.native import quiet
inside, done = threading.Event(), threading.Event()
def other():
    with quiet():
        inside.set(); done.wait(); os.write(2, b"muted by the second ")
thread = threading.Thread(target=other)
with quiet():
    thread.start(); inside.wait(); os.write(2, b"muted by the first ")
os.write(2, b"muted still ")
done.set(); thread.join()
os.write(2, b"heard")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "heard"


def test_a_ceiling_of_memory_holds_and_is_lifted() -> None:
    program = """
import resource
from ocr.load.memory import ceiling
before = resource.getrlimit(resource.RLIMIT_DATA)
try:
    with ceiling(50 << 20), ceiling(500 << 20):
        bytearray(200 << 20)
except MemoryError:
    print("held")
assert resource.getrlimit(resource.RLIMIT_DATA) == before
print(len(bytearray(200 << 20)) >> 20)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["held", "200"], done.stderr


def test_without_standard_error_nothing_breaks() -> None:
    """A service may be started with file descriptor 2 closed."""
    program = "import os; os.close(2)\nfrom ocr.load.native import quiet\nwith quiet(): pass\nprint('fine')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )
    assert done.stdout == "fine\n"


def test_quiet_does_not_leak_descriptors() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        with quiet():
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
