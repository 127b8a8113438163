"""Ready prints to lay on plates, walls and papers: paragraphs, barcodes, stickers, handwriting."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.hands import InventedHand
from simulate.lines import line
from simulate.meters.engraved import engraved
from simulate.meters.paint import Box, Canvas, Colour, block, grain, grey, lay, plain, toned, write
from simulate.meters.typefaces import FIGURE_HEIGHT, digit_face, figures, text_face
from simulate.meters.words import notice, number, rating, serial

Mask = NDArray[np.uint8]


def barcode(rng: np.random.Generator, width: int, height: int) -> Mask:
    """Bars like Code 128's; nobody can read them."""
    step = max(width // 70, 1)
    bars = (rng.random(width // step + 1) < 0.5).astype(np.uint8) * 255
    return np.repeat(np.repeat(bars, step)[None, :width], max(height, 1), axis=0)


def data_matrix(rng: np.random.Generator, side: int) -> Mask:
    """A square of random modules."""
    cells = (rng.random((14, 14)) < 0.5).astype(np.uint8) * 255
    cells[0], cells[:, 0] = 255, 255
    return cv2.resize(cells, (max(side, 4), max(side, 4)), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def handwritten(rng: np.random.Generator, words: str, height: float) -> Mask:
    """``words`` in one go of a felt pen; a digit is ``height`` pixels high."""
    hand = InventedHand("pen", slant=float(rng.normal(0.1, 0.1)), wobble=0.04, tremor=0.008)
    strokes = line(words, hand, rng)
    thick = max(round(height * float(rng.uniform(0.05, 0.16))), 1)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = ((high - low) * height + 2 * thick + 2).astype(int)
    mask = np.zeros((max(int(tall), 2), max(int(wide), 2)), np.uint8)
    for stroke in strokes:
        path = np.round((stroke - low) * height + thick).astype(np.int32)
        cv2.polylines(mask, [path], False, 255, thick, cv2.LINE_AA)
    return mask


def figures_row(rng: np.random.Generator, digits: str, height: float, pitch: float) -> Mask:
    """Digits at one pitch, as a numbering stamp prints them; the mask."""
    shapes = engraved(rng) if rng.random() < 0.4 else figures(digit_face(rng))
    high = max(round(height), 5)
    stretch = min(pitch / (max(shape.shape[1] for shape in shapes) / FIGURE_HEIGHT * height + 1.0), 1.0)
    mask = np.zeros((high, round(pitch * len(digits)) + 2), np.uint8)
    for place, digit in enumerate(digits):
        shape = shapes[int(digit)]
        wide = max(round(shape.shape[1] / FIGURE_HEIGHT * height * stretch), 2)
        glyph = cv2.resize(shape, (wide, high), interpolation=cv2.INTER_AREA)
        x = max(round((place + 0.5) * pitch - wide / 2), 0)
        mask[:, x : x + wide] = np.maximum(mask[:, x : x + wide], glyph[:, : mask.shape[1] - x])
    return mask


def number_plate(rng: np.random.Generator, height: float) -> Canvas:
    """A plate, stamp or tape of equal digits that looks much like drums and is none."""
    digits = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(3, 10))))
    pitch = height * float(rng.uniform(0.6, 1.1))
    mask = figures_row(rng, digits, height, pitch)
    edge = max(round(height * float(rng.uniform(0.15, 0.5))), 2)
    dark = rng.random() < 0.45
    paper = grey(rng, 10, 70) if dark else _paper(rng)
    canvas = plain((mask.shape[0] + 2 * edge, mask.shape[1] + 2 * edge), paper)
    ink = grey(rng, 190, 250) if dark else _ink(rng)
    if rng.random() < 0.15:  # boxes printed around, as on a form
        for place in range(len(digits) + 1):
            x = round(edge + place * pitch)
            cv2.line(canvas, (x, edge // 2), (x, canvas.shape[0] - edge // 2), ink, 1, cv2.LINE_AA)
    lay(canvas, mask, ink, (edge, edge))
    canvas += grain(rng, (canvas.shape[0], canvas.shape[1]), 3.0)[..., None]
    return canvas


def sticker(rng: np.random.Generator, width: float) -> Canvas:
    """A paper or tape of a few lines: names, numbers, dates, bars, handwriting."""
    height = max(width * float(rng.uniform(0.16, 0.75)), 8.0)
    paper = _paper(rng)
    canvas = plain((round(height), max(round(width), 8)), paper)
    canvas += grain(rng, (canvas.shape[0], canvas.shape[1]), 2.5)[..., None]
    ink = _ink(rng)
    lines = max(int(rng.integers(1, 5)), 1) if height / width > 0.3 else 1
    size = height / (lines * 1.5 + 0.4)
    face = text_face(rng)
    for index in range(lines):
        y = (index + 0.65) * height / (lines + 0.3)
        kind = rng.random()
        if kind < 0.05:
            square = data_matrix(rng, round(size * 1.3))
            lay(canvas, square, ink, (round(width * float(rng.uniform(0.05, 0.7))), round(y - size * 0.65)))
        elif kind < 0.16:
            bars = barcode(rng, round(width * 0.8), max(round(size), 2))
            lay(canvas, bars, ink, (round(width * 0.1), round(y - size / 2)))
        elif kind < 0.36:
            mask = handwritten(rng, number(rng)[:9], size * 1.1)
            lay(canvas, mask, _ink(rng), (round(width * 0.08), round(y - mask.shape[0] / 2)))
        else:
            words = serial(rng) if kind < 0.6 else (number(rng) if kind < 0.8 else notice(rng))
            write(canvas, words, face, size * 1.15, (width * float(rng.uniform(0.03, 0.2)), y), colour=ink)
    return canvas


def paragraph(
    canvas: Canvas, rng: np.random.Generator, box: Box, *, ink: Colour, size: float, water: bool = False
) -> None:
    """Fill a box with lines of technical print, numbers among them."""
    face = text_face(rng)
    y = box[1] + size * 0.7
    while y < box[3] - size * 0.4:
        kind = rng.random()
        em = size * float(rng.choice([0.7, 1.0, 1.0, 1.4]))
        words = serial(rng) if kind < 0.18 else (number(rng) if kind < 0.26 else rating(rng, water))
        x = box[0] + (box[2] - box[0]) * float(rng.choice([0.0, 0.0, 0.3, 0.5])) * float(rng.random())
        _clipped(canvas, words, face, em, (x, y), ink=ink, right=box[2])
        y += em * float(rng.uniform(1.15, 1.8))


def _clipped(
    canvas: Canvas, words: str, face: Path, em: float, at: tuple[float, float], *, ink: Colour, right: float
) -> None:
    fits = max(int((right - at[0]) / (0.55 * em)), 0)
    if fits >= 2:
        write(canvas, words[:fits], face, em, at, colour=ink)


def seal(canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], size: float) -> None:
    """A lead or plastic seal on its wire."""
    colour = grey(rng, 70, 180) if rng.random() < 0.6 else _bright(rng)
    x, y = round(at[0]), round(at[1])
    end = round(x + size * float(rng.uniform(-2, 2))), round(y - size * float(rng.uniform(1, 3)))
    cv2.line(canvas, (x, y), end, grey(rng, 50, 160), max(round(size * 0.08), 1), cv2.LINE_AA)
    cv2.circle(canvas, (x, y), max(round(size / 2), 2), colour, -1, cv2.LINE_AA)
    cv2.circle(canvas, (x, y), max(round(size / 3), 1), toned(colour, 0.8), 1, cv2.LINE_AA)


def screw(canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float) -> None:
    """A slotted screw's head."""
    r = max(round(radius), 2)
    x, y = round(at[0]), round(at[1])
    cv2.circle(canvas, (x, y), r, grey(rng, 60, 200), -1, cv2.LINE_AA)
    angle = float(rng.uniform(0, np.pi))
    dx, dy = round(r * 0.8 * np.cos(angle)), round(r * 0.8 * np.sin(angle))
    cv2.line(canvas, (x - dx, y - dy), (x + dx, y + dy), (20.0, 20.0, 20.0), max(r // 4, 1), cv2.LINE_AA)


def table(canvas: Canvas, rng: np.random.Generator, box: Box, *, ink: Colour, water: bool = False) -> None:
    """A printed grid with a word or number in each cell."""
    rows, columns = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    face = text_face(rng)
    x0, y0, x1, y1 = box
    high, wide = (y1 - y0) / rows, (x1 - x0) / columns
    for row in range(rows + 1):
        y = round(y0 + row * high)
        cv2.line(canvas, (round(x0), y), (round(x1), y), ink, 1, cv2.LINE_AA)
    for column in range(columns + 1):
        x = round(x0 + column * wide)
        cv2.line(canvas, (x, round(y0)), (x, round(y1)), ink, 1, cv2.LINE_AA)
    for row in range(rows):
        for column in range(columns):
            words = number(rng) if rng.random() < 0.4 else rating(rng, water)
            at = x0 + (column + 0.08) * wide, y0 + (row + 0.5) * high
            _clipped(canvas, words, face, high * 0.55, at, ink=ink, right=x0 + (column + 1) * wide)


def lamp(canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float) -> None:
    """A light-emitting diode, lit or not."""
    colour = ((40.0, 40.0, 200.0), (60.0, 200.0, 60.0), (60.0, 190.0, 230.0))[int(rng.integers(3))]
    lit = rng.random() < 0.5
    x, y, r = round(at[0]), round(at[1]), max(round(radius), 1)
    cv2.circle(canvas, (x, y), r + 1, (30.0, 30.0, 30.0), -1, cv2.LINE_AA)
    cv2.circle(canvas, (x, y), r, colour if lit else toned(colour, 0.4), -1, cv2.LINE_AA)


def framed(canvas: Canvas, box: Box, colour: Colour, thick: float) -> None:
    """The outline of a box."""
    x0, y0, x1, y1 = box
    t = max(thick, 1.0)
    for edge in ((x0, y0, x1, y0 + t), (x0, y1 - t, x1, y1), (x0, y0, x0 + t, y1), (x1 - t, y0, x1, y1)):
        block(canvas, edge, colour)


def _paper(rng: np.random.Generator) -> Colour:
    if rng.random() < 0.7:
        return grey(rng, 190, 250, 6)
    return _bright(rng)


def _bright(rng: np.random.Generator) -> Colour:
    colours = (
        (60.0, 220.0, 245.0),
        (70.0, 200.0, 90.0),
        (210.0, 140.0, 50.0),
        (60.0, 60.0, 215.0),
        (190.0, 215.0, 235.0),
    )
    return colours[int(rng.integers(len(colours)))]


def _ink(rng: np.random.Generator) -> Colour:
    kind = rng.random()
    if kind < 0.7:
        return grey(rng, 5, 70, 4)
    return (150.0, 60.0, 30.0) if kind < 0.88 else (40.0, 40.0, 190.0)
