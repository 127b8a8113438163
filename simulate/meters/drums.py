"""A counter with mechanical drums, seen straight on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.looks import RED, DrumLook, some_look
from simulate.meters.marks import printed_around
from simulate.meters.model import Digit, Picture, Row
from simulate.meters.paint import Canvas, Colour, block, cloud, finished, grain, lay, mixed, plain
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
    return drawn(rng, look, some_stand(rng, look.digits + look.decimals))


def drawn(rng: np.random.Generator, look: DrumLook, stand: Stand) -> Picture:
    """The counter of this look at this stand."""
    places = look.digits + look.decimals
    left, top, right, bottom = look.margin
    mark = 0.4 * look.height if look.style == "split" and look.decimals > 0 else 0.0
    width, tall = round(left + places * look.pitch + mark + right), round(top + look.window + bottom)
    starts = [left + k * look.pitch + (mark if k >= look.digits else 0.0) for k in range(places)]
    canvas = _plate(rng, look, (tall, width))
    boxes = _openings(canvas, look, starts, mark)
    strip = _Strip(rng, look)
    for place, (start, shown) in enumerate(zip(starts, stand.shown, strict=True)):
        tile = strip.drum(rng, shown, decimal=place >= look.digits, last=place == places - 1)
        _put(canvas, tile, start + (look.pitch - tile.shape[1]) / 2, top)
    _edges(canvas, rng, look, boxes, top)
    printed_around(canvas, rng, look, starts)
    if look.red_frame:
        _red_frame(canvas, look, starts, top)
    _light(canvas, rng, look)
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


class _Strip:
    """The drums' surface, unrolled once for all of them."""

    def __init__(self, rng: np.random.Generator, look: DrumLook) -> None:
        self.look = look
        self.width = max(round(look.drum), 6)
        step = max(round(look.ring), 8)
        self.ring = np.zeros((10 * step, self.width), np.float32)
        high = round(look.height)
        for value, shape in enumerate(look.figures):
            wide = max(round(shape.shape[1] * look.stretch * look.height / shape.shape[0]), 2)
            wide = min(wide, self.width - 2)
            glyph = cv2.resize(shape, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
            x = (self.width - wide) // 2
            y = value * step + step // 2 - high // 2
            rows = np.arange(y, y + high) % (10 * step)
            self.ring[rows, x : x + wide] = glyph
        # The drum seen from the front: row → angle → length along its surface, in digits.
        tall = round(look.window)
        radius = 10.0 * look.ring / (2 * np.pi)
        middle = (tall - 1) / 2 + look.ring * float(rng.normal(0.0, 0.035))
        across = np.clip((np.arange(tall) - middle) / radius, -0.98, 0.98)
        angle = np.arcsin(across)
        self.along = (angle * radius / look.ring).astype(np.float32) * (1.0 if look.upward else -1.0)
        lamp = float(rng.uniform(-0.6, 0.6))
        shading = 1.0 - look.shade * (1.0 - np.cos(angle - lamp)) * float(rng.uniform(0.6, 2.2))
        self.shading = np.clip(shading, 0.12, 1.15).astype(np.float32)

    def drum(self, rng: np.random.Generator, shown: float, *, decimal: bool, last: bool) -> _Array:
        """One drum in its window: (window, drum width, 3)."""
        look, ring = self.look, self.ring
        step = len(ring) // 10
        rows = ((shown + 0.5 + self.along) * step) % len(ring)
        if not look.upward:  # the digits themselves stay upright
            upright = np.round(shown + self.along)
            rows = ((upright + 0.5) - (shown + self.along - upright)) * step % len(ring)
        low = rows.astype(np.int32)
        part = (rows - low).astype(np.float32)[:, None]
        ink = ring[low % len(ring)] * (1 - part) + ring[(low + 1) % len(ring)] * part
        if look.wear > 0.12:
            ink = ink * self._worn(rng, ink.shape)
        body, colour = (look.decimal_body, look.decimal_ink) if decimal else (look.body, look.ink)
        tone = float(rng.normal(1.0, 0.03))
        tile = np.empty((*ink.shape, 3), np.float32)
        for channel in range(3):
            tile[..., channel] = body[channel] * tone + ink * (colour[channel] - body[channel] * tone)
        if last and look.decimals <= 1 and look.drum > 1.25 * look.stretch * look.height * 0.6:
            self._scale(tile, rows, colour)
        tile *= self.shading[:, None, None]
        tile[:, :1] *= 0.7
        tile[:, -1:] *= 0.75
        return tile

    def _worn(self, rng: np.random.Generator, shape: tuple[int, ...]) -> _Array:
        wear = self.look.wear
        field = cloud(rng, (shape[0], shape[1]), 4, 1.0 - 1.5 * wear, 1.25)
        field += grain(rng, (shape[0], shape[1]), 0.25 * wear)
        return np.clip(field, 0.15, 1.0)

    def _scale(self, tile: _Array, rows: _Array, colour: Colour) -> None:
        """The tenths' marks on the right edge of some last drums."""
        step = len(self.ring) // 10
        tenth = np.abs((rows / step * 10.0) % 1.0 - 0.5) < 0.16
        long_ = (np.floor(rows / step * 10.0) % 10) == 5
        wide = max(self.width // 8, 2)
        tile[np.flatnonzero(tenth), -wide:] = colour
        tile[np.flatnonzero(tenth & long_), -2 * wide :] = colour


def _plate(rng: np.random.Generator, look: DrumLook, shape: tuple[int, int]) -> Canvas:
    canvas = plain(shape, look.plate)
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


def _red_frame(canvas: Canvas, look: DrumLook, starts: list[float], top: float) -> None:
    thick = max(round(0.07 * look.height), 1)
    x0, x1 = starts[look.digits], starts[-1] + look.pitch
    corners = (round(x0), round(top - thick)), (round(x1), round(top + look.window + thick))
    cv2.rectangle(canvas, corners[0], corners[1], RED, thick)


def _light(canvas: Canvas, rng: np.random.Generator, look: DrumLook) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    canvas *= cloud(rng, shape, int(rng.integers(1, 4)), float(rng.uniform(0.6, 0.95)), 1.1)[..., None]
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
