"""A very long PDF through ``meterdrop ingest``: its processes' most memory, and the way to the first sheet.

    python -m benchmarks.memory [--pages 5000] [--workers 2]

The pages are the benchmark's slips at 200 dpi, so that 5,000 are one file below the default limit of 512 MB;
each is there several times, packed each time anew. Start-up is told by itself: seconds from the start of the
command to the first sheet that is accepted. Memory does not depend on what else the machine does; times do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.cpu import cpu_seconds
from benchmarks.pile import DAY, OUT, Pile, pile
from benchmarks.usage import watched
from ocr.load import open_document
from simulate import files

_SLIPS = 100
_DPI = 200
_SUPPLIER = "krasnoyarskenergosbyt"


def long_pdf(made: Pile, pages: int) -> Path:
    """``pages`` pages in one PDF, kept in ``out/``: the pile's slips over and over, no two alike in bytes."""
    path = OUT / f"long-{pages}.pdf"
    if not path.exists():
        path.write_bytes(files.pdf_of_jpegs(_jpegs(made, pages)))
    return path


def _jpegs(made: Pile, pages: int) -> Iterator[tuple[bytes, int]]:
    with open_document(made.pdf) as document:
        small = []
        for number in range(1, _SLIPS + 1):
            grey = document.page(number).grey
            size = (grey.shape[1] * _DPI // 300, grey.shape[0] * _DPI // 300)
            small.append(np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8))
    for page in range(pages):
        yield files.jpeg(small[page % _SLIPS], _DPI, 16 + page // _SLIPS % 20), _DPI


def measure(pdf: Path, register: Path, workers: int) -> dict[str, Any]:
    """Ingest ``pdf`` in a fresh home."""
    home = Path(tempfile.mkdtemp(prefix="meterdrop-memory-"))
    environment = {**os.environ, "METERDROP_HOME": str(home), "METERDROP_WORKERS": str(workers)}
    meterdrop = [sys.executable, "-m", "meterdrop"]
    try:
        subprocess.run([*meterdrop, "register", "import", str(register)], env=environment, check=True)
        began = time.perf_counter()
        command = [*meterdrop, "ingest", str(pdf), "--channel", "station", "--station", "memory"]
        ingest = subprocess.Popen(
            [*command, "--collected", DAY.isoformat(), "--supplier", _SUPPLIER], env=environment
        )
        first: tuple[float, float] | None = None
        used = 0.0
        with watched(ingest.pid) as memory:
            while ingest.poll() is None:
                time.sleep(0.2)
                used = cpu_seconds(ingest.pid) or used
                if first is None and _accepted(home):
                    first = (time.perf_counter() - began, used)
        seconds = time.perf_counter() - began
        states = _states(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    sheets = sum(states.values())
    third = len(memory.curve) // 3
    return {
        "file_mb": round(pdf.stat().st_size / 1e6),
        "sheets": sheets,
        "by_state": states,
        "workers": workers,
        "most_memory_mib": round(memory.peak),
        "first_third_most_mib": round(max((m for _, m in memory.curve[:third]), default=0.0)),
        "last_third_most_mib": round(max((m for _, m in memory.curve[-third:]), default=0.0)),
        "first_accepted_s": None if first is None else round(first[0], 1),
        "first_accepted_cpu_s": None if first is None else round(first[1], 1),
        "seconds": round(seconds, 1),
        "cpu_s_per_sheet": round(used / max(sheets, 1), 4),
        "exit_status": ingest.returncode,
        "curve": memory.curve,
    }


def _states(home: Path) -> dict[str, int]:
    try:
        with sqlite3.connect(f"file:{home}/records.db?mode=ro", uri=True, timeout=20) as records:
            return dict(records.execute("SELECT state, count(*) FROM sheet GROUP BY state").fetchall())
    except sqlite3.OperationalError:
        return {}


def _accepted(home: Path) -> bool:
    return bool(_states(home).get("accepted"))


def main() -> None:
    """Measure and print; the numbers, with the curve, also go to ``benchmarks/out/memory.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    made = pile(300)
    report = measure(long_pdf(made, given.pages), made.register, given.workers)
    report["load"] = [round(x, 2) for x in os.getloadavg()]
    (OUT / "memory.json").write_text(json.dumps(report))
    for name, value in report.items():
        if name != "curve":
            print(f"{name:24s} {value}")


if __name__ == "__main__":
    main()
