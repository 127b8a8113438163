"""Round faces of water meters: drums, little dials with red pointers, the star, print, glass."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.meters.faces import Face, digit_height, put_display
from simulate.meters.housing import Body, lid, pipes, ring
from simulate.meters.model import Picture
from simulate.meters.paint import Box, Canvas, Colour, cloud, grain, grey, lay, plain, write
from simulate.meters.pointers import dial, star
from simulate.meters.typefaces import text_face
from simulate.meters.words import WATER_MAKERS, rating, serial


def round_face(rng: np.random.Generator, display: Picture, plate: Colour, *, seam: float) -> Face:
    """A water meter seen from above, with its pipes to the left and right."""
    u = digit_height(display)
    tall, wide = display.image.shape[:2]
    side = int(rng.integers(4))
    body, open_ = _some_body(rng, wide, u, side)
    canvas, middle, inner = body.canvas, body.middle, body.inner
    if rng.random() < 0.6:
        pipes(body, rng)
    if open_:
        lid(body, rng, open_, side)
    ring(body, rng)
    cv2.circle(canvas, middle, round(inner), plate, -1, cv2.LINE_AA)
    ink = grey(rng, 5, 80) if sum(plate) > 330 else grey(rng, 175, 250)
    reach = float(np.sqrt(max(inner**2 - (wide / 2) ** 2, 0.0)))  # the display's corners stay on the face
    y = middle[1] - tall / 2 - inner * float(rng.uniform(-0.05, 0.45))
    y = float(np.clip(y, middle[1] - reach, max(middle[1] + reach - tall, middle[1] - reach)))
    x = middle[0] - wide / 2 + float(rng.normal(0.0, 0.05)) * inner
    spot = min(max(round(x), 0), canvas.shape[1] - wide), min(max(round(y), 0), canvas.shape[0] - tall)
    box: Box = (spot[0], spot[1], spot[0] + wide, spot[1] + tall)
    _dials(body, rng, box, ink)
    _words(body, rng, box, ink)
    shape = (canvas.shape[0], canvas.shape[1])
    canvas *= cloud(rng, shape, int(rng.integers(1, 5)), 0.82, 1.08)[..., None]
    canvas += grain(rng, shape, float(rng.uniform(0.5, 4.0)))[..., None]
    rows = put_display(canvas, display, spot, seam)
    _glass(canvas, rng, middle, inner)
    return Face(canvas, body.mask, rows, u)


def _some_body(rng: np.random.Generator, wide: int, u: float, side: int) -> tuple[Body, float]:
    """An empty body around a display ``wide`` pixels wide, and how far its open lid reaches, 0 without one.

    ``side``: where the lid stands, clockwise from the top.
    """
    inner = wide * float(rng.uniform(0.58, 0.95)) + 0.4 * u
    outer = inner * (1.0 + float(rng.uniform(0.06, 0.3)))
    beside = outer * float(rng.uniform(0.0, 0.9))
    open_ = outer * float(rng.uniform(0.5, 1.2)) if rng.random() < 0.35 else 0.0
    along = rng.random() < 0.7  # the pipes run as the digits do
    free = [0.0 if along else beside, beside if along else 0.0] * 2  # top, right, bottom, left
    if open_:
        free[side] = max(free[side], open_)
    shape = round(2 * outer + free[0] + free[2]), round(2 * outer + free[1] + free[3])
    canvas = plain(shape, grey(rng, 60, 160))
    middle = (round(outer + free[3]), round(outer + free[0]))
    return Body(canvas, np.zeros(shape, np.uint8), middle, inner, outer), open_


def _dials(body: Body, rng: np.random.Generator, box: Box, ink: Colour) -> None:
    """Pointers for the decimals in an arc below the drums, and the star that turns with the flow."""
    middle, inner = body.middle, body.inner
    radius = inner * float(rng.uniform(0.12, 0.22))
    count = int(rng.choice([0, 1, 2, 3, 4], p=[0.15, 0.2, 0.15, 0.2, 0.3]))
    face = text_face(rng)
    first, last = np.radians(float(rng.uniform(-25, 10))), np.radians(float(rng.uniform(150, 200)))
    for index in range(count):
        angle = first + (last - first) * (index + 0.5) / count
        at = middle[0] + inner * 0.66 * float(np.cos(angle)), middle[1] + inner * 0.66 * float(np.sin(angle))
        if not _near(box, at, radius):
            dial(body.canvas, rng, at, radius, face=face, ink=ink, label=f"x0,{'0' * index}1")
    if rng.random() < 0.7:
        x = middle[0] + inner * float(rng.uniform(-0.35, 0.35))
        y = middle[1] + inner * float(rng.uniform(0.05, 0.45))
        if not _near(box, (x, y), radius):
            star(body.canvas, rng, (x, y), radius * float(rng.uniform(0.5, 0.9)))


def _near(box: Box, at: tuple[float, float], radius: float) -> bool:
    return box[0] - radius < at[0] < box[2] + radius and box[1] - radius < at[1] < box[3] + radius


def _words(body: Body, rng: np.random.Generator, box: Box, ink: Colour) -> None:
    canvas, middle, inner = body.canvas, body.middle, body.inner
    face = text_face(rng)
    for _ in range(int(rng.integers(3, 9))):
        size = inner * float(rng.uniform(0.06, 0.15))
        x = middle[0] + inner * float(rng.uniform(-0.45, 0.45))
        y = middle[1] + inner * float(rng.uniform(-0.8, 0.85))
        if box[1] - size * 0.6 < y < box[3] + size * 0.6:
            continue
        kind = rng.random()
        words = WATER_MAKERS[int(rng.integers(len(WATER_MAKERS)))] if kind < 0.3 else rating(rng, water=True)
        write(canvas, serial(rng) if kind > 0.8 else words, face, size, (x, y), colour=ink, anchor="middle")
    if rng.random() < 0.3:  # the supplier's round sticker
        radius = round(inner * float(rng.uniform(0.14, 0.26)))
        x = middle[0] + inner * float(rng.uniform(-0.3, 0.3))
        y = middle[1] + inner * float(rng.uniform(0.25, 0.6))
        if not _near(box, (x, y), radius):
            cv2.circle(canvas, (round(x), round(y)), radius, grey(rng, 215, 250), -1, cv2.LINE_AA)
            colour = grey(rng, 20, 160, 30)
            write(canvas, serial(rng)[-7:], face, radius * 0.4, (x, y), colour=colour, anchor="middle")


def _glass(canvas: Canvas, rng: np.random.Generator, middle: tuple[int, int], inner: float) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    if rng.random() < 0.3:  # mist under the glass
        veil = np.clip(cloud(rng, shape, 3, -0.2, float(rng.uniform(0.1, 0.5))), 0, 1)
        disc = np.zeros(shape, np.float32)
        cv2.circle(disc, middle, round(inner), 1.0, -1)
        lay(canvas, np.asarray(veil * disc, np.float32), (190.0, 205.0, 205.0), (0, 0))
    if rng.random() < 0.4:
        radius = round(inner * float(rng.uniform(0.75, 0.98)))
        start = int(rng.integers(360))
        stop = start + int(rng.integers(20, 90))
        thick = max(round(inner * 0.02), 1)
        cv2.ellipse(canvas, middle, (radius, radius), 0, start, stop, (235.0,) * 3, thick, cv2.LINE_AA)
