"""A written line as it comes out of a scanner: one hand, digits side by side, a long box or a rule, dirt.

``LineScene.draw`` gives a grey picture and its text: digits, and ``#`` for a run of ink that is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from simulate.strokes import Ink, Pen, draw, lay, random_pen, vary
from training.line_paper import Look, crop, print_box, scan
from training.line_sources import Writers
from training.marks import blot, scribble, struck_out
from training.sources import Source


@dataclass(frozen=True)
class Drawn:
    """A grey picture uint8 (H, W), its text, and the writer (an index into the hands)."""

    grey: np.ndarray
    text: str
    writer: int


@dataclass(frozen=True)
class Written:
    """A line's ink, cropped, its text, and how many digits were written."""

    ink: Ink
    text: str
    digits: int


@dataclass
class _Piece:
    ink: Ink
    symbol: str
    rise: float = 0.0


class LineScene:
    """Draws lines in the hands of one source; ``letters`` gives what is no digit.

    ``form``: only digits, in the long boxes of a printed form that was scanned as a whole.
    """

    def __init__(self, hands: Writers, letters: Source, *, form: bool = False) -> None:
        self.hands = hands
        self.letters = letters
        self.form = form

    def draw(self, rng: np.random.Generator, writer: int | None = None, digits: int | None = None) -> Drawn:
        """One line; a random writer and length where none is given."""
        writer = int(rng.integers(self.hands.count)) if writer is None else writer
        height = float(np.exp(rng.uniform(np.log(24), np.log(80))))
        pen, look = line_pen(rng, height), Look.form(rng) if self.form else Look.random(rng)
        written = self.write(rng, writer, height, pen, digits)
        grey = self._paper(written.ink, height, max(written.digits, 1), pen, look, rng)
        return Drawn(grey, written.text, writer)

    def write(
        self, rng: np.random.Generator, writer: int, height: float, pen: Pen, digits: int | None = None
    ) -> Written:
        """A line's ink alone, digits about ``height`` px high."""
        count = _length(rng) if digits is None else digits
        pieces = self._digits(writer, _text(count, rng), height, pen, rng)
        if not self.form and rng.random() < 0.28:
            self._disturb(pieces, height, pen, rng)
        ink = _compose(pieces, height, rng)
        text = _collapse("".join(piece.symbol for piece in pieces))
        if not self.form and len(text) > 1 and rng.random() < 0.015:
            ink, text = _strike(ink, pen, rng), "#"
        return Written(ink, text, count)

    def _digits(
        self, writer: int, text: str, height: float, pen: Pen, rng: np.random.Generator
    ) -> list[_Piece]:
        uneven = rng.choice([0.03, 0.08, 0.16], p=[0.3, 0.5, 0.2])
        drift = rng.choice([0.01, 0.04, 0.09], p=[0.3, 0.5, 0.2])
        pieces = []
        for wanted in text:
            tall = height * float(np.exp(rng.normal(0, uneven)))
            if wanted == "1" and rng.random() < 0.3:
                # Many write a bare 1 taller than what stands beside it.
                tall *= float(rng.uniform(1.05, 1.5))
            digit, ink = self.hands.write(writer, int(wanted), tall, vary(pen, rng, 0.7), rng)
            pieces.append(_Piece(ink, str(digit), float(rng.normal(0, drift))))
        return pieces

    def _disturb(self, pieces: list[_Piece], height: float, pen: Pen, rng: np.random.Generator) -> None:
        """Put something that is no digit into the line, or strike a digit out."""
        for _ in range(1 if rng.random() < 0.75 else 2):
            kind = rng.choice(
                ["letters", "struck", "comma", "dash", "dot", "blot"], p=[0.3, 0.26, 0.18, 0.13, 0.05, 0.08]
            )
            at = int(rng.integers(0, len(pieces) + 1))
            end = len(pieces) if rng.random() < 0.75 else 0
            if kind == "letters":
                fresh = [
                    _Piece(self._letter(height, pen, rng), "#") for _ in range(int(rng.choice([1, 2, 3, 5])))
                ]
                at = end if rng.random() < 0.7 else at
                pieces[at:at] = fresh
            elif kind == "struck" and pieces:
                piece = pieces[min(at, len(pieces) - 1)]
                if piece.symbol != "#":
                    piece.ink = struck_out(piece.ink, height, vary(pen, rng), rng)
                    piece.symbol = "#"
            elif kind == "comma":
                tail = [
                    np.array([[0.06, 0], [0.07, 0.1], [-0.06 * rng.random(), 0.14 + 0.18 * rng.random()]])
                ]
                pieces.insert(at, _Piece(draw(tail, height, pen, rng), "#", -0.12 - 0.1 * rng.random()))
            elif kind == "dash":
                long, tilt = rng.uniform(0.25, 0.9), rng.normal(0, 0.12)
                bar = [np.array([[0, 0], [long / 2, tilt * long / 2], [long, tilt * long]])]
                pieces.insert(at, _Piece(draw(bar, height, pen, rng), "#", 0.42 + 0.1 * rng.random()))
            elif kind == "dot":
                ink = blot(rng, height * float(rng.uniform(0.2, 0.3)))
                pieces.insert(at, _Piece(ink, "#", -0.03))
            elif kind == "blot":
                pieces.insert(at, _Piece(blot(rng, height), "#", float(rng.uniform(0, 0.4))))

    def _letter(self, height: float, pen: Pen, rng: np.random.Generator) -> Ink:
        tall = height * float(rng.choice([0.65, 0.85, 1.1]))
        return self.letters.ink(int(rng.integers(len(self.letters.labels))), tall, pen, rng)

    def _paper(
        self, ink: Ink, height: float, count: int, pen: Pen, look: Look, rng: np.random.Generator
    ) -> np.ndarray:
        """Ink on paper with its box, scanned and cut out."""
        pad = round(1.6 * height)
        box_h = height / float(np.clip(rng.normal(0.68, 0.16), 0.4, 1.12))
        if look.around == "row":
            wide = max(ink.shape[1] * 1.02, count * height * rng.uniform(0.75, 1.1))
        elif rng.random() < 0.5:
            wide = max(ink.shape[1] * rng.uniform(0.98, 1.2), 0.8 * box_h)
        else:
            wide = max(ink.shape[1] * 1.0, count * height * rng.uniform(0.7, 1.4)) + height * rng.uniform(
                0, 0.6
            )
        box = (pad, pad, round(wide), round(box_h))
        shade = int(rng.integers(205, 256)) if rng.random() < 0.6 else 255
        grey = np.full((box[3] + 2 * pad, box[2] + 2 * pad), shade, np.uint8)
        pen = _visible(pen, shade)
        print_box(grey, box, height, look, rng)
        free = box[2] - ink.shape[1]
        x = box[0] + free * (0.5 if rng.random() < 0.3 else float(np.clip(rng.beta(1.2, 2.5), 0.02, 1)))
        down = float(np.clip(rng.normal(0.5, 0.18), -0.1, 1.1))
        y = box[1] + (box[3] - ink.shape[0]) * down
        if look.style == "rule":
            y = box[1] + box[3] - ink.shape[0] - height * float(np.clip(rng.normal(0.06, 0.1), -0.15, 0.4))
        lay(grey, ink, round(x), round(y), pen.shade)
        around = (x, y, x + ink.shape[1], y + ink.shape[0])
        strength = shade * pen.darkness * (1 - 0.5 * pen.grain) * (1 - pen.shade / 255)
        picture = crop(grey, box, height, look, around, rng)
        return scan(picture, height, strength, rng, binary=0.5 if self.form else 0.3)


