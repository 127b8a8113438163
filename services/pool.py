"""Reader processes: spawned, bounded in memory, and replaced when a page kills one.

A process that dies takes all work of its pool with it, and nobody can say which page did it. So the pages
that were under way are read again one at a time in a process of their own; the page that kills that one
twice is ``decoder_crashed``, all others come out as usual.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from domain.errors import MeterdropError, StorageError
from domain.reasons import Reason
from services.context import PageCount, PageRead, PageRef
from services.processes import Processes, WorkerLostError
from services.scratch import Scratch
from services.work import WORK, ReadingSettings, RegisterFile, Work

T = TypeVar("T")

#: Seconds after which a process that starts, or reads one page, is taken for hung; a chunk's pages take far
#: less each.
START_SECONDS = 120.0
PAGE_SECONDS = 120.0
CHUNK_PAGE_SECONDS = 15.0
#: A process that a page kills so often is the page's fault.
TRIES = 2


class ReaderPool:
    """Reads pages in ``workers`` processes; a ``PageReader``."""

    def __init__(self, settings: ReadingSettings, workers: int, work: Work = WORK) -> None:
        self._workers = workers
        self._work = work
        self._pool = Processes(workers, work.start, settings)
        # Crashes are rare: one process apart from the pool is enough for them.
        self._apart = Processes(1, work.start, settings)
        self._apart_lock = threading.Lock()
        # These threads only wait for processes.
        self._waiting = ThreadPoolExecutor(4 * workers + 4, thread_name_prefix="reader")
        self._scratch = Scratch()
        self._registers: dict[str, RegisterFile] = {}
        self._register_lock = threading.Lock()

    @property
    def workers(self) -> int:
        """How many pages are read at a time."""
        return self._workers

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        """Begin to recognise ``pages``, spread over the processes; see ``PageReader``."""
        size = max(1, -(-len(pages) // self._workers))
        pieces = [list(pages[start : start + size]) for start in range(0, len(pages), size)]
        registers = dict(self._registers)
        return _joined([self._waiting.submit(self._read, piece, registers) for piece in pieces])

    def count(self, key: str, name: str) -> Future[PageCount]:
        """Begin to count a stored file's pages; see ``PageReader``."""
        return self._waiting.submit(self._count, key, name)

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        """Write the supplier's accounts where the processes find them, if this version is new."""
        with self._register_lock:
            known = self._registers.get(supplier)
            if known is not None and known.version == version:
                return
            path = self._scratch.path / f"{supplier}-{version}.npy"
            from ocr.decode import AccountIndex

            index = AccountIndex.build(accounts(), length)
            try:
                index.save(path)
            except OSError as error:
                raise StorageError(f"{path.parent} cannot be written to: {error.strerror}") from error
            self._registers[supplier] = RegisterFile(version, path)

    def close(self) -> None:
        """End the processes at once."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._apart.close()
        self._scratch.close()

    def _read(self, pages: list[PageRef], registers: dict[str, RegisterFile]) -> list[PageRead]:
        seconds = PAGE_SECONDS + len(pages) * CHUNK_PAGE_SECONDS
        try:
            return self._pool.run(seconds, self._work.read_pages, pages, registers)
        except WorkerLostError:
            with self._apart_for_now():
                return [self._read_apart(page, registers) for page in pages]
        except MemoryError as error:
            # Not for a page's sake, that is its own result: what every page needs does not fit.
            raise MeterdropError(
                "the reader processes have too little memory; raise METERDROP_WORKER_MEMORY_MB"
            ) from error

    def _read_apart(self, page: PageRef, registers: dict[str, RegisterFile]) -> PageRead:
        return self._try_apart(
            lambda: self._apart.run(PAGE_SECONDS, self._work.read_pages, [page], registers)[0],
            lambda reason, detail: PageRead(page, (), reason=reason, detail=detail),
        )

    def _count(self, key: str, name: str) -> PageCount:
        try:
            return self._pool.run(PAGE_SECONDS, self._work.count_pages, key, name)
        except WorkerLostError:
            with self._apart_for_now():
                return self._try_apart(
                    lambda: self._apart.run(PAGE_SECONDS, self._work.count_pages, key, name),
                    lambda reason, detail: PageCount(0, reason, detail),
                )

    @contextmanager
    def _apart_for_now(self) -> Iterator[None]:
        """The process apart holds as much memory as any other: it ends when it is not needed any more."""
        try:
            yield
        finally:
            with self._apart_lock:
                self._apart.rest()

    def _try_apart(self, call: Callable[[], T], failed: Callable[[Reason, str], T]) -> T:
        with self._apart_lock:
            for _ in range(TRIES):
                try:
                    # A process that cannot even start says nothing about the page.
                    self._apart.run(START_SECONDS, self._work.ready)
                except WorkerLostError as error:
                    raise MeterdropError(
                        "the reader processes cannot start; is METERDROP_WORKER_MEMORY_MB too small?"
                    ) from error
                try:
                    return call()
                except WorkerLostError as error:
                    if error.hung:
                        return failed(Reason.TIMED_OUT, f"not read within {PAGE_SECONDS:.0f} s")
            return failed(Reason.DECODER_CRASHED, f"killed the reader process {TRIES} times")


def _joined(parts: list[Future[list[PageRead]]]) -> Future[list[PageRead]]:
    """One future for all parts, in their order; the first failure is its failure."""
    whole: Future[list[PageRead]] = Future()
    left = [len(parts)]
    lock = threading.Lock()

    def one_is_done(_: Future[list[PageRead]]) -> None:
        with lock:
            left[0] -= 1
            if left[0]:
                return
        try:
            whole.set_result([page for part in parts for page in part.result()])
        except BaseException as error:
            whole.set_exception(error)

    for part in parts:
        part.add_done_callback(one_is_done)
    if not parts:
        whole.set_result([])
    return whole
