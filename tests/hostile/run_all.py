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
        who: resource.getrusage(kind).ru_maxrss // 1024
        for who, kind in (("own", resource.RUSAGE_SELF), ("children", resource.RUSAGE_CHILDREN))
    }
    print(json.dumps({"peak_mb": peak}))


if __name__ == "__main__":
    main()