def _length(rng: np.random.Generator) -> int:
    kind = rng.random()
    if kind < 0.04:
        return 0
    return int(rng.integers(2, 11)) if kind < 0.86 else int(rng.choice([1, 11, 12, 13, 14]))


def _text(count: int, rng: np.random.Generator) -> str:
    text = rng.integers(0, 10, count)
    if rng.random() < 0.15 and count > 1:
        text[rng.random(count) < 0.6] = rng.integers(0, 10)
    elif rng.random() < 0.08:
        text[: int(rng.integers(0, count + 1))] = 0
    if count:
        # A bar at an end is a 1 and not the box's side: seen often enough to be sure of.
        for end in (0, -1):
            if rng.random() < 0.12:
                text[end] = 1
    return "".join(map(str, text))


def _collapse(text: str) -> str:
    while "##" in text:
        text = text.replace("##", "#")
    return text


def line_pen(rng: np.random.Generator, height: float) -> Pen:
    pen = random_pen(rng)
    if rng.random() < 0.1:
        pen = replace(pen, shade=int(rng.integers(130, 185)), grain=float(rng.uniform(0.0, 0.4)))
    return replace(pen, width=max(pen.width, 1.6 / height))


def _visible(pen: Pen, paper: int) -> Pen:
    strength = paper * pen.darkness * (1 - 0.5 * pen.grain)
    if strength * (1 - pen.shade / 255) < 45:
        return replace(pen, shade=max(0, int(255 * (1 - 45 / strength))))
    return pen


