"""Batch after batch in one process with its readers: does memory stay flat, and the time a sheet takes?

    python -m benchmarks.soak [--sheets 10000] [--batch 500]

Every batch is the same pile of slips, packed anew at another JPEG quality (other pixels) and collected three
months after the last, so that none is a duplicate. Each leaves a line: memory of all processes once it is
through (proportional set size), processor seconds a sheet. Flat means: after warm-up (the first fifth) at
most 5 % growth. What must grow is on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cpu import cpu_seconds
from benchmarks.pile import DAY, DPI, OUT, Pile, pile
from benchmarks.sheets import ORDER
from benchmarks.usage import tree, watched
from meterdrop.settings import load_settings
from meterdrop.wiring import context
from ocr.load import open_document
from services import batch
from services.register import import_register
from simulate import files

_FIRST_QUALITY = 60
_QUALITIES = 36


def again(made: Pile, number: int, folder: Path) -> Path:
    """The pile as another file with other pixels, the same for the same ``number``."""
    quality = _FIRST_QUALITY + number % _QUALITIES
    path = folder / f"batch-{number:04d}.pdf"
    path.write_bytes(files.pdf_of_jpegs(_packed(made, quality)))
    return path


def _packed(made: Pile, quality: int) -> Iterator[tuple[bytes, int]]:
    with open_document(made.pdf) as document:
        for page in range(1, document.pages + 1):
            yield files.jpeg(np.asarray(document.page(page).grey, np.uint8), DPI, quality), DPI


def collected(number: int) -> date:
    """The 24th, three months later each time."""
    months = DAY.year * 12 + DAY.month - 1 + 3 * number
    return date(months // 12, months % 12 + 1, DAY.day)


def soak(made: Pile, batches: int, home: Path, workers: int) -> list[dict[str, Any]]:
    """A line a batch."""
    lines = []
    settings = load_settings({"METERDROP_HOME": str(home), "METERDROP_WORKERS": str(workers)})
    with context(settings) as ctx:
        import_register(ctx, made.register, ORDER.supplier)
        for number in range(batches):
            path = again(made, number, home)
            used = cpu_seconds()
            with watched() as memory:
                done = batch.run_batch(ctx, [path], replace(ORDER, collected=collected(number)))
            path.unlink()
            sheets = sum(done.totals.values())
            now = tree(os.getpid())
            own = now.pop(os.getpid(), 0.0)
            lines.append(
                {
                    "batch": number + 1,
                    "sheets": sheets,
                    "by_state": dict(done.totals),
                    "mib": round(own + sum(now.values()), 1),
                    "committing_mib": round(own, 1),
                    "most_mib": round(memory.peak, 1),
                    "cpu_s_per_sheet": round((cpu_seconds() - used) / max(sheets, 1), 4),
                    "seconds": round(done.seconds, 1),
                    "load": round(os.getloadavg()[0], 2),
                }
            )
            print(json.dumps(lines[-1]), flush=True)
    return lines


def growth(lines: list[dict[str, Any]]) -> float:
    """Share by which memory grew from the batch that ends the warm-up to the most of the last fifth."""
    fifth = max(1, len(lines) // 5)
    warm = lines[min(fifth, len(lines) - 1)]["mib"]
    return float(max(line["mib"] for line in lines[-fifth:]) / warm - 1.0)


def main() -> None:
    """Soak and print; the curve also goes to ``benchmarks/out/soak.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="meterdrop-soak-"))
    try:
        lines = soak(pile(given.batch), -(-given.sheets // given.batch), home, given.workers)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report = {"growth_after_warm_up": round(growth(lines), 4), "lines": lines}
    (OUT / "soak.json").write_text(json.dumps(report, indent=1))
    print(f"{sum(line['sheets'] for line in lines)} sheets, growth {report['growth_after_warm_up']:.1%}")


if __name__ == "__main__":
    main()
