"""Slips filled by recorded writers and scanned, with what they truly say: for thresholds and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, Self

import cv2
import numpy as np

from simulate.curves import Strokes
from simulate.damage import bleed, dust, fold, stamp
from simulate.fill import Manner, Writer, align, fill
from simulate.hands import HANDS
from simulate.paper import blank, written
from simulate.scanner import random_scan, scan
from simulate.strokes import Pen, lay, vary
from templates.model import Template
from training.sources import Source, illegible, load, raster_ink
from training.sources import fold as fold_of


@dataclass(frozen=True)
class _Hand:
    """One writer's samples by digit. On a slip each is used once; what is missing then comes from all.

    Nobody writes the same digit twice to the last bend: a sample must not make a slip right or wrong alone.
    """

    name: str
    source: Source
    own: dict[int, list[int]]
    others: dict[int, list[int]]

    def for_a_slip(self) -> Self:
        """This hand with all its samples unused."""
        return replace(self, own={d: list(samples) for d, samples in self.own.items()})

    def _dealt(self, d: int, rng: np.random.Generator) -> int:
        """A sample of digit ``d`` that was not used on this slip yet, or where there is none anybody's."""
        if own := self.own.get(d):
            return own.pop(int(rng.integers(len(own))))
        return self.others[d][int(rng.integers(len(self.others[d])))]


@dataclass(frozen=True)
class RecordedHand(_Hand):
    """One UNIPEN writer."""

    def digit(self, d: int, rng: np.random.Generator) -> Strokes:
        """Digit ``d`` as this writer recorded it, one of his samples at random."""
        assert self.source.strokes is not None
        return tuple(self.source.strokes[self._dealt(d, rng)])


@dataclass(frozen=True)
class PicturedHand(_Hand):
    """One MNIST writer, whose digits are small pictures."""

    def ink(self, d: int, height_px: float, pen: Pen, rng: np.random.Generator, level: float) -> np.ndarray:
        """Digit ``d`` as coverage, ``height_px`` high; ``level``: see ``raster_ink``."""
        assert self.source.images is not None
        return raster_ink(self.source.images[self._dealt(d, rng)], height_px, pen, rng, level)


def held_out_hands(left_out: int = 0, legible: bool = True) -> list[RecordedHand]:
    """The UNIPEN writers of the fold that a run left out, those with at least five different digits.

    ``legible``: without the samples that a person read otherwise, see ``training/unipen_illegible.txt``.
    """
    source = load("unipen")
    mine = np.flatnonzero(fold_of(source.group) == left_out)
    if legible:
        mine = np.setdiff1d(mine, np.flatnonzero(np.isin(source.places, illegible("unipen"))))
    return [
        RecordedHand(f"unipen-{writer}", source, own, others)
        for writer, own, others in _by_writer(source, mine)
    ]


def pictured_hands(legible: bool = True) -> list[PicturedHand]:
    """The MNIST test writers, those with at least five different digits; no training has seen them."""
    source = load("mnist-test")
    mine = np.arange(len(source.labels))
    if legible:
        mine = np.setdiff1d(mine, illegible("mnist"))
    return [
        PicturedHand(f"mnist-{writer}", source, own, others)
        for writer, own, others in _by_writer(source, mine)
    ]


def _by_writer(
    source: Source, mine: np.ndarray
) -> Iterator[tuple[int, dict[int, list[int]], dict[int, list[int]]]]:
    """Each writer with his samples by digit, and those of all writers to borrow from."""
    others: dict[int, list[int]] = {d: [] for d in range(10)}
    by_writer: dict[int, dict[int, list[int]]] = {}
    for index in mine:
        digit, writer = int(source.labels[index]), int(source.group[index])
        others[digit].append(int(index))
        by_writer.setdefault(writer, {}).setdefault(digit, []).append(int(index))
    for writer, own in sorted(by_writer.items()):
        if len(own) >= 5:
            yield writer, own, others


@dataclass(frozen=True)
class Truth:
    """What a slip says: field values as the reader should give them, and each cell's symbol."""

    account: str
    reading: str
    date: str
    cells: dict[str, str]
    writer: str


@dataclass(frozen=True)
class Mix:
    """How slips are written and scanned."""

    dpi: tuple[int, ...] = (200, 300)
    skew_deg: float = 5.0
    jpeg: int = 75
    damage: bool = True


def somebody(
    hands: Sequence[RecordedHand | PicturedHand], rng: np.random.Generator
) -> tuple[RecordedHand | PicturedHand, Writer]:
    """One of the hands, with a pen; an invented hand writes what a pictured one has no strokes for."""
    hand = hands[int(rng.integers(len(hands)))].for_a_slip()
    pen = Pen(
        width=float(rng.uniform(0.28, 0.75)),
        darkness=float(rng.uniform(0.6, 1.0)),
        shade=int(rng.integers(10, 95)),
        slant=float(rng.normal(0.0, 0.08)),
        tremor=float(rng.uniform(0.0, 0.01)),
    )
    strokes = hand if isinstance(hand, RecordedHand) else HANDS[0]
    size, unsteady = float(rng.uniform(0.5, 0.85)), float(rng.uniform(0.03, 0.1))
    return hand, Writer(strokes, pen, size=size, unsteady=unsteady)


