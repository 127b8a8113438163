"""Things beside meters that carry digits and are no displays: breakers, notices, keys, plates, rulers."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.meters import prints
from simulate.meters.backdrops import any_colour
from simulate.meters.paint import Canvas, block, grey, plain, write
from simulate.meters.typefaces import text_face
from simulate.meters.words import notice, number, serial


def thing(rng: np.random.Generator, width: float) -> Canvas:
    """One thing about ``width`` pixels wide: float32 (h, w, 3)."""
    kinds = (_breakers, _sheet, _keys, _ruler, _registration, _clock, _tag)
    if rng.random() < 0.25:
        return prints.sticker(rng, width)
    if rng.random() < 0.3:
        return prints.number_plate(rng, max(width / float(rng.uniform(4, 9)), 8.0))
    return kinds[int(rng.choice(len(kinds), p=[0.3, 0.22, 0.1, 0.1, 0.08, 0.08, 0.12]))](rng, width)


def _breakers(rng: np.random.Generator, width: float) -> Canvas:
    count = int(rng.integers(1, 7))
    pitch = max(width / count, 14.0)
    tall = round(pitch * float(rng.uniform(2.5, 4.5)))
    canvas = plain((tall, round(pitch * count)), grey(rng, 170, 245))
    lever = grey(rng, 10, 60) if rng.random() < 0.6 else any_colour(rng)
    face = text_face(rng)
    rating = f"{'BC'[int(rng.integers(2))]}{int(rng.choice([6, 10, 16, 20, 25, 32, 40, 63]))}"
    for index in range(count):
        x = index * pitch
        cv2.line(canvas, (round(x), 0), (round(x), tall), grey(rng, 60, 150), 1)
        y = tall * (0.42 if rng.random() < 0.7 else 0.52)
        block(canvas, (x + 0.2 * pitch, tall * 0.38, x + 0.8 * pitch, tall * 0.64), grey(rng, 60, 200))
        block(canvas, (x + 0.3 * pitch, y, x + 0.7 * pitch, y + tall * 0.1), lever, pitch * 0.1)
        write(
            canvas,
            rating,
            face,
            pitch * 0.32,
            (x + pitch / 2, tall * 0.2),
            colour=(30.0,) * 3,
            anchor="middle",
        )
        write(
            canvas,
            str(index + 1),
            face,
            pitch * 0.4,
            (x + pitch / 2, tall * 0.82),
            colour=(60.0, 20.0, 20.0),
            anchor="middle",
        )
    return canvas


def _sheet(rng: np.random.Generator, width: float) -> Canvas:
    """A notice, a receipt, a record of readings: lines of words and columns of numbers."""
    tall = width * float(rng.uniform(0.5, 1.5))
    canvas = plain((round(tall), round(width)), grey(rng, 195, 250))
    face = text_face(rng)
    size = max(width / float(rng.uniform(10, 30)), 6.0)
    ink = grey(rng, 5, 80)
    y = size
    column = rng.random() < 0.35
    while y < tall - size:
        if column:
            for x in (0.06, 0.4, 0.72):
                digits = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(3, 7))))
                write(canvas, digits, face, size, (x * width, y), colour=ink)
        else:
            words = f"{notice(rng)} {number(rng)}"
            write(canvas, words[: int(width / size / 0.6)], face, size, (0.06 * width, y), colour=ink)
        y += size * 1.5
    return canvas


def _keys(rng: np.random.Generator, width: float) -> Canvas:
    """A keypad."""
    pitch = width / 3
    canvas = plain((round(pitch * 4), round(width)), grey(rng, 20, 200))
    face = text_face(rng)
    key, ink = grey(rng, 30, 240), any_colour(rng)
    for index, name in enumerate("123456789*0#"):
        x, y = index % 3 * pitch, index // 3 * pitch
        block(
            canvas, (x + 0.1 * pitch, y + 0.12 * pitch, x + 0.9 * pitch, y + 0.88 * pitch), key, pitch * 0.1
        )
        write(canvas, name, face, pitch * 0.55, (x + pitch / 2, y + pitch / 2), colour=ink, anchor="middle")
    return canvas


def _ruler(rng: np.random.Generator, width: float) -> Canvas:
    tall = max(width * float(rng.uniform(0.06, 0.14)), 12.0)
    canvas = plain((round(tall), round(width)), any_colour(rng))
    face, ink = text_face(rng), grey(rng, 5, 90)
    step = tall * float(rng.uniform(0.7, 1.3))
    first = int(rng.integers(1, 40))
    for index in range(int(width / step)):
        x = round((index + 0.5) * step)
        cv2.line(canvas, (x, 0), (x, round(tall * 0.35)), ink, 1)
        write(canvas, str(first + index), face, tall * 0.5, (x, tall * 0.65), colour=ink, anchor="middle")
    return canvas


def _registration(rng: np.random.Generator, width: float) -> Canvas:
    tall = width * 0.22
    canvas = plain((max(round(tall), 8), round(width)), grey(rng, 215, 250))
    letters = "АВЕКМНОРСТУХ"
    pick = [letters[int(rng.integers(12))] for _ in range(3)]
    words = f"{pick[0]} {int(rng.integers(0, 1000)):03} {pick[1]}{pick[2]}  {int(rng.integers(1, 200)):02}"
    write(
        canvas, words, text_face(rng), tall * 0.9, (width / 2, tall / 2), colour=(15.0,) * 3, anchor="middle"
    )
    prints.framed(canvas, (0, 0, width, tall), (15.0, 15.0, 15.0), tall * 0.04)
    return canvas


def _clock(rng: np.random.Generator, width: float) -> Canvas:
    """A round scale: a clock, a pressure gauge."""
    side = max(round(width * 0.7), 20)
    canvas = plain((side, side), any_colour(rng))
    radius = side / 2
    cv2.circle(canvas, (side // 2, side // 2), side // 2 - 1, grey(rng, 200, 250), -1, cv2.LINE_AA)
    cv2.circle(
        canvas, (side // 2, side // 2), side // 2 - 2, grey(rng, 10, 80), max(side // 40, 1), cv2.LINE_AA
    )
    face = text_face(rng)
    count = int(rng.choice([8, 10, 12]))
    factor = int(rng.choice([1, 1, 2, 10]))
    for index in range(count):
        angle = 2 * np.pi * index / count - np.pi / 2
        at = radius + 0.75 * radius * np.cos(angle), radius + 0.75 * radius * np.sin(angle)
        write(canvas, str(index * factor), face, radius * 0.26, at, colour=(25.0,) * 3, anchor="middle")
    turn = float(rng.uniform(0, 2 * np.pi))
    tip = round(radius + 0.7 * radius * np.cos(turn)), round(radius + 0.7 * radius * np.sin(turn))
    cv2.line(canvas, (side // 2, side // 2), tip, (20.0, 20.0, 180.0), max(side // 50, 1), cv2.LINE_AA)
    return canvas


def _tag(rng: np.random.Generator, width: float) -> Canvas:
    """A flat's or price's number in large type."""
    tall = width * float(rng.uniform(0.25, 0.6))
    canvas = plain((max(round(tall), 10), round(width)), any_colour(rng))
    words = number(rng) if rng.random() < 0.6 else serial(rng)
    ink = grey(rng, 5, 60) if float(canvas[0, 0].mean()) > 110 else grey(rng, 200, 250)
    size = min(tall * 0.8, width / max(len(words) * 0.6, 1))
    write(canvas, words, text_face(rng), size, (width / 2, tall / 2), colour=ink, anchor="middle")
    return canvas
