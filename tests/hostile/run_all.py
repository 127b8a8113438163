"""Load every file of a folder, one JSON line each, and say at the end how much memory that took.

A program of its own, so that the memory measured is the loader's and a crash is seen as one.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from domain.errors import InputError
from ocr.load import Limits, pages


def main() -> None:
    limits = Limits(render_seconds=2.0)
    for path in sorted(Path(sys.argv[1]).iterdir()):
        started = time.monotonic()
        items = [
            {"reason": item.reason.value, "detail": str(item)} if isinstance(item, InputError) else None
            for item in pages(path, limits)
        ]
        print(
            json.dumps({"name": path.name, "items": items, "seconds": time.monotonic() - started}), flush=True
        )
    peak = {
        "own": _own_peak_kb() // 1024,
        "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }
    print(json.dumps({"peak_mb": peak}))


def _own_peak_kb() -> int:
    """The greatest resident size since this program began.

    ``ru_maxrss`` would not do: Linux hands a fork's greatest size on to the program that it becomes.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