def said(accounts: Sequence[str], rng: np.random.Generator, day: date) -> tuple[str, str, date]:
    """Account, reading of four to six digits, and one of the last five days."""
    account = accounts[int(rng.integers(len(accounts)))]
    reading = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(4, 7))))
    return account, reading, day - timedelta(days=int(rng.integers(0, 5)))


def through_scanner(page: np.ndarray, rng: np.random.Generator, skew_deg: float, jpeg: int) -> np.ndarray:
    """The page as a station's scanner hands it in: grey uint8 H×W, out of a JPEG."""
    page = scan(page, random_scan(rng, skew_deg), rng)
    _, packed = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, jpeg])
    grey = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    return np.asarray(grey, np.uint8)


def simulated(
    template: Template,
    accounts: list[str],
    hands: Sequence[RecordedHand | PicturedHand],
    seed: int,
    mix: Mix = Mix(),
    day: date = date(2026, 11, 25),
) -> Iterator[tuple[np.ndarray, int, Truth]]:
    """Endless scanned slips: grey uint8 H×W, dpi, truth. Item ``i`` depends on ``seed + i`` alone."""
    index = seed
    while True:
        rng = np.random.default_rng(index)
        yield one(template, accounts, hands, rng, mix, day)
        index += 1


def one(
    template: Template,
    accounts: list[str],
    hands: Sequence[RecordedHand | PicturedHand],
    rng: np.random.Generator,
    mix: Mix,
    day: date,
) -> tuple[np.ndarray, int, Truth]:
    """One scanned slip; everything random comes from ``rng``."""
    hand, writer = somebody(hands, rng)
    account, reading, when = said(accounts, rng, day)
    side: Literal["left", "right"] = "left" if rng.random() < 0.6 else "right"
    values = {
        "account": account,
        "reading": reading,
        "date": when.strftime("%d%m%Y"),
        "address": "ул. Мира 12 кв 7",
        "signature": "x",
    }
    dpi = int(rng.choice(mix.dpi))
    if isinstance(hand, RecordedHand):
        filled = fill(template, values, writer, rng, Manner(align=side))
        page, cells = written(filled, blank(template, dpi), dpi, rng), dict(filled.cells)
    else:
        digits = {name: value for name, value in values.items() if template.field(name).cells}
        rest = {name: value for name, value in values.items() if name not in digits}
        page = written(fill(template, rest, writer, rng), blank(template, dpi), dpi, rng)
        cells = {name: align(value, len(template.field(name).cells), side) for name, value in digits.items()}
        _write_pictures(page, template, cells, hand, writer, dpi, rng)
    if mix.damage:
        page = damaged(page, template, dpi, rng)
    truth = Truth(account, reading, when.isoformat(), cells, hand.name)
    return through_scanner(page, rng, mix.skew_deg, mix.jpeg), dpi, truth


def _write_pictures(
    page: np.ndarray,
    template: Template,
    cells: dict[str, str],
    hand: PicturedHand,
    writer: Writer,
    dpi: int,
    rng: np.random.Generator,
) -> None:
    """Lay a writer's pictured digits into the cells as ``simulate.fill`` does strokes, in place."""
    scale = dpi / 25.4
    # One pen writes the whole slip.
    level = float(rng.uniform(0.3, 0.55))
    for name, says in cells.items():
        drift = float(rng.normal(0.0, writer.unsteady / 2))
        for box, character in zip(template.field(name).cells, says, strict=True):
            if character == "_":
                continue
            em = box.h_mm * writer.size * float(np.exp(rng.normal(0.0, 0.05)))
            pen = vary(writer.pen, rng, 0.5)
            ink = hand.ink(int(character), em * scale, pen, rng, level)
            widest = 1.05 * box.w_mm * scale
            if ink.shape[1] > widest:
                factor = widest / ink.shape[1]
                ink = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            x = box.x_mm + box.w_mm * (0.5 + float(rng.normal(0.0, writer.unsteady)))
            y = box.y_mm + box.h_mm * (0.5 + drift + float(rng.normal(0.0, writer.unsteady / 2)))
            lay(
                page, ink, round(x * scale - ink.shape[1] / 2), round(y * scale - ink.shape[0] / 2), pen.shade
            )


def damaged(page: np.ndarray, template: Template, dpi: int, rng: np.random.Generator) -> np.ndarray:
    """The paper with what happens to some: a fold, a stamp, print that shines through, dust."""
    if rng.random() < 0.1:
        page = fold(page, dpi, rng)
    if rng.random() < 0.1:
        centre = (
            float(rng.uniform(20, template.width_mm - 20)),
            float(rng.uniform(20, template.height_mm - 20)),
        )
        page = stamp(page, dpi, centre, rng)
    if rng.random() < 0.15:
        page = bleed(page, page[::-1].copy(), float(rng.uniform(0.05, 0.18)))
    if rng.random() < 0.2:
        page = dust(page, dpi, rng)
    return page
