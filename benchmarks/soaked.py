"""The product's side of the soak: one process that runs batch after batch and does nothing else.

    python -m benchmarks.soaked --home HOME --register CSV [--workers 2]

Takes a line of JSON a batch from standard input, ``{"path": …, "collected": "YYYY-MM-DD"}``, and answers
each with a line once the batch is through: ``{"by_state": {…}, "seconds": …}``. The first line it says,
``{}``, means that the register is imported.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.sheets import ORDER
from meterdrop.settings import load_settings
from meterdrop.wiring import context
from services import batch
from services.processes import ask_for_one_thread
from services.register import import_register


def main() -> None:
    """Answer batch after batch until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", required=True)
    parser.add_argument("--register", type=Path, required=True)
    parser.add_argument("--workers", default="2")
    given = parser.parse_args()
    ask_for_one_thread()
    settings = load_settings({"METERDROP_HOME": given.home, "METERDROP_WORKERS": given.workers})
    with context(settings) as ctx:
        import_register(ctx, given.register, ORDER.supplier)
        print("{}", flush=True)
        for line in sys.stdin:
            told = json.loads(line)
            order = replace(ORDER, collected=date.fromisoformat(told["collected"]))
            done = batch.run_batch(ctx, [Path(told["path"])], order)
            print(json.dumps({"by_state": dict(done.totals), "seconds": round(done.seconds, 1)}), flush=True)


if __name__ == "__main__":
    main()
