"""A counter with mechanical drums, seen straight on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.looks import DrumLook, some_look
from simulate.meters.marks import printed_around
from simulate.meters.model import Digit, Picture, Row
from simulate.meters.paint import Canvas, Colour, block, cloud, finished, grain, lay, mixed, plain
from simulate.meters.ring import Ring
from simulate.meters.turning import Stand, some_stand

_Array = NDArray[np.float32]


def draw_drums(
    rng: np.random.Generator,
    digits: int | None = None,
    decimals: int | None = None,
    *,
    height: float | None = None,
    plate: Colour | None = None,
) -> Picture:
    """A counter of 4 to 8 drums in its window, with half a digit of the plate around it.

    ``digits``: how many drums before the mark, ``decimals``: how many behind it; ``height`` of a digit in
    pixels (24 to 90), ``plate``: the colour around, BGR. What is not given is drawn.
    """
    look = some_look(rng, digits, decimals, height, plate)
    return drawn(rng, look, some_stand(rng, look.digits + look.decimals), even=plate is not None)


def drawn(rng: np.random.Generator, look: DrumLook, stand: Stand, *, even: bool = False) -> Picture:
    """The counter of this look at this stand; ``even``: lit so that a face goes on around it without seam."""
    places = look.digits + look.decimals
    left, top, right, bottom = look.margin
    mark = 0.4 * look.height if look.style == "split" and look.decimals > 0 else 0.0
    width, tall = round(left + places * look.pitch + mark + right), round(top + look.window + bottom)
    starts = [left + k * look.pitch + (mark if k >= look.digits else 0.0) for k in range(places)]
    canvas = _plate(rng, look, (tall, width), even=even)
    boxes = _openings(canvas, look, starts, mark)
    strip = Ring(rng, look)
    for place, (start, shown) in enumerate(zip(starts, stand.shown, strict=True)):
        tile = strip.drum(rng, shown, decimal=place >= look.digits, last=place == places - 1)
        _put(canvas, tile, start + (look.pitch - tile.shape[1]) / 2, top)
    if rng.random() < 0.3:
        _gloss(canvas, rng, look, boxes)
    _edges(canvas, rng, look, boxes, top)
    printed_around(canvas, rng, look, starts)
    if look.frame is not None:
        _decimal_frame(canvas, look, look.frame, starts)
    _light(canvas, rng, look, even=even)
    side = (look.pitch - look.drum) / 2 if look.style == "own" else 0.0
    row = tuple(
        Digit(
            str(stand.digits[k]),
            np.array(
                [
                    [starts[k] + side, top],
                    [starts[k] + look.pitch - side, top],
                    [starts[k] + look.pitch - side, top + look.window],
                    [starts[k] + side, top + look.window],
                ],
                np.float32,
            ),
            float(np.clip(stand.turns[k], 0.0, 1.0)),
            k >= look.digits,
        )
        for k in range(places)
    )
    return Picture(finished(canvas), (Row("drum", row),))


def _plate(rng: np.random.Generator, look: DrumLook, shape: tuple[int, int], *, even: bool) -> Canvas:
    canvas = plain(shape, look.plate)
    if even:
        return canvas
    canvas *= cloud(rng, shape, 2, 0.85, 1.12)[..., None]
    canvas += grain(rng, shape, float(rng.uniform(0.5, 5.0)))[..., None]
    return canvas


def _openings(canvas: Canvas, look: DrumLook, starts: list[float], mark: float) -> list[tuple[float, float]]:
    """Cut the windows; left and right edge of each."""
    top, pitch = look.margin[1], look.pitch
    bottom = top + look.window
    end = starts[-1] + pitch
    side = (pitch - look.drum) / 2
    if look.style == "own":
        boxes = [(start + side, start + pitch - side) for start in starts]
    elif mark:
        boxes = [(starts[0], starts[look.digits - 1] + pitch), (starts[look.digits], end)]
    else:
        boxes = [(starts[0], end)]
    rim = max(0.08 * look.height, 1.5)
    if look.bezel is not None:
        wide = rim * 2.2
        for x0, x1 in [(starts[0], end)] if look.style == "own" else boxes:
            block(canvas, (x0 - wide, top - wide, x1 + wide, bottom + wide), look.bezel, wide)
    well = mixed(look.body, (10.0, 10.0, 10.0), 0.75)
    if look.style != "flush":
        for x0, x1 in boxes:
            block(canvas, (x0 - 1, top - 1, x1 + 1, bottom + 1), well)
    return boxes


def _put(canvas: Canvas, tile: _Array, x: float, y: float) -> None:
    left, top = round(x), round(y)
    height = min(tile.shape[0], canvas.shape[0] - top)
    width = min(tile.shape[1], canvas.shape[1] - left)
    canvas[top : top + height, left : left + width] = tile[:height, :width]


def _edges(
    canvas: Canvas, rng: np.random.Generator, look: DrumLook, boxes: list[tuple[float, float]], top: float
) -> None:
    """The shadow that the frame throws on the drums, and a bright edge."""
    deep = float(rng.uniform(0.0, 0.28)) * look.window
    if deep < 1.5:
        return
    strength = float(rng.uniform(0.2, 0.85))
    sideways = float(rng.uniform(-0.5, 0.5)) * deep
    rows = np.arange(round(look.window), dtype=np.float32)
    fall = np.clip(1.0 - rows / deep, 0.0, 1.0) * strength
    for x0, x1 in boxes:
        shadow = np.repeat(fall[:, None], max(round(x1 - x0), 1), axis=1)
        columns = np.arange(shadow.shape[1], dtype=np.float32)
        if abs(sideways) > 1.0:
            far = columns if sideways > 0 else columns[::-1]
            shadow = np.maximum(shadow, np.clip(1.0 - far / abs(sideways), 0.0, 1.0)[None] * strength)
        lay(canvas, shadow, (8.0, 8.0, 8.0), (round(x0), round(top)))


def _decimal_frame(canvas: Canvas, look: DrumLook, colour: Colour, starts: list[float]) -> None:
    """The frame around the drums behind the mark, on some with a notch at its right."""
    thick = max(round(look.frame_thick * look.height), 1)
    top, bottom = round(look.margin[1] - thick), round(look.margin[1] + look.window + thick)
    x0, x1 = round(starts[look.digits]), round(starts[-1] + look.pitch)
    cv2.rectangle(canvas, (x0, top + thick // 2), (x1, bottom - thick // 2), colour, thick)
    if look.frame_thick > 0.12:
        y = round((top + bottom) / 2)
        cv2.line(canvas, (x1 - thick, y), (x1 + thick, y), look.body, max(thick // 3, 1))


def _gloss(
    canvas: Canvas, rng: np.random.Generator, look: DrumLook, boxes: list[tuple[float, float]]
) -> None:
    """What shiny drums and their pane mirror: a hand, a lamp, the gaps between the drums."""
    top, tall = round(look.margin[1]), round(look.window)
    colour = ((90.0, 120.0, 180.0), (230.0, 235.0, 235.0), (130.0, 140.0, 150.0))[int(rng.integers(3))]
    x0, x1 = round(boxes[0][0]), round(boxes[-1][1])
    veil = cloud(rng, (tall, x1 - x0), int(rng.integers(2, 7)), -0.7, float(rng.uniform(0.1, 0.55)))
    lay(canvas, np.clip(veil, 0.0, 1.0), colour, (x0, top))


def _light(canvas: Canvas, rng: np.random.Generator, look: DrumLook, *, even: bool) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    darkest = float(rng.uniform(0.88, 0.97) if even else rng.uniform(0.6, 0.95))
    canvas *= cloud(rng, shape, int(rng.integers(1, 4)), darkest, 1.03 if even else 1.1)[..., None]
    if rng.random() < 0.35:  # the pane's dust
        dust = cloud(rng, shape, 12, -0.6, float(rng.uniform(0.05, 0.5)))
        lay(canvas, np.clip(dust, 0.0, 1.0), (150.0, 165.0, 175.0), (0, 0))
    if rng.random() < 0.18:  # a reflection across the pane
        slope = float(rng.uniform(-1.5, 1.5))
        x = (
            np.arange(shape[1], dtype=np.float32)[None]
            + slope * np.arange(shape[0], dtype=np.float32)[:, None]
        )
        middle, wide = float(rng.uniform(0, shape[1])), float(rng.uniform(0.1, 1.2)) * look.height
        band = np.clip(1.0 - np.abs(x - middle) / wide, 0.0, 1.0) * float(rng.uniform(0.1, 0.6))
        lay(canvas, band.astype(np.float32), (245.0, 250.0, 250.0), (0, 0))
