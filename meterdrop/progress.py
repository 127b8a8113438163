"""Progress on standard error: a bar on a terminal, now and then a line elsewhere, nothing for short work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

#: Work that is done sooner says nothing.
QUIET_SECONDS = 2.0
#: Seconds between two lines where there is no terminal.
LINE_SECONDS = 10.0


class Progress:
    """``update(done, total, text)`` as often as you like; use it in a ``with`` block."""

    def __init__(
        self, title: str, *, terminal: bool | None = None, stopwatch: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._stopwatch = stopwatch
        self._began = self._said = stopwatch()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def update(self, done: int, total: int | None, text: str = "") -> None:
        """``done`` of ``total`` (None: not known) pieces of work; ``text`` stands beside the bar."""
        now = self._stopwatch()
        if now - self._began < QUIET_SECONDS or total == 0:
            return
        if self._terminal:
            self._draw(done, total, text)
        elif now - self._said >= LINE_SECONDS or self._said == self._began:
            self._said = now
            of = "" if total is None else f" of {total}"
            print(f"{self._title}: {done}{of} {text}".rstrip(), file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _draw(self, done: int, total: int | None, text: str) -> None:
        if self._bar is None:
            # Imported when there is something to draw: short commands stay fast.
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[text]}"),
                console=Console(stderr=True, force_terminal=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._title, total=total, text=text)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total, text=text)
