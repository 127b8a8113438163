"""Faces of electricity and gas meters, straight on, around a given display.

The makes are those of Russian homes (Меркурий, Энергомера, Нева, СО-505 …) and of others; what is common to
them is drawn: a body, a plate, its print, a terminal cover, a disc, lamps, buttons, seals.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters import prints
from simulate.meters.model import Picture, Row
from simulate.meters.paint import (
    Box,
    Canvas,
    Colour,
    block,
    cloud,
    grain,
    grey,
    lay,
    mixed,
    plain,
    rounded,
    write,
)
from simulate.meters.typefaces import text_face
from simulate.meters.words import ELECTRIC_MAKERS, GAS_MAKERS, rating, serial


@dataclass(frozen=True)
class Face:
    """``canvas`` float32 (H, W, 3), ``mask`` uint8 (H, W) of what belongs to the meter, its rows of digits.

    ``digit``: the height of its digits in pixels.
    """

    canvas: Canvas
    mask: NDArray[np.uint8]
    rows: tuple[Row, ...]
    digit: float


def digit_height(display: Picture) -> float:
    """The height of the largest row's digits; of a display without one, a guess from its size."""
    heights = [float(np.linalg.norm(row.quad[3] - row.quad[0])) for row in display.rows]
    return max(heights) if heights else 0.45 * display.image.shape[0]


def put_display(canvas: Canvas, display: Picture, at: tuple[int, int], seam: float) -> tuple[Row, ...]:
    """Set the display into the face with its top left corner at x, y, which must fit; its rows there.

    ``seam``: over how many pixels at its edges it fades into the plate; 0 for a screen that has its own
    frame.
    """
    x, y = at
    tall, wide = display.image.shape[:2]
    area = canvas[y : y + tall, x : x + wide]
    if seam < 1.0:
        area[:] = display.image
    else:
        rows, columns = (np.minimum(np.arange(n), np.arange(n)[::-1]) for n in (tall, wide))
        weight = np.clip(np.minimum(rows[:, None], columns[None]) / np.float32(seam), 0.0, 1.0)
        area += weight.astype(np.float32)[..., None] * (display.image - area)
    shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])
    return display.warped(shift, display.image).rows


def plate_colour(rng: np.random.Generator) -> Colour:
    """The colour of a plate on which a counter may sit."""
    kind = rng.random()
    if kind < 0.62:
        return grey(rng, 165, 245, 5)
    if kind < 0.8:
        return grey(rng, 12, 70, 4)
    if kind < 0.9:
        return grey(rng, 105, 165, 5)
    return float(rng.uniform(120, 240)), float(rng.uniform(90, 220)), float(rng.uniform(60, 220))