def _compose(pieces: list[_Piece], height: float, rng: np.random.Generator) -> Ink:
    """Set the pieces side by side on a baseline, as close as this hand writes; slanted and drifting."""
    if not pieces:
        return np.zeros((3, 3), np.float32)
    tight = rng.random()
    if tight < 0.28:
        gap, jitter = rng.uniform(-0.1, 0.08), 0.05
    elif tight < 0.72:
        gap, jitter = rng.uniform(0.06, 0.35), 0.08
    else:
        gap, jitter = rng.uniform(0.3, 1.1), 0.15
    kern = rng.random() < 0.6
    tall = max(piece.ink.shape[0] for piece in pieces)
    above, total = round(1.2 * tall), round(2.4 * tall)
    wide = sum(piece.ink.shape[1] for piece in pieces) + round((abs(gap) + 4 * jitter) * height) * len(pieces)
    canvas = np.zeros((total, wide + round(2 * height)), np.float32)
    front = np.full(total, -1e9)
    x = height * 0.5
    for k, piece in enumerate(pieces):
        ink = piece.ink
        h, w = ink.shape
        y = int(np.clip(round(above - h - piece.rise * height), 0, total - h))
        inked = ink > 0.25
        rows = np.flatnonzero(inked.any(axis=1))
        away = (gap + float(rng.normal(0, jitter))) * height
        away = max(away, -0.12 * height, -0.2 * w)
        if piece.symbol == "#" or (k and pieces[k - 1].symbol == "#"):
            # A comma under a digit would be a label for nothing.
            away = max(away, 0.04 * height)
        if k and kern and len(rows):
            first = inked[rows].argmax(axis=1)
            near = np.maximum.reduce([np.roll(front, s) for s in (-3, 0, 3)])[y + rows]
            x = max(float((near - first).max()) + away, x - 0.35 * height)
        elif k:
            x += away
        left = max(0, round(x))
        if left + w > canvas.shape[1]:
            canvas = np.pad(canvas, ((0, 0), (0, left + w - canvas.shape[1] + 4)))
        part = canvas[y : y + h, left : left + w]
        np.maximum(part, ink, out=part)
        if len(rows):
            last = left + w - inked[rows][:, ::-1].argmax(axis=1)
            front[y + rows] = np.maximum(front[y + rows], last)
        x = left + w - 4
    turn, shear = rng.normal(0, 0.012) if rng.random() < 0.7 else rng.normal(0, 0.04), rng.normal(0, 0.1)
    return _bend(canvas, float(turn), float(shear))


def _bend(canvas: Ink, turn: float, shear: float) -> Ink:
    """The baseline rises by ``turn``, all letters lean by ``shear``; cropped to the ink."""
    columns, rows = np.flatnonzero(canvas.max(axis=0) > 0.2), np.flatnonzero(canvas.max(axis=1) > 0.2)
    if not len(columns):
        return np.zeros((3, 3), np.float32)
    canvas = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = canvas.shape
    up, side = abs(turn) * wide, abs(shear) * high
    matrix = np.array(
        [[1, -shear, side / 2 + shear * high / 2 + 2], [turn, 1, up / 2 - turn * wide / 2 + 2]], np.float64
    )
    out = cv2.warpAffine(
        canvas, matrix, (round(wide + side) + 4, round(high + up) + 4), flags=cv2.INTER_LINEAR
    )
    return np.asarray(out, dtype=np.float32)


def _strike(ink: Ink, pen: Pen, rng: np.random.Generator) -> Ink:
    """The whole line struck out."""
    height = float(ink.shape[0])
    over = draw(scribble(rng, ink.shape[1] / height, 1.0), height, pen, rng)
    out = np.zeros((max(ink.shape[0], over.shape[0]), max(ink.shape[1], over.shape[1])), np.float32)
    for layer in (ink, over):
        y, x = (out.shape[0] - layer.shape[0]) // 2, (out.shape[1] - layer.shape[1]) // 2
        part = out[y : y + layer.shape[0], x : x + layer.shape[1]]
        np.maximum(part, layer, out=part)
    return out
