"""What a station has handed in: one line a receipt, synced before any file is moved."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = ".meterdrop-ledger.jsonl"


@dataclass(frozen=True)
class Entry:
    """A receipt: the file as it was, and what the server said."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    batch: int
    receipt: int


class Ledger:
    """The receipts of one folder. A line cut off by a crash is left out: its file is simply sent again."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / NAME
        self._known: dict[tuple[str, int, int], Entry] = {}
        if self.file.exists():
            for line in self.file.read_text("utf-8", "replace").splitlines():
                try:
                    entry = Entry(**json.loads(line))
                except (ValueError, TypeError):
                    continue
                self._known[entry.path, entry.size, entry.mtime_ns] = entry

    def find(self, path: str, size: int, mtime_ns: int) -> Entry | None:
        """The receipt of this very file, if it was handed in as it is now."""
        return self._known.get((path, size, mtime_ns))

    def batches(self) -> list[int]:
        """Every batch that was handed in to, in the order of the last file."""
        return list(dict.fromkeys(reversed([entry.batch for entry in self._known.values()])))[::-1]

    def add(self, entry: Entry) -> None:
        """Write a receipt down; when this returns it survives a power cut."""
        with self.file.open("a+b") as out:
            # A crash may have left half a line.
            if out.tell() and self.file.read_bytes()[-1:] != b"\n":
                out.write(b"\n")
            out.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        self._known[entry.path, entry.size, entry.mtime_ns] = entry
