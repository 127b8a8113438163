"""A pool of spawned processes that may be killed by what they work on, and comes back."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process, resource_tracker
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")


#: Variables by which libraries are told to use one thread.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def ask_for_one_thread() -> None:
    """Have libraries of linear algebra use one thread, in this process and in those it starts.

    They read this as they are loaded, so whoever starts a process calls it before. Their threads would spin
    for each other on the cores that the other processes work on: a sheet then takes twice the processor
    time. What is set already stays.
    """
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")


class WorkerLostError(Exception):
    """The process died, or was killed because it hung (``hung``), while it worked on this or something
    else.
    """

    def __init__(self, *, hung: bool) -> None:
        super().__init__("a reader process hung" if hung else "a reader process died")
        self.hung = hung


class Processes:
    """``count`` processes that are started when first needed, and anew after one died.

    Each begins with ``start(settings)``.
    """

    def __init__(self, count: int, start: Callable[[S], None], settings: S) -> None:
        self._start = start
        self._settings = settings
        self._count = count
        # No more calls than processes are handed over, so that a call's time begins with its work.
        self._places = threading.BoundedSemaphore(count)
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._closed = False

    def run(self, seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` gives in a process; raises what it raises, or ``WorkerLostError``."""
        with self._places:
            executor = None
            try:
                with self._lock:
                    executor = self._started()
                    future = executor.submit(function, *args, **kwargs)
                return future.result(seconds)
            except BrokenProcessPool as error:
                self._discard(executor)
                raise WorkerLostError(hung=False) from error
            except FutureTimeoutError as error:
                self._discard(executor)
                raise WorkerLostError(hung=True) from error

    def rest(self) -> None:
        """End the processes until they are needed again; nobody may be running anything in them."""
        self._discard(self._executor)

    def close(self) -> None:
        """Kill the processes: they hold nothing that is not held elsewhere."""
        self._closed = True
        self._discard(self._executor)

    def _started(self) -> ProcessPoolExecutor:
        if self._closed:
            raise BrokenProcessPool("closed")
        if self._executor is None:
            _start_tracker_quietly()
            ask_for_one_thread()
            # Spawned, not forked: the parent has threads, and a fork would copy their locks.
            self._executor = ProcessPoolExecutor(
                self._count, get_context("spawn"), initializer=self._start, initargs=(self._settings,)
            )
        return self._executor

    def _discard(self, executor: ProcessPoolExecutor | None) -> None:
        with self._lock:
            if executor is None or executor is not self._executor:
                return
            self._executor = None
        # The executor has no public way to end a process that hangs before Python 3.14.
        workers = list((getattr(executor, "_processes", None) or {}).values())
        for worker in workers:
            with contextlib.suppress(OSError, ValueError):
                worker.kill()
        executor.shutdown(wait=False, cancel_futures=True)


def end_with_parent() -> None:
    """Have this process end when its parent does: a killed parent cannot tell its children."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _start_tracker_quietly() -> None:
    """Start Python's tracker of semaphores so that it frees what a killed process left without a word."""
    before = os.environ.get("PYTHONWARNINGS")
    # The tracker is a process of its own and takes its warning filters from the environment alone.
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker:UserWarning")))
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