def box_face(
    rng: np.random.Generator, display: Picture, plate: Colour, *, seam: float, gas: bool = False
) -> Face:
    """A meter in a box: electronic, induction with its disc, on a rail, or a gas meter."""
    u = digit_height(display)
    tall, wide = display.image.shape[:2]
    border = max(u * float(rng.uniform(0.15, 0.9)), 2.0)
    width = wide * float(rng.choice([rng.uniform(1.02, 1.3), rng.uniform(1.2, 2.3)])) + 2 * border
    height = max(width * float(rng.uniform(0.55, 1.7)), tall * 1.5 + 2 * border + u)
    cover = height * float(rng.uniform(0.15, 0.35)) if rng.random() < 0.5 else 0.0
    shape = round(height + cover), round(width)
    body = grey(rng, 150, 245, 5) if rng.random() < 0.7 else grey(rng, 15, 130, 5)
    canvas = plain(shape, body)
    round_ = u * float(rng.choice([rng.uniform(0.1, 0.6), rng.uniform(0.5, 2.0)]))
    area: Box = (border, border, width - border, height - border)
    block(canvas, area, plate, round_ * 0.6)
    if rng.random() < 0.5:
        prints.framed(canvas, area, mixed(plate, (0.0, 0.0, 0.0), float(rng.uniform(0.1, 0.8))), 0.05 * u)
    x = round(float(rng.uniform(area[0], max(area[2] - wide, area[0] + 0.5))))
    room = max(area[3] - tall - area[1], 0.5)
    y = round(area[1] + room * float(np.clip(rng.beta(1.6, 2.6), 0.02, 0.98)))
    x, y = min(max(x, 0), shape[1] - wide), min(max(y, 0), shape[0] - tall)
    _print(canvas, rng, (area[0], area[1], area[2], float(y)), u=u, plate=plate, gas=gas)
    _print(canvas, rng, (area[0], float(y + tall), area[2], area[3]), u=u, plate=plate, gas=gas)
    for left, right in ((area[0], float(x)), (float(x + wide), area[2])):
        if right - left > 2.5 * u and rng.random() < 0.7:
            ink = _ink(rng, plate)
            box = (left + 0.2 * u, y + 0.2 * u, right - 0.2 * u, y + tall - 0.2 * u)
            prints.paragraph(canvas, rng, box, ink=ink, size=0.3 * u)
    _surface(canvas, rng)
    rows = put_display(canvas, display, (x, y), seam)
    if cover:
        _terminal_cover(canvas, rng, (0.0, height, width, height + cover), u)
    _pane(canvas, rng, area, u)
    mask = rounded(shape[0], shape[1], round(round_))
    return Face(canvas, mask, rows, u)


