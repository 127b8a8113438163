"""Processor seconds of a process and all it started: others' load changes them less than the wall clock."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int | None = None) -> float:
    """User and system seconds so far of process ``root`` (this one) and its living or reaped descendants."""
    root = os.getpid() if root is None else root
    parents, used = _processes()
    return sum(seconds for pid, seconds in used.items() if _descends(pid, root, parents))


def descendants(root: int) -> list[int]:
    """``root`` and the ids of all living processes that it or they have started."""
    parents, _ = _processes()
    return [pid for pid in parents if _descends(pid, root, parents)]


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    """Each living process's parent, and the seconds that it and its reaped children have used."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        # utime, stime, and those of children that were waited for
        used[int(entry.name)] = sum(int(value) for value in fields[11:15]) / _TICKS
    return parents, used


def _descends(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = parents.get(pid, 0)
    return False
