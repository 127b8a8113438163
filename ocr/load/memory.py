"""A ceiling over what a native decoder may allocate, kept by the kernel."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM = Path("/proc/self/statm")
_DATA_FIELD = 5  # proc(5): data + stack, in pages

_lock = threading.Lock()
_depth = 0
_saved = resource.RLIM_INFINITY


@contextmanager
def ceiling(extra: int) -> Iterator[None]:
    """Let this process allocate at most ``extra`` bytes more than it has; beyond, MemoryError.

    Sizes are checked before decoding, so this only meets what those checks do not foresee: structures that
    blow up when parsed. The limit is the whole process's (RLIMIT_DATA, restored afterwards); of blocks that
    overlap in several threads the first one's holds. Does nothing where the kernel does not tell the use.
    """
    _lower(extra)
    try:
        yield
    finally:
        _restore()


def _lower(extra: int) -> None:
    global _depth, _saved  # noqa: PLW0603 - a limit is the process's
    with _lock:
        _depth += 1
        if _depth > 1:
            return
        _saved, hard = resource.getrlimit(resource.RLIMIT_DATA)
        used = _in_use()
        if used is None:
            return
        wanted = used + extra
        if _saved == resource.RLIM_INFINITY or wanted < _saved:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def _restore() -> None:
    global _depth  # noqa: PLW0603
    with _lock:
        _depth -= 1
        if _depth == 0:
            resource.setrlimit(resource.RLIMIT_DATA, (_saved, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _in_use() -> int | None:
    try:
        return int(_STATM.read_bytes().split()[_DATA_FIELD]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None
