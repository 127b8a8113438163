"""Boxes of slips, each unique in account and pixels: one PDF a box, made once, kept in ``out/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.pile import DAY, DPI, OUT, page
from simulate import files, registers


@dataclass(frozen=True)
class Boxes:
    """``folder``: the scans; ``register``: its CSV; ``truth``: account → reading."""

    folder: Path
    register: Path
    truth: dict[str, str]

    @property
    def paths(self) -> list[Path]:
        """A file a box, in their order."""
        return sorted(self.folder.glob("*.pdf"))


def boxes(sheets: int, size: int = 50, seed: int = 8) -> Boxes:
    """``sheets`` slips in boxes of ``size``, of a register with as many again who send nothing.

    Interrupted and called again it goes on with the box it was at; memory does not grow with ``sheets``.
    """
    place = OUT / f"boxes-{sheets}-{size}-{seed}"
    scans = place / "scans"
    scans.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    entries = list(registers.register(registers.accounts(2 * sheets, rng), rng, DAY))
    register = place / "register.csv"
    if not register.exists():
        registers.write_csv(register, entries)
    chosen = [entries[int(i)] for i in rng.choice(2 * sheets, sheets, replace=False)]
    with get_context("spawn").Pool(2) as pool:
        for start in range(0, sheets, size):
            box, said = scans / f"{start:06d}.pdf", place / f"{start:06d}.json"
            if said.exists():
                continue
            some = [(seed, start + n, entry) for n, entry in enumerate(chosen[start : start + size])]
            pages = pool.starmap(page, some)
            box.write_bytes(files.pdf_of_jpegs((data, DPI) for data, _ in pages))
            readings = {
                entry.account: reading for (_, _, entry), (_, reading) in zip(some, pages, strict=True)
            }
            said.write_text(json.dumps(readings))
    told = (json.loads(path.read_text()) for path in sorted(place.glob("*.json")))
    return Boxes(scans, register, {account: reading for some in told for account, reading in some.items()})
