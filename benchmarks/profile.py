"""Where a sheet's processor time goes: from the pages of a 300-dpi grey JPEG PDF to committed records.

    python -m benchmarks.profile [--sheets 100]

One process on one thread does what the reader processes and the committing process do, in their order, with
a clock around each part: processor time, which others' load changes less than the wall clock. What is not in
the table (handing pages from process to process, starting) is in ``benchmarks.sheets``.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.pile import OUT, Pile, pile
from benchmarks.sheets import ORDER
from meterdrop.settings import load_settings
from meterdrop.wiring import context, reading_settings
from ocr.cells import classifier
from ocr.forms import markers, observing, reader, registration, seeing
from ocr.load import document
from services import digitise, judging, reading, receive, recognition, settling
from services.context import PageRead, PageRef
from services.register import import_register
from services.work import RegisterFile

#: Part, and the function whose time it is, taken where it is called. A part's time holds that of the parts
#: that are set in below it.
_PARTS: tuple[tuple[str, ModuleType | type, str], ...] = (
    ("decode the page's JPEG", document.Document, "page"),
    ("hash its pixels", reading, "pixel_hash"),
    ("find the slips", seeing, "find_slips"),
    ("  make its corners smaller", markers, "reduced"),
    ("  look for markers", markers, "detect"),
    ("  sharpen their corners", markers, "_sharpened"),
    ("register", seeing, "register"),
    ("  rectify", registration, "warp"),
    ("  look across the printed lines", registration, "profiles"),
    ("  fit and check", registration, "correct"),
    ("cut the cells", reader, "cell_crops"),
    ("read the cells", reader, "read_cells"),
    ("  prepare the written ones", classifier, "prepare"),
    ("  network", classifier.CellClassifier, "_classify"),
    ("look for habits", reader, "observe_slip"),
    ("  ink of each row", observing, "row_ink"),
    ("  correction fluid", observing, "painted_cells"),
    ("decode account, readings, date; boxes", reader, "read_fields"),
    ("fingerprint of the ink", reader, "fingerprint"),
    ("judge and commit", digitise, "finish_chunk"),
    ("  readings against the register", settling, "weighed"),
    ("  gate", judging, "decide"),
    ("  recognition as JSON", recognition, "to_json"),
)


class Clock:
    """Processor seconds by part."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` with its time counted."""

        @functools.wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args, **named)
            finally:
                self.seconds[part] += time.process_time() - began
                self.calls[part] += 1

        return timed


@contextmanager
def clocked(clock: Clock) -> Iterator[None]:
    """Put the clock around every part until the block ends."""
    kept = [(place, name, getattr(place, name)) for _, place, name in _PARTS]
    for (part, place, name), (_, _, function) in zip(_PARTS, kept, strict=True):
        setattr(place, name, clock.around(part, function))
    try:
        yield
    finally:
        for place, name, function in kept:
            setattr(place, name, function)


class Here:
    """Reads pages in this process; a ``PageReader``."""

    workers = 1

    def __init__(self, real: Any) -> None:
        self._real = real
        self._registers: dict[str, RegisterFile] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="meterdrop-profile-")

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        """Read now."""
        done: Future[list[PageRead]] = Future()
        done.set_result(reading.read_pages(pages, self._registers))
        return done

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        """As ``services.pool`` does."""
        if supplier not in self._registers:
            path = Path(self._folder.name) / f"{supplier}.npy"
            reading.AccountIndex.build(accounts(), length).save(path)
            self._registers[supplier] = RegisterFile(version, path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def measure(made: Pile, sheets: int, chunk: int = 32) -> dict[str, Any]:
    """Processor milliseconds a sheet, whole and by part."""
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="meterdrop-profile-") as home:
        settings = load_settings({"METERDROP_HOME": home, "METERDROP_WORKERS": "1"})
        with context(settings) as real:
            import_register(real, made.register, ORDER.supplier)
            ctx = replace(real, reader=Here(real.reader))
            batch = receive.open_batch(ctx, ORDER)
            began = time.process_time()
            receipt = receive.receive_file(ctx, made.pdf, made.pdf.name, ORDER, batch)
            received = time.process_time() - began
            pages = digitise.split(ctx, receipt.file_id)
            ids = digitise.pending(ctx, batch)[: sheets + chunk]
            # What a reader process is told at its start.
            vars(reading)["_settings"] = reading_settings(settings)
            # The first chunk loads weights and register.
            digitise.digitise_chunk(ctx, ids[:chunk])
            with clocked(clock):
                began = time.process_time()
                for first in range(chunk, len(ids), chunk):
                    digitise.digitise_chunk(ctx, ids[first : first + chunk])
                whole = time.process_time() - began
    count = len(ids) - chunk
    rows = {part: 1000 * clock.seconds[part] / count for part, _, _ in _PARTS}
    return {
        "sheets": count,
        "receive_ms": 1000 * received / pages,
        "whole_ms": 1000 * whole / count,
        "ms": rows,
    }


def main() -> None:
    """Measure and print; the numbers also go to ``benchmarks/out/profile.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=96)
    given = parser.parse_args()
    report = measure(pile(300), given.sheets)
    report["load"] = [round(x, 2) for x in os.getloadavg()]
    (OUT / "profile.json").write_text(json.dumps(report, indent=1))
    whole = report["whole_ms"]
    print(f"{report['sheets']} sheets, {whole:.1f} ms of one core each, load {report['load']}\n")
    print("| part | ms a sheet | share |\n|---|---|---|")
    print(f"| take the file in (beside the rest) | {report['receive_ms']:.2f} | |")
    for part, spent in report["ms"].items():
        print(f"| {part.replace('  ', '– ')} | {spent:.2f} | {spent / whole:.1%} |")


if __name__ == "__main__":
    main()
