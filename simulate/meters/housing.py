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
    """A pipe from edge to edge behind the meter, along the longer side, with a nut at each end."""
    canvas, mask, across_at = body.canvas, body.mask, body.middle[1]
    if canvas.shape[0] > canvas.shape[1]:
        canvas, mask, across_at = canvas.transpose(1, 0, 2), mask.T, body.middle[0]
    colour = _some(rng, _SHELLS)
    half = max(round(body.outer * float(rng.uniform(0.25, 0.6))), 3)
    top, bottom = max(across_at - half, 0), min(across_at + half, canvas.shape[0])
    across = (np.arange(top, bottom, dtype=np.float32) - across_at) / half
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


def lid(body: Body, rng: np.random.Generator, reach: float, side: int) -> None:
    """The open lid: it stands out ``reach`` pixels at a side (0 top, then clockwise) where there is room."""
    canvas, mask, middle = body.canvas, body.mask, np.array(body.middle, np.float64)
    colour = _some(rng, _LIDS)
    out = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)][side], np.float64)
    aside = np.abs(out[::-1])
    axes = aside * body.outer * float(rng.uniform(0.7, 0.98)) + np.abs(out) * max(reach * 0.6, 2.0)
    centre = middle + out * (body.outer + reach * 0.38)
    hinge = middle + out * body.outer * 0.9 - aside * 0.25 * body.outer, centre + aside * 0.25 * body.outer
    for target, paint in ((canvas, colour), (mask, 255.0)):
        cv2.ellipse(target, _pixel(centre), _pixel(axes), 0, 0, 360, paint, -1, cv2.LINE_AA)
        cv2.rectangle(target, _pixel(hinge[0]), _pixel(hinge[1]), paint, -1)
    inner = mixed(colour, (0.0, 0.0, 0.0), 0.3)
    cv2.ellipse(canvas, _pixel(centre), _pixel(axes * 0.85), 0, 0, 360, inner, 2)
    if rng.random() < 0.5:
        note = prints.sticker(rng, float(min(axes)) * 0.9)
        x, y = (round(float(v)) for v in centre - np.array(note.shape[1::-1]) / 2)
        area = canvas[max(y, 0) : y + note.shape[0], max(x, 0) : x + note.shape[1]]
        area[:] = note[: area.shape[0], : area.shape[1]]


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


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
