"""Lines drawn straight into the strips that the network sees: twenty times faster than drawing the paper.

Digits of one hand and pen are taken from a bank, set side by side at a strip's scale, and what preparing
leaves of box, noise and threshold is drawn on top. What only whole pictures have (a box that is not found,
uneven light, JPEG) comes from ``training.line_cache``.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

import cv2
import numpy as np

from ocr.lines.prepare import DIGIT, HEIGHT, STEP
from ocr.lines.rules import Rule, erase
from simulate.strokes import Ink, Pen
from training.line_cache import FOLDER
from training.line_scenes import LineScene, line_pen
from training.line_sources import MIX, Hands, hands
from training.sources import Source

#: Glyphs of a digit that a hand has in the bank; ems of a bank's glyph in pixels; paper beside the ink.
_EACH, _EM, _BESIDE = 2, 30.0, 8


@dataclass(frozen=True)
class Bank:
    """Hands with a pen each: ``of[h][d]`` are inks of digit d, ``_EM`` px high, with the digits they are."""

    of: list[list[list[tuple[int, Ink]]]]
    pens: list[Pen]

    @property
    def count(self) -> int:
        """How many hands there are."""
        return len(self.of)

    def write(
        self, writer: int, wanted: int, height: float, pen: Pen, rng: np.random.Generator
    ) -> tuple[int, Ink]:
        """A glyph from the bank at another height; ``pen`` drew it long ago."""
        glyphs = self.of[writer][wanted]
        digit, ink = glyphs[int(rng.integers(len(glyphs)))]
        factor = height / _EM
        size = (
            max(2, round(ink.shape[1] * factor * float(np.exp(rng.normal(0, 0.07))))),
            max(2, round(ink.shape[0] * factor)),
        )
        return digit, np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def bank(count: int, seed: int = 1) -> Bank:
    """Draw ``count`` hands of all sources in their shares, about 10 ms a hand; kept in training/cache."""
    path = FOLDER / f"lines-bank-{count}-{seed}.npz"
    if path.exists():
        return _read(path)
    rng = np.random.default_rng([seed, count])
    of, pens = [], []
    for source, share in MIX.items():
        writers = hands(source)
        for _ in range(round(count * share)):
            pen = line_pen(rng, 36.0)
            of.append(_glyphs(writers, pen, rng))
            pens.append(pen)
    drawn = Bank(of, pens)
    _keep(drawn, path)
    return drawn


def _keep(drawn: Bank, path: Path) -> None:
    flat = [glyph for hand in drawn.of for digit in hand for glyph in digit]
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(
            file,
            digits=np.array([digit for digit, _ in flat], np.uint8),
            shapes=np.array([ink.shape for _, ink in flat], np.int32),
            inks=np.concatenate([np.round(ink * 255).astype(np.uint8).ravel() for _, ink in flat]),
            pens=np.array([astuple(pen) for pen in drawn.pens], np.float64),
        )
    draft.replace(path)


def _read(path: Path) -> Bank:
    with np.load(path) as data:
        shapes, inks, digits = data["shapes"], data["inks"].astype(np.float32) / 255, data["digits"]
        pens = [Pen(*row[:-1], shade=int(row[-1])) for row in data["pens"].tolist()]
    ends = np.cumsum(shapes.prod(axis=1))
    flat = [
        (int(digit), ink.reshape(shape))
        for digit, ink, shape in zip(digits, np.split(inks, ends[:-1]), shapes.tolist(), strict=True)
    ]
    each = 10 * _EACH
    return Bank(
        [
            [flat[at + d * _EACH : at + (d + 1) * _EACH] for d in range(10)]
            for at in range(0, len(flat), each)
        ],
        pens,
    )


def _glyphs(writers: Hands, pen: Pen, rng: np.random.Generator) -> list[list[tuple[int, Ink]]]:
    writer = int(rng.integers(writers.count))
    found = []
    for digit in range(10):
        drawn = [writers.write(writer, digit, _EM, pen, rng) for _ in range(_EACH)]
        # Another pen would be another writer, but full ink is full ink: contrast is levelled later.
        found.append([(d, (ink / max(0.3, float(ink.max()))).astype(np.float32)) for d, ink in drawn])
    return found


class QuickLines:
    """Draws strips (2, HEIGHT, W) uint8 with their texts; ``letters`` gives what is no digit."""

    def __init__(self, writers: Bank, letters: Source) -> None:
        self._bank = writers
        self._any = LineScene(writers, letters)
        self._form = LineScene(writers, letters, form=True)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        """One line; half of them are digits alone."""
        writer = int(rng.integers(self._bank.count))
        scene = self._form if rng.random() < 0.5 else self._any
        digits = int(rng.choice((2, 3, 4, 5, 6, 7, 8, 10))) if scene is self._form else None
        written = scene.write(rng, writer, float(DIGIT + 4), self._bank.pens[writer], digits)
        return _strip(written.ink, rng), written.text


def _strip(ink: Ink, rng: np.random.Generator) -> np.ndarray:
    tall = max((DIGIT + 4) * float(np.exp(rng.normal(0, 0.07))), ink.shape[0] / 1.6)
    scale = DIGIT / tall
    wide = round(ink.shape[1] * scale) + 2 * _BESIDE
    width = min(1200, max(6 * STEP, -(-wide // STEP) * STEP))
    left = (width - ink.shape[1] * scale) / 2 + rng.normal(0, 1.5)
    up = HEIGHT / 2 - ink.shape[0] * scale / 2 + float(np.clip(rng.normal(0, 1.2), -3, 3))
    page = cv2.warpAffine(
        _scanned(ink, rng),
        np.array([[scale, 0, left], [0, scale, up]]),
        (width, HEIGHT),
        flags=cv2.INTER_AREA,
    )
    page = np.asarray(np.clip(page, 0, 1), dtype=np.float32)
    own, every = _boxed(page, (left, up, left + ink.shape[1] * scale, up + ink.shape[0] * scale), rng)
    if rng.random() < 0.5:
        noise = rng.standard_normal(every.shape, dtype=np.float32) * float(rng.uniform(0, 0.05))
        own, every = own + noise, every + noise
    gain = float(rng.uniform(0.85, 1.2))
    return np.asarray(np.clip(np.stack([own, every]) * gain, 0, 1) * 255, dtype=np.uint8)


def _scanned(ink: Ink, rng: np.random.Generator) -> Ink:
    """Blurred, and now and then cut at a level as black-and-white scanning does."""
    kind = rng.random()
    if kind < 0.75:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.3, 1.3))), dtype=np.float32)
    if kind < 0.4:
        steep, level = float(rng.uniform(2, 8)), float(rng.uniform(0.2, 0.6))
        ink = np.clip((ink - level) * steep + 0.5, 0, 1).astype(np.float32)
    return ink


def _boxed(
    page: Ink, writing: tuple[float, float, float, float], rng: np.random.Generator
) -> tuple[Ink, Ink]:
    """The writing as it is left when printed rules were taken out, and with them."""
    style = str(rng.choice(["box", "rule", "none"], p=[0.62, 0.1, 0.28]))
    if style == "none":
        return page, page
    x0, y0, x1, y1 = writing
    high = DIGIT / float(np.clip(rng.normal(0.68, 0.16), 0.42, 1.1))
    slope = float(rng.normal(0, 0.006))
    top = (y0 + y1) / 2 - high * float(np.clip(rng.normal(0.5, 0.13), 0.2, 0.8))
    thick = float(rng.uniform(0.6, 2.2))
    left = x0 - abs(float(rng.normal(0, 0.5))) * DIGIT + rng.uniform(0, 4)
    right = x1 + abs(float(rng.normal(0, 0.8))) * DIGIT - rng.uniform(0, 4)
    shade = float(rng.uniform(0.4, 1.0))
    level = [top + high] if style == "rule" else [top, top + high]
    upright = [] if style == "rule" else [left, right]
    middle = page.shape[1] / 2
    every = page.copy()
    for y in level:
        _print(every, slope, y - slope * middle, thick, (left, right), shade)
    turned = np.ascontiguousarray(every.T)
    for x in upright:
        _print(turned, -slope, x + slope * HEIGHT / 2, thick, (top, top + high), shade)
    every = np.ascontiguousarray(turned.T)
    if rng.random() < 0.15:
        _smudge(every, top, rng)
    own = every
    for y in level:
        if rng.random() < 0.96:
            rule = Rule(slope, y - slope * middle, round(left), round(right), max(1, round(thick)))
            own = erase(own, rule)
    turned = np.ascontiguousarray(own.T)
    for x in upright:
        if rng.random() < 0.93:
            rule = Rule(-slope, x + slope * HEIGHT / 2, round(top), round(top + high), max(1, round(thick)))
            turned = erase(turned, rule)
    own = np.ascontiguousarray(turned.T)
    # What lies outside the box is dropped, unless it hangs on something inside.
    if style == "box":
        low, last = max(0, round(top) - 5), min(HEIGHT, round(top + high) + 6)
        inked = page > 0.3
        if not inked[:low].any():
            own[:low] = 0
        if not inked[last:].any():
            own[last:] = 0
    return own, every


def _print(
    page: Ink, slope: float, offset: float, thick: float, reach: tuple[float, float], shade: float
) -> None:
    """A level rule of this thickness, its edges softened, in place."""
    start, end = max(0, round(reach[0])), min(page.shape[1], round(reach[1]) + 1)
    if end <= start:
        return
    x = np.arange(start, end)
    away = np.abs(np.arange(page.shape[0])[:, None] - (slope * x + offset)[None, :])
    rule = shade * np.clip(thick / 2 + 0.5 - away, 0, 1)
    part = page[:, start:end]
    np.maximum(part, rule.astype(np.float32), out=part)


def _smudge(page: Ink, top: float, rng: np.random.Generator) -> None:
    """Feet of a printed label above the box, in place."""
    row = min(HEIGHT - 1, max(1, round(top - rng.uniform(1, 5))))
    text = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(2, 11))))
    layer = np.zeros(page.shape, np.uint8)
    cv2.putText(layer, text, (int(rng.integers(0, page.shape[1])), row), cv2.FONT_HERSHEY_SIMPLEX,
                float(rng.uniform(0.25, 0.5)), 255, 1, cv2.LINE_AA)  # fmt: skip
    np.maximum(page, layer.astype(np.float32) / 255, out=page)
