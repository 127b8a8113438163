"""Reads what stations hand in, in a thread of the staff pages' process; its state is in the records alone."""

from __future__ import annotations

import logging
import threading

from services import station
from services.context import Context

log = logging.getLogger(__name__)

#: Looks by itself after so many seconds: a batch may have been handed in before this process began.
LOOK_EVERY = 30.0
#: Waits so long after trouble, such as storage that is away for a moment.
WAIT_AFTER_TROUBLE = 10.0
#: Lets a chunk under way be committed; one that takes longer is read again by the next process.
WAIT_AT_END = 4.0


class Digitiser:
    """Started once a process; ``wake`` it after something was handed in."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._awake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="digitiser", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to read."""
        self._awake.set()

    def stop(self) -> None:
        """End after the chunk under way; what is left is gone on with by the next process."""
        self._stop.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join(WAIT_AT_END)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.clear()
            wait = LOOK_EVERY
            try:
                station.work(self.ctx, self._stop.is_set)
            except Exception:
                if not self._stop.is_set():
                    log.exception("stations' batches wait")
                wait = WAIT_AFTER_TROUBLE
            self._awake.wait(wait)
