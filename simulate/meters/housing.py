"""The body of a round water meter: its pipes, its ring of brass or plastic, its lid."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters import prints
from simulate.meters.paint import Canvas, Colour, grey, lay, mixed, toned
from simulate.meters.typefaces import text, text_face
from simulate.meters.words import serial

_SHELLS: tuple[Colour, ...] = (
    (70.0, 150.0, 190.0), (60.0, 120.0, 160.0), (190.0, 110.0, 40.0), (50.0, 50.0, 190.0),
    (170.0, 170.0, 170.0), (40.0, 40.0, 42.0), (225.0, 225.0, 222.0), (140.0, 90.0, 50.0),
)  # fmt: skip
_LIDS: tuple[Colour, ...] = (
    (190.0, 100.0, 40.0), (40.0, 40.0, 42.0), (60.0, 170.0, 60.0), (50.0, 50.0, 190.0), (60.0, 110.0, 150.0),
)  # fmt: skip


@dataclass(frozen=True)
class Body:
    """A canvas (H, W, 3), what of it is the meter (H, W); its circles about ``middle`` (x, y), in pixels."""

    canvas: Canvas
    mask: NDArray[np.uint8]
    middle: tuple[int, int]
    inner: float
    outer: float


def pipes(body: Body, rng: np.random.Generator) -> None:
    """A pipe from edge to edge behind the meter, with a nut at each end."""
    canvas, mask = body.canvas, body.mask
    colour = _some(rng, _SHELLS)
    half = max(round(body.outer * float(rng.uniform(0.25, 0.6))), 3)
    top, bottom = max(body.middle[1] - half, 0), min(body.middle[1] + half, canvas.shape[0])
    across = (np.arange(top, bottom, dtype=np.float32) - body.middle[1]) / half
    tone = 0.45 + 0.75 * np.sqrt(np.clip(1 - (across + 0.3) ** 2 / 1.7, 0, 1))
    canvas[top:bottom] = tone[:, None, None] * np.asarray(colour, np.float32)
    mask[top:bottom] = 255
    wide = round(body.outer * float(rng.uniform(0.1, 0.3)))
    for nut in (slice(0, wide), slice(canvas.shape[1] - wide, canvas.shape[1])):
        canvas[top:bottom, nut] *= np.float32(rng.uniform(0.6, 0.9))


def ring(body: Body, rng: np.random.Generator) -> None:
    """The ring around the glass, round in its section, with a number struck into some."""
    canvas, middle, outer, inner = body.canvas, body.middle, body.outer, body.inner
    base = _some(rng, _SHELLS)
    cv2.circle(body.mask, middle, round(outer), 255, -1, cv2.LINE_AA)
    shine = float(rng.uniform(0.7, 1.1))
    for step in range(8):
        share = step / 8
        tone = 0.65 + 0.5 * float(np.sin(np.pi * (share + 0.1))) * shine
        cv2.circle(canvas, middle, round(outer + (inner - outer) * share), toned(base, tone), -1, cv2.LINE_AA)
    if rng.random() < 0.4 and outer - inner > 6:
        _struck(body, rng, mixed(base, (0.0, 0.0, 0.0), 0.55))
    if rng.random() < 0.5:
        cv2.circle(
            canvas, middle, round(inner * 1.02), grey(rng, 10, 60), max(round(0.02 * outer), 1), cv2.LINE_AA
        )


def lid(body: Body, rng: np.random.Generator, height: float) -> None:
    """The lid, open towards the picture's top, where ``height`` pixels are free for it."""
    canvas, mask, middle = body.canvas, body.mask, body.middle
    colour = _some(rng, _LIDS)
    axes = (round(body.outer * float(rng.uniform(0.7, 0.98))), max(round(height * 0.6), 2))
    centre = (middle[0], round(height * 0.62))
    hinge = round(0.25 * body.outer)
    corners = (middle[0] - hinge, centre[1]), (middle[0] + hinge, middle[1] - round(body.outer * 0.9))
    for target, paint in ((canvas, colour), (mask, 255.0)):
        cv2.ellipse(target, centre, axes, 0, 0, 360, paint, -1, cv2.LINE_AA)
        cv2.rectangle(target, corners[0], corners[1], paint, -1)
    inside = (round(axes[0] * 0.85), round(axes[1] * 0.85))
    cv2.ellipse(canvas, centre, inside, 0, 0, 360, mixed(colour, (0.0, 0.0, 0.0), 0.3), 2)
    if rng.random() < 0.5:
        note = prints.sticker(rng, axes[0] * 0.9)[: axes[1]]
        y, x = centre[1] - note.shape[0] // 2, centre[0] - note.shape[1] // 2
        if y >= 0 and x >= 0:
            canvas[y : y + note.shape[0], x : x + note.shape[1]] = note


def _struck(body: Body, rng: np.random.Generator, colour: Colour) -> None:
    """Characters around the ring, their feet towards the middle."""
    face = text_face(rng)
    size = (body.outer - body.inner) * 0.7
    start, radius = float(rng.uniform(0, 2 * np.pi)), (body.outer + body.inner) / 2
    for index, character in enumerate(serial(rng)):
        angle = start + index * size / body.outer
        glyph = text(character, face, max(round(size), 6))
        side = max(glyph.shape) + 4
        half_w, half_h = glyph.shape[1] / 2, glyph.shape[0] / 2
        turn = cv2.getRotationMatrix2D((half_w, half_h), -float(np.degrees(angle)) - 90, 1.0)
        turn[:, 2] += [side / 2 - half_w, side / 2 - half_h]
        turned = np.asarray(cv2.warpAffine(glyph, turn, (side, side)), np.uint8)
        x = body.middle[0] + radius * float(np.cos(angle)) - side / 2
        y = body.middle[1] + radius * float(np.sin(angle)) - side / 2
        lay(body.canvas, turned, colour, (round(x), round(y)))


def _some(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return toned(colours[int(rng.integers(len(colours)))], float(rng.uniform(0.75, 1.1)))
