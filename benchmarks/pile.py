"""A pile of filled slips as one 300-dpi grey JPEG PDF, every slip another customer: made once, kept in
``out/``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from simulate import files, registers
from simulate.fill import Manner, Writer, fill
from simulate.hands import HANDS
from simulate.paper import blank, written
from simulate.scanner import random_scan, scan
from simulate.strokes import Pen
from templates import find

OUT = Path(__file__).parent / "out"
DAY = date(2026, 10, 24)
DPI = 300
_SEED = 300_500


@dataclass(frozen=True)
class Pile:
    """``pdf``: the scans, a slip a page; ``register``: its CSV; ``truth``: account → reading, in page
    order.
    """

    pdf: Path
    register: Path
    truth: dict[str, str]


def pile(sheets: int, accounts: int = 100_000, seed: int = _SEED) -> Pile:
    """``sheets`` slips of customers of a register of scattered accounts; the same for the same arguments."""
    OUT.mkdir(exist_ok=True)
    stem = f"pile-{sheets}-{accounts}-{seed}"
    made = Pile(OUT / f"{stem}.pdf", OUT / f"{stem}.csv", {})
    truth = OUT / f"{stem}.json"
    if not truth.exists():
        rng = np.random.default_rng(seed)
        entries = list(registers.register(registers.accounts(accounts, rng), rng, DAY))
        registers.write_csv(made.register, entries)
        chosen = [entries[int(i)] for i in rng.choice(accounts, sheets, replace=False)]
        with get_context("spawn").Pool(2) as pool:
            pages = pool.starmap(page, [(seed, n, entry) for n, entry in enumerate(chosen)], chunksize=10)
        made.pdf.write_bytes(files.pdf_of_jpegs((data, DPI) for data, _ in pages))
        said = {entry.account: reading for entry, (_, reading) in zip(chosen, pages, strict=True)}
        truth.write_text(json.dumps(said))
    return Pile(made.pdf, made.register, json.loads(truth.read_text()))


def page(seed: int, number: int, entry: registers.Entry) -> tuple[bytes, str]:
    """One scanned slip as JPEG bytes, and its reading."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    used = int(entry.monthly_average * rng.uniform(0.6, 1.3)) + 1
    reading = f"{int(entry.previous_reading) + used:0{entry.digits}d}"
    hand = HANDS[number % len(HANDS)]
    pen = Pen(width=float(rng.uniform(0.35, 0.6)), shade=int(rng.integers(20, 90)))
    values = {
        "account": entry.account,
        "address": entry.address,
        "reading": reading,
        "date": (DAY - timedelta(days=int(rng.integers(0, 3)))).strftime("%d%m%Y"),
        "signature": "yes",
    }
    form = find("krasnoyarsk-dropbox")
    writer = Writer(hand, pen, float(rng.uniform(0.6, 0.78)), float(rng.uniform(0.03, 0.07)), hand)
    manner = Manner("right" if rng.random() < 0.3 else "left")
    sheet = written(fill(form, values, writer, rng, manner), blank(form, DPI), DPI, rng)
    return files.jpeg(scan(sheet, random_scan(rng, skew_deg=4.0), rng), DPI, 80), reading
