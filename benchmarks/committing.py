"""What grows in the process that commits: ready results of so many sheets, batch after batch, no reader.

    python -m benchmarks.committing [--sheets 10000] [--batch 500] [--cache 16]

What a pile's pages gave is read once and then handed over as a pool of readers would, each time as other
pixels collected three months later. A line a batch: memory that no file stands behind, what the C library
has given out and keeps (mallinfo2), what SQLite holds (sqlite3_memory_used), objects of Python. ``--cache``:
MiB of pages that SQLite keeps, to see what it does to memory and time.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import storage.records.engine as engine
from benchmarks.pile import Pile, pile
from benchmarks.sheets import ORDER
from benchmarks.soak import collected
from benchmarks.usage import OWN, megabytes
from meterdrop.settings import load_settings
from meterdrop.wiring import context
from services import batch, digitise, receive
from services.context import Context, PageCount, PageRead, PageReader, PageRef
from services.register import import_register

#: Pages that are read once and then given again and again.
_PAGES = 160


_NAMES = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class _Mallinfo2(ctypes.Structure):
    """Bytes: see mallinfo(3)."""

    _fields_ = [(name, ctypes.c_size_t) for name in _NAMES]


class Ready:
    """A ``PageReader`` that has read everything before; results arrive pickled, as from a process."""

    workers = 2

    def __init__(self, pages: Sequence[PageRead], batch_pages: int, inner: PageReader) -> None:
        self._pages = [pickle.dumps(page) for page in pages]
        self._batch_pages = batch_pages
        self._inner = inner
        self._given = 0

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        """See ``PageReader``; every page is other pixels than all before."""
        done: Future[list[PageRead]] = Future()
        done.set_result([self._read(ref) for ref in pages])
        return done

    def _read(self, ref: PageRef) -> PageRead:
        self._given += 1
        pixels = hashlib.sha256(str(self._given).encode()).hexdigest()
        page = pickle.loads(self._pages[(ref.page - 1) % len(self._pages)])
        assert isinstance(page, PageRead)
        return replace(page, ref=ref, pixel_hash=pixels)

    def count(self, key: str, name: str) -> Future[PageCount]:
        """See ``PageReader``."""
        done: Future[PageCount] = Future()
        done.set_result(PageCount(self._batch_pages))
        return done

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        """See ``PageReader``."""
        self._inner.refresh(supplier, version, length, accounts)

    def close(self) -> None:
        """See ``PageReader``."""
        self._inner.close()


def read_once(made: Pile) -> list[PageRead]:
    """What the first pages give, by real readers in a home of their own."""
    home = Path(tempfile.mkdtemp(prefix="meterdrop-committing-"))
    try:
        with context(load_settings({"METERDROP_HOME": str(home)})) as ctx:
            import_register(ctx, made.register, ORDER.supplier)
            receipt = receive.receive_file(ctx, made.pdf, made.pdf.name, ORDER)
            digitise.refresh_register(ctx, ORDER.supplier)
            refs = [PageRef(receipt.sha256, "", number, ORDER.supplier) for number in range(1, _PAGES + 1)]
            return ctx.reader.submit(refs).result()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def commit(ctx: Context, home: Path, batches: int, size: int) -> None:
    """Print a line a batch."""
    say = _teller()
    say("start", 0.0)
    for number in range(batches):
        path = home / f"batch-{number}"
        path.write_bytes(f"batch {number}".encode())
        used = time.process_time()
        batch.run_batch(ctx, [path], replace(ORDER, collected=collected(number)))
        say(str((number + 1) * size), (time.process_time() - used) / size)
        path.unlink()


def _teller() -> Callable[[str, float], None]:
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = _Mallinfo2
    mapped = Path("/proc/self/maps").read_text().splitlines()
    sqlite = ctypes.CDLL(next(line.split()[-1] for line in mapped if "libsqlite3" in line))
    sqlite.sqlite3_memory_used.restype = ctypes.c_longlong
    print("  sheets  own MiB  given out  kept free  SQLite  Python's blocks  objects  ms a sheet")

    def say(what: str, seconds: float) -> None:
        gc.collect()
        info = libc.mallinfo2()
        own, pages = megabytes(os.getpid(), OWN), sqlite.sqlite3_memory_used() / 2**20
        out, free = (info.uordblks + info.hblkhd) / 2**20, info.fordblks / 2**20
        print(
            f"{what:>8} {own:8.1f} {out:10.1f} {free:10.1f} {pages:7.1f} {sys.getallocatedblocks():16d} "
            f"{len(gc.get_objects()):8d} {seconds * 1e3:11.2f}",
            flush=True,
        )

    return say


def main() -> None:
    """Read once, commit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--cache", type=int, default=-engine.CACHE_KIB // 1024)
    given = parser.parse_args()
    engine.CACHE_KIB = -given.cache * 1024
    made = pile(500)
    pages = read_once(made)
    home = Path(tempfile.mkdtemp(prefix="meterdrop-committing-"))
    try:
        with context(load_settings({"METERDROP_HOME": str(home)})) as ctx:
            import_register(ctx, made.register, ORDER.supplier)
            ready = replace(ctx, reader=Ready(pages, given.batch, ctx.reader))
            commit(ready, home, -(-given.sheets // given.batch), given.batch)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