def glass_face(rng: np.random.Generator, display: Picture, plate: Colour, *, seam: float) -> Face:
    """An induction meter under a round or oval glass: plate, disc, dark surround."""
    u = digit_height(display)
    tall, wide = display.image.shape[:2]
    radius = wide * float(rng.uniform(0.62, 1.0)) + u
    squash = float(rng.uniform(0.9, 1.25))
    ry = max(radius * squash, tall * 1.2)
    base = float(rng.uniform(0.1, 0.8)) * radius if rng.random() < 0.6 else 0.0
    shape = round(2 * ry + base), round(2 * radius)
    shell = grey(rng, 8, 60, 4) if rng.random() < 0.75 else grey(rng, 110, 200, 5)
    canvas = plain(shape, shell)
    mask = np.zeros(shape, np.uint8)
    middle = (round(radius), round(ry))
    cv2.ellipse(mask, middle, (round(radius), round(ry)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    if base:
        half = radius * float(rng.uniform(0.55, 0.95))
        cv2.rectangle(
            mask, (round(radius - half), round(1.4 * ry)), (round(radius + half), shape[0]), 255, -1
        )
    inner = radius * float(rng.uniform(0.8, 0.95))
    inside = mixed(shell, grey(rng, 20, 120), float(rng.uniform(0.0, 0.8)))
    axes = (round(inner), round(inner * ry / radius))
    cv2.ellipse(canvas, middle, axes, 0, 0, 360, inside, -1, cv2.LINE_AA)
    half_w = max(wide * 0.53, inner * float(rng.uniform(0.6, 0.85)))
    top, bottom = ry - inner * float(rng.uniform(0.5, 0.75)), ry + inner * float(rng.uniform(0.45, 0.8))
    area: Box = (radius - half_w, top, radius + half_w, max(bottom, top + tall * 1.3))
    block(canvas, area, plate, u * float(rng.uniform(0.2, 1.5)))
    y = round(area[1] + max(area[3] - area[1] - tall, 1.0) * float(rng.uniform(0.08, 0.45)))
    x = round(radius - wide / 2)
    below = y + tall + 0.3 * u
    _print(
        canvas, rng, (area[0] + 0.3 * u, area[1], area[2] - 0.3 * u, float(y)), u=u, plate=plate, gas=False
    )
    if below + 1.2 * u < area[3]:
        _disc(canvas, rng, (radius - 0.7 * half_w, below, radius + 0.7 * half_w, below + 0.8 * u))
        below += 1.1 * u
    _print(canvas, rng, (area[0] + 0.3 * u, below, area[2] - 0.3 * u, area[3]), u=u, plate=plate, gas=False)
    _surface(canvas, rng)
    x, y = min(max(x, 0), shape[1] - wide), min(max(y, 0), shape[0] - tall)
    rows = put_display(canvas, display, (x, y), seam)
    _dome(canvas, rng, middle, axes)
    return Face(canvas, mask, rows, u)


def _print(canvas: Canvas, rng: np.random.Generator, box: Box, *, u: float, plate: Colour, gas: bool) -> None:
    """Fill a free band of a plate with what makers put there."""
    x0, y0, x1, y1 = box
    ink = _ink(rng, plate)
    makers = GAS_MAKERS if gas else ELECTRIC_MAKERS
    y = y0 + 0.15 * u
    while y < y1 - 0.3 * u:
        kind = rng.random()
        room = y1 - y
        left = x0 + (x1 - x0) * float(rng.choice([0.04, 0.04, rng.uniform(0, 0.5)]))
        face = text_face(rng)
        if kind < 0.2:
            size = min(u * float(rng.uniform(0.35, 1.0)), room)
            name = makers[int(rng.integers(len(makers)))]
            colour = (
                ink
                if rng.random() < 0.7
                else (float(rng.uniform(60, 230)), 60.0, float(rng.uniform(20, 200)))
            )
            write(canvas, name, face, size, (left, y + size / 2), colour=colour)
        elif kind < 0.38:
            size = min(u * float(rng.uniform(0.25, 1.0)), room)
            number = serial(rng)
            if rng.random() < 0.4:
                digits = "".join(c for c in number if c.isdigit())
                mask = prints.figures_row(rng, digits, size * 0.8, size * float(rng.uniform(0.5, 0.9)))
                lay(canvas, mask, ink, (round(left), round(y)))
            else:
                write(canvas, number, face, size, (left, y + size / 2), colour=ink)
        elif kind < 0.5 and room > 0.8 * u:
            size = min(room, u * float(rng.uniform(0.5, 1.3)))
            wide = min((x1 - left) * float(rng.uniform(0.3, 0.95)), 12 * u)
            block(canvas, (left, y, left + wide, y + size), (245.0, 245.0, 245.0))
            bars = prints.barcode(rng, max(round(wide * 0.9), 8), round(size * 0.65))
            lay(canvas, bars, (20.0, 20.0, 20.0), (round(left + wide * 0.05), round(y + size * 0.05)))
            write(
                canvas,
                serial(rng),
                face,
                size * 0.25,
                (left + wide * 0.2, y + size * 0.85),
                colour=(10.0,) * 3,
            )
        elif kind < 0.58 and room > 0.9 * u:
            size = u * 0.8
            _disc(canvas, rng, (left, y, min(left + 6 * u, x1), y + size))
        elif kind < 0.7 and room > u:
            size = min(room, u * float(rng.uniform(0.8, 2.0)))
            prints.table(canvas, rng, (left, y, x1 - 0.1 * u, y + size), ink=ink)
        elif kind < 0.8:
            size = 0.5 * u
            for index in range(int(rng.integers(1, 4))):
                at = left + (0.4 + index * float(rng.uniform(0.8, 1.6))) * u, y + 0.25 * u
                prints.lamp(canvas, rng, at, 0.13 * u)
        elif kind < 0.86:
            size = u * float(rng.uniform(0.6, 1.2))
            radius = size / 2
            button = left + radius + (x1 - left) * 0.6 * float(rng.random()), y + radius
            cv2.circle(
                canvas,
                (round(button[0]), round(button[1])),
                max(round(radius), 2),
                grey(rng, 30, 220),
                -1,
                cv2.LINE_AA,
            )
        else:
            size = u * float(rng.uniform(0.22, 0.5))
            write(canvas, rating(rng, water=False), face, size, (left, y + size / 2), colour=ink)
        y += size + u * float(rng.uniform(0.1, 0.7))


def _ink(rng: np.random.Generator, plate: Colour) -> Colour:
    light = sum(plate) > 330
    return grey(rng, 5, 90, 4) if light else grey(rng, 170, 250, 4)


def _disc(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """The slot in which an induction meter's disc turns, seen from its edge."""
    x0, y0, x1, y1 = box
    block(canvas, box, grey(rng, 5, 50), (y1 - y0) * 0.2)
    y = y0 + (y1 - y0) * float(rng.uniform(0.4, 0.65))
    thick = max((y1 - y0) * 0.12, 1.0)
    block(canvas, (x0, y, x1, y + thick), grey(rng, 130, 220))
    x = float(rng.uniform(x0, x1))
    if rng.random() < 0.6:
        block(canvas, (x, y, min(x + (x1 - x0) * 0.06, x1), y + thick), (30.0, 30.0, 190.0))


def _terminal_cover(canvas: Canvas, rng: np.random.Generator, box: Box, u: float) -> None:
    colour = grey(rng, 20, 235, 5)
    block(canvas, box, colour)
    y = round(box[1])
    cv2.line(canvas, (0, y), (round(box[2]), y), mixed(colour, (0.0, 0.0, 0.0), 0.6), max(round(0.06 * u), 1))
    for side in (0.12, 0.5, 0.88):
        if rng.random() < 0.5:
            prints.screw(canvas, rng, (box[2] * side, (box[1] + box[3]) / 2), 0.3 * u)
    if rng.random() < 0.4:
        prints.seal(canvas, rng, (box[2] * float(rng.uniform(0.1, 0.9)), (box[1] + box[3]) / 2), 0.7 * u)
    if rng.random() < 0.4:
        size = min(0.5 * u, (box[3] - box[1]) * 0.4)
        ink = _ink(rng, colour)
        at = (
            box[2] * float(rng.uniform(0.05, 0.5)),
            box[1] + (box[3] - box[1]) * float(rng.uniform(0.25, 0.75)),
        )
        write(canvas, serial(rng), text_face(rng), size, at, colour=ink)


def _surface(canvas: Canvas, rng: np.random.Generator) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    canvas *= cloud(rng, shape, int(rng.integers(1, 5)), 0.85, 1.08)[..., None]
    canvas += grain(rng, shape, float(rng.uniform(0.5, 4.0)))[..., None]


def _pane(canvas: Canvas, rng: np.random.Generator, area: Box, u: float) -> None:
    """A clear cover: a soft band of light, an edge."""
    if rng.random() < 0.25:
        tall, wide = canvas.shape[:2]
        slope = np.float32(rng.uniform(-1.2, 1.2))
        x = np.arange(wide, dtype=np.float32)[None] + slope * np.arange(tall, dtype=np.float32)[:, None]
        across = np.abs(x - np.float32(rng.uniform(0, wide))) / np.float32(rng.uniform(0.5, 5) * u)
        band = np.asarray(np.clip(1.0 - across, 0.0, 1.0) * rng.uniform(0.1, 0.45), np.float32)
        lay(canvas, band, (245.0, 248.0, 248.0), (0, 0))
    if rng.random() < 0.2:
        prints.framed(canvas, area, grey(rng, 150, 250), 0.04 * u)


def _dome(canvas: Canvas, rng: np.random.Generator, middle: tuple[int, int], axes: tuple[int, int]) -> None:
    """What a glass dome mirrors: bright arcs along its rim, one or two spots."""
    for _ in range(int(rng.integers(1, 4))):
        share = float(rng.uniform(0.82, 1.02))
        start = int(rng.integers(0, 360))
        shine = float(rng.uniform(120, 235))
        size = (round(axes[0] * share), round(axes[1] * share))
        thick = max(round(axes[0] * float(rng.uniform(0.01, 0.05))), 1)
        cv2.ellipse(
            canvas,
            middle,
            size,
            0,
            start,
            start + int(rng.integers(15, 120)),
            (shine,) * 3,
            thick,
            cv2.LINE_AA,
        )
