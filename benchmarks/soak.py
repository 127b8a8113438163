"""Batch after batch in one process with its readers: does memory stay flat, and the time a sheet takes?

    python -m benchmarks.soak [--sheets 10000] [--batch 500] [--dpi 300]

The product is a process of its own (``benchmarks.soaked``); this one packs batches, tells it of them and
looks at its memory. Every batch is the same pile of slips, each page with another quantisation table than
before (other bytes, other pixels) and collected three months after the last, so that none is a duplicate.
Each leaves a line: memory of the product's processes once it is through, processor seconds a sheet. ``mib``
is proportional set size; ``own_mib`` leaves out what files stand behind, so that other programs on the
machine change nothing. Flat means: after warm-up (the first fifth) at most 5 % growth. What must grow is on
the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf

from benchmarks.cpu import cpu_seconds
from benchmarks.pile import DAY, DPI, OUT, Pile, pile
from benchmarks.usage import OWN, tree, watched
from ocr.load import open_document
from simulate import files

#: Of the table's 64 steps in zigzag order, those from which the variants are made: fine enough to leave the
#: ink alone, coarse enough that every page has some of it.
_FIRST_STEP, _STEPS = 12, 24


def at_resolution(made: Pile, dpi: int, folder: Path) -> Path:
    """The pile's PDF, its pages made smaller where fewer than their own dots an inch are wanted."""
    if dpi == DPI:
        return made.pdf
    path = folder / f"pile-{dpi}.pdf"
    path.write_bytes(files.pdf_of_jpegs(_smaller(made, dpi)))
    return path


def _smaller(made: Pile, dpi: int) -> Iterator[tuple[bytes, int]]:
    with open_document(made.pdf) as document:
        for page in range(1, document.pages + 1):
            grey = document.page(page).grey
            size = (grey.shape[1] * dpi // DPI, grey.shape[0] * dpi // DPI)
            small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield files.jpeg(small, dpi), dpi


def again(pile_pdf: Path, number: int, folder: Path) -> Path:
    """The pile as another file with other pixels, the same for the same ``number``."""
    path = folder / f"batch-{number:04d}.pdf"
    with pikepdf.open(pile_pdf) as document:
        for page in document.pages:
            picture = page.Resources.XObject["/Im0"]
            picture.write(_varied(picture.read_raw_bytes(), number), filter=pikepdf.Name.DCTDecode)
        document.save(path)
    return path


def _varied(jpeg: bytes, number: int) -> bytes:
    """A grey baseline JPEG with one step of its quantisation table made coarser, another for each number."""
    table = jpeg.index(b"\xff\xdb") + 5
    place = table + _FIRST_STEP + number % _STEPS
    coarser = min(255, jpeg[place] + 1 + number // _STEPS)
    return jpeg[:place] + bytes([coarser]) + jpeg[place + 1 :]


def collected(number: int) -> date:
    """The 24th, three months later each time."""
    months = DAY.year * 12 + DAY.month - 1 + 3 * number
    return date(months // 12, months % 12 + 1, DAY.day)


def soak(made: Pile, batches: int, home: Path, workers: int, dpi: int = DPI) -> list[dict[str, Any]]:
    """A line a batch."""
    lines = []
    pages = at_resolution(made, dpi, home)
    command = [sys.executable, "-m", "benchmarks.soaked", "--home", str(home / "product")]
    with subprocess.Popen(
        [*command, "--register", str(made.register), "--workers", str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as product:
        assert product.stdin is not None and product.stdout is not None
        _answer(product.stdout.readline())
        for number in range(batches):
            path = again(pages, number, home)
            used = cpu_seconds(product.pid)
            with watched(product.pid) as memory:
                told = {"path": str(path), "collected": collected(number).isoformat()}
                product.stdin.write(json.dumps(told) + "\n")
                product.stdin.flush()
                done = _answer(product.stdout.readline())
            path.unlink()
            sheets = sum(done["by_state"].values())
            now, own = tree(product.pid), tree(product.pid, OWN)
            lines.append(
                {
                    "batch": number + 1,
                    "sheets": sheets,
                    **done,
                    "mib": round(sum(now.values()), 1),
                    "own_mib": round(sum(own.values()), 1),
                    "committing_mib": round(now[product.pid], 1),
                    "committing_own_mib": round(own[product.pid], 1),
                    "most_mib": round(memory.peak, 1),
                    "cpu_s_per_sheet": round((cpu_seconds(product.pid) - used) / max(sheets, 1), 4),
                    "load": round(os.getloadavg()[0], 2),
                }
            )
            print(json.dumps(lines[-1]), flush=True)
        product.stdin.close()
    return lines


def _answer(line: str) -> dict[str, Any]:
    if not line:
        raise SystemExit("the product ended; what it said stands above")
    answer = json.loads(line)
    assert isinstance(answer, dict)
    return answer


def growth(lines: list[dict[str, Any]], what: str = "mib") -> float:
    """Share by which memory grew from the batch that ends the warm-up to the most of the last fifth."""
    fifth = max(1, len(lines) // 5)
    warm = lines[min(fifth, len(lines) - 1)][what]
    return float(max(line[what] for line in lines[-fifth:]) / warm - 1.0)


def main() -> None:
    """Soak and print; the curve also goes to ``benchmarks/out/soak.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--dpi", type=int, default=DPI, help="of the pages; fewer cost less time")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="meterdrop-soak-"))
    try:
        batches = -(-given.sheets // given.batch)
        lines = soak(pile(given.batch), batches, home, given.workers, given.dpi)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    grown = {what: round(growth(lines, what), 4) for what in ("mib", "own_mib")}
    (OUT / "soak.json").write_text(json.dumps({"growth_after_warm_up": grown, "lines": lines}, indent=1))
    sheets = sum(line["sheets"] for line in lines)
    print(f"{sheets} sheets, growth {grown['mib']:.1%}, of what no file stands behind {grown['own_mib']:.1%}")


if __name__ == "__main__":
    main()
