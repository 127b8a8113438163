"""Reader processes that crash, hang, or lose their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.errors import MeterdropError, ObjectNotFoundError
from domain.reasons import Reason
from services import pool as pools
from services.context import PageRef
from services.pool import ReaderPool
from services.work import ReadingSettings
from storage.objects import StoreSettings
from tests.integration.services.crashing import WORK
from tests.tree import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def pool(folder: Path) -> Iterator[ReaderPool]:
    opened = ReaderPool(ReadingSettings(StoreSettings(folder), folder, memory_mb=4096), 2, WORK)
    yield opened
    opened.close()


def pages(*names: str) -> list[PageRef]:
    return [PageRef(str(n), name, 1, "supplier") for n, name in enumerate(names)]


def test_pages_come_back_in_order_from_both_processes(pool: ReaderPool) -> None:
    asked = pages(*(["fine"] * 9))
    read = pool.submit(asked).result(60)
    assert [page.ref for page in read] == asked
    assert len({page.pixel_hash for page in read}) <= 2
    assert pool.submit([]).result(1) == []
    assert pool.count("key", "fine").result(60).pages == 3


def test_only_the_page_that_kills_is_given_up(pool: ReaderPool) -> None:
    asked = pages("fine", "kills", "fine", "kills once", "fine")
    beside = pool.submit(pages("fine", "fine"))
    read = pool.submit(asked).result(120)
    assert [page.reason for page in read] == [None, Reason.DECODER_CRASHED, None, None, None]
    assert [page.ref for page in read] == asked
    assert [page.reason for page in beside.result(60)] == [None, None], "work beside it is done all the same"
    assert pool.submit(pages("fine")).result(60)[0].reason is None
    assert pool.count("key", "kills").result(60).reason is Reason.DECODER_CRASHED
    until = time.monotonic() + 20
    while len(multiprocessing.active_children()) > pool.workers and time.monotonic() < until:
        time.sleep(0.05)
    assert len(multiprocessing.active_children()) <= pool.workers, "the process apart is not kept"


def test_a_page_that_hangs_is_given_up(pool: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.submit(pages("fine", "fine")).result(60), "processes are up"
    monkeypatch.setattr(pools, "PAGE_SECONDS", 1.5)
    monkeypatch.setattr(pools, "CHUNK_PAGE_SECONDS", 0.0)
    read = pool.submit(pages("hangs")).result(120)
    assert [page.reason for page in read] == [Reason.TIMED_OUT]


def test_trouble_with_the_objects_is_no_pages_fault(pool: ReaderPool) -> None:
    with pytest.raises(ObjectNotFoundError):
        pool.submit(pages("fine", "missing")).result(60)
    with pytest.raises(MeterdropError, match="METERDROP_WORKER_MEMORY_MB"):
        pool.submit(pages("eats memory")).result(60)


def test_processes_that_cannot_start_blame_no_page(pool: ReaderPool, folder: Path) -> None:
    (folder / "broken").touch()
    with pytest.raises(MeterdropError, match="cannot start"):
        pool.submit(pages("kills")).result(120)


def test_a_new_register_reaches_the_processes(pool: ReaderPool) -> None:
    asked: list[str] = []

    def accounts() -> list[str]:
        asked.append("asked")
        return ["121000000001"]

    for version in ("1", "1", "2"):
        pool.refresh("supplier", version, 12, accounts)
        [page] = pool.submit(pages("fine")).result(60)
        assert page.slips[0].model == version
    assert asked == ["asked", "asked"]


def test_closing_ends_the_processes(pool: ReaderPool, folder: Path) -> None:
    working = pool.submit(pages("hangs"))
    wait_for(lambda: len(started(folder)) == 1)
    pool.close()
    wait_for(lambda: not any(alive(process) for process in started(folder)))
    with pytest.raises(BaseException):  # noqa: B017 - cancelled or lost, but not for ever
        working.result(60)


def test_processes_end_with_their_killed_parent(folder: Path) -> None:
    code = """
import sys
from pathlib import Path
from services.pool import ReaderPool
from services.context import PageRef
from services.work import ReadingSettings
from storage.objects import StoreSettings
from tests.integration.services.crashing import WORK
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pool = ReaderPool(ReadingSettings(StoreSettings(folder), folder, memory_mb=4096), 2, WORK)
    pool.submit([PageRef("k", "orphan", 1, "s")]).result()
"""
    script = folder / "parent.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (folder / "said").open("wb") as said:
        parent = subprocess.Popen([sys.executable, script, folder], env=environment, stderr=said)
    wait_for((folder / "waiting").exists)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not any(alive(process) for process in started(folder)))
    time.sleep(0.5)
    assert (folder / "said").read_text() == "", "not even of semaphores left behind"


def started(folder: Path) -> list[int]:
    return [int(path.name.removeprefix("started-")) for path in folder.glob("started-*")]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
