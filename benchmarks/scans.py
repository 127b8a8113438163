"""Filled and scanned slips with what they truly say, one after another, for the accuracy benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import cv2
import numpy as np

from simulate import damage, files
from simulate.fill import Manner, Writer, fill
from simulate.hands import Hand
from simulate.paper import Grey, blank, written
from simulate.scanner import random_scan, scan
from simulate.strokes import Pen
from templates.model import Template

DAY = date(2026, 11, 25)


@dataclass(frozen=True)
class Scanned:
    """A page image as it comes out of its JPEG, and the truth: values, and the symbol of each cell."""

    grey: Grey
    dpi: int
    account: str
    reading: str
    written_on: str
    cells: Mapping[str, str]


def scanned(template: Template, hands: Sequence[Hand], accounts: Sequence[str], seed: int) -> Scanned:
    """Slip number ``seed``: one hand, one pen, 200 or 300 dpi, any quarter turn, skew to ±5°, noise, JPEG 75.

    One in eight is folded, one in eight stamped on an empty place, one in six shows its back, one in five is
    dusty.
    """
    rng = np.random.default_rng([20121015, seed])
    account = accounts[int(rng.integers(len(accounts)))]
    reading = "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(4, 7))))
    day = DAY - timedelta(days=int(rng.integers(0, 5)))
    values = {
        "account": account,
        "address": "Красноярск, Мира 12, кв. 7",
        "reading": reading,
        "date": day.strftime("%d%m%Y"),
        "signature": "yes",
    }
    manner = Manner("right" if rng.random() < 0.35 else "left")
    dpi = int(rng.choice([200, 300]))
    filled = fill(template, values, _writer(hands, rng), rng, manner)
    sheet = _handled(written(filled, blank(template, dpi), dpi, rng), template, dpi, rng)
    packed = np.frombuffer(files.jpeg(scan(sheet, random_scan(rng, 5.0), rng), dpi, 75), np.uint8)
    grey = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    return Scanned(np.asarray(grey, np.uint8), dpi, account, reading, day.isoformat(), filled.cells)


def _writer(hands: Sequence[Hand], rng: np.random.Generator) -> Writer:
    pen = Pen(
        width=float(rng.uniform(0.3, 0.7)),
        darkness=float(rng.uniform(0.7, 1.0)),
        pressure=float(rng.uniform(0.0, 0.4)),
        shade=int(rng.integers(15, 95)),
    )
    size, unsteady = float(rng.uniform(0.52, 0.82)), float(rng.uniform(0.03, 0.09))
    return Writer(hands[int(rng.integers(len(hands)))], pen, size, unsteady)


def _handled(sheet: Grey, template: Template, dpi: int, rng: np.random.Generator) -> Grey:
    if rng.random() < 1 / 8:
        sheet = damage.fold(sheet, dpi, rng)
    if rng.random() < 1 / 8:
        signature = template.field("signature").box
        sheet = damage.stamp(sheet, dpi, (signature.x_mm + 20, signature.y_mm + 26), rng)
    if rng.random() < 1 / 6:
        sheet = damage.bleed(sheet, sheet, float(rng.uniform(0.05, 0.15)))
    if rng.random() < 1 / 5:
        sheet = damage.dust(sheet, dpi, rng, 20)
    return sheet
