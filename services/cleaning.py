"""Strange photos are opened in a process of their own: what crashes a decoder must not take others with it.

The web app of the customers and the watcher of the mailbox call this; a photo that kills the process twice,
or keeps it too long, is refused like a damaged one, and both go on.
"""

from __future__ import annotations

import queue
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import cv2
import numpy as np

from domain.errors import InputError
from domain.reasons import Reason
from services import photos
from services.photos import CleanPhoto, Picture
from services.processes import Processes, WorkerLostError, end_with_parent

#: Photos that are opened at a time, each in its own process: one that dies takes no other with it.
PLACES = 2
#: Address space of such a process: 110 megapixels in colour, twice, and the libraries.
MEMORY_MB = 2048
#: A photo of 109 megapixels takes 0.7 s on an idle core; a process that starts, a few more.
SECONDS = 60.0
#: Killed once, it may have been the machine's need of memory.
TRIES = 2

_NOTHING: Picture = np.zeros((0, 0, 3), np.uint8)


def _start(memory_mb: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()


def _ready() -> None:
    """A process that comes back from this is sound."""


def _clean(data: bytes, name: str) -> CleanPhoto:
    try:
        return replace(photos.clean_photo(data, name), picture=_NOTHING)
    except MemoryError as error:
        raise InputError(Reason.TOO_LARGE, "opening the photo takes too much memory") from error


class Cleaner:
    """``PLACES`` processes that clean photos; started when first needed.

    ``work``: what they do, a function of a module.
    """

    def __init__(self, seconds: float = SECONDS, work: Callable[[bytes, str], CleanPhoto] = _clean) -> None:
        self._seconds, self._work = seconds, work
        self._all = [Processes(1, _start, MEMORY_MB) for _ in range(PLACES)]
        self._free: queue.SimpleQueue[Processes] = queue.SimpleQueue()
        for process in self._all:
            self._free.put(process)

    def clean(self, data: bytes, name: str = "") -> CleanPhoto:
        """As ``services.photos.clean_photo``; raises ``InputError`` for what kills its process, too."""
        process = self._free.get()
        try:
            for _ in range(TRIES):
                try:
                    photo = process.run(self._seconds, self._work, data, name)
                except WorkerLostError as error:
                    if error.hung:
                        raise InputError(
                            Reason.TIMED_OUT, f"not opened within {self._seconds:.0f} s"
                        ) from error
                    continue
                # What is kept, is ours: it was encoded by this program.
                kept = cv2.imdecode(np.frombuffer(photo.jpeg, np.uint8), cv2.IMREAD_COLOR)
                return replace(photo, picture=np.asarray(kept, np.uint8))
            raise InputError(Reason.DECODER_CRASHED, f"it killed the process that opened it {TRIES} times")
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the processes, at once; what they work on is lost."""
        for process in self._all:
            process.close()

    def warm(self) -> None:
        """Start the first process, so that the first photo need not wait for it."""
        process = self._free.get()
        try:
            # Closed meanwhile, or killed: then the first photo will tell.
            with suppress(WorkerLostError):
                process.run(self._seconds, _ready)
        finally:
            self._free.put(process)


_CLEANER = Cleaner()


def clean_photo(data: bytes, name: str = "") -> CleanPhoto:
    """As ``services.photos.clean_photo``, in a process of its own; ``InputError`` for what kills it, too."""
    return _CLEANER.clean(data, name)


@contextmanager
def warmed() -> Iterator[None]:
    """Start what opens photos, so that the first need not wait, and end it in the end.

    A process of ``multiprocessing`` waits for its children before the pool's own end would come.
    """
    threading.Thread(target=_CLEANER.warm, daemon=True).start()
    try:
        yield
    finally:
        _CLEANER.close()
