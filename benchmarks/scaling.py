"""Sheets a second with 1, 2 and 4 reader processes on the same cores and the same file.

    python -m benchmarks.scaling [--sheets 150] [--workers 1 2 4]

More processes than cores must cost nothing but memory. Beside the wall clock, which other work on the machine
changes, stand processor seconds, and the load before each run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pile import OUT, Pile, pile
from benchmarks.sheets import measure
from benchmarks.usage import watched
from services import batch


def scale(made: Pile, workers: int) -> dict[str, Any]:
    """One run in a fresh home."""
    load = round(os.getloadavg()[0], 2)
    home = Path(tempfile.mkdtemp(prefix="meterdrop-scaling-"))
    try:
        with watched() as memory:
            found = measure(made, home, workers, batch.run_batch)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return {"workers": workers, "load_before": load, **found, "most_memory_mib": round(memory.peak)}


def main() -> None:
    """Measure and print; the numbers also go to ``benchmarks/out/scaling.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=150)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    given = parser.parse_args()
    made = pile(given.sheets)
    names = ("workers", "sheets_per_s", "cpu_s_per_sheet", "start_up_s", "most_memory_mib", "load_before")
    print(" | ".join(names), flush=True)
    runs = []
    for workers in given.workers:
        runs.append(scale(made, workers))
        print(" | ".join(str(runs[-1][name]) for name in names), flush=True)
    (OUT / "scaling.json").write_text(json.dumps({"cores": os.cpu_count(), "runs": runs}, indent=1))


if __name__ == "__main__":
    main()
