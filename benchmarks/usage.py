"""Memory of a process and all it started, sampled while something runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cpu import descendants


@dataclass
class Memory:
    """MiB: ``now`` of each process by its id, the ``peak`` of their sum, the sum by seconds since the start.

    Proportional set size: pages that processes share count once (proc(5), smaps_rollup).
    """

    peak: float = 0.0
    now: dict[int, float] = field(default_factory=dict)
    curve: list[tuple[float, float]] = field(default_factory=list)


#: Proportional set size, and what of it no file stands behind: the first also changes when strangers begin or
#: stop to use the same libraries.
SHARED, OWN = "Pss", "Pss_Anon"


def megabytes(pid: int, what: str = SHARED) -> float:
    """MiB of one process; 0 when it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def tree(root: int, what: str = SHARED) -> dict[int, float]:
    """MiB of ``root`` and of everything that it started and that lives."""
    return {pid: megabytes(pid, what) for pid in descendants(root)}


@contextmanager
def watched(root: int | None = None, every: float = 0.5) -> Iterator[Memory]:
    """Sample the memory of ``root`` (this process) and its descendants until the block ends."""
    memory, end, began = Memory(), threading.Event(), time.perf_counter()
    pid = os.getpid() if root is None else root

    def sample() -> None:
        while not end.wait(every):
            memory.now = tree(pid)
            total = sum(memory.now.values())
            memory.peak = max(memory.peak, total)
            memory.curve.append((round(time.perf_counter() - began, 1), round(total, 1)))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        end.set()
        thread.join()
