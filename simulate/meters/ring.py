"""The surface of a counter's drums, unrolled once, and each drum as its window shows it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.looks import DrumLook
from simulate.meters.paint import Colour, cloud, grain

_Array = NDArray[np.float32]


class Ring:
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
        if look.teeth > 0.0:
            self._teeth(tile, rows, colour)
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

    def _teeth(self, tile: _Array, rows: _Array, colour: Colour) -> None:
        """The pinion's teeth, seen as dashes along the drum's edge: two for each digit."""
        step = len(self.ring) // 10
        dashes = np.flatnonzero((rows / step * 2.0) % 1.0 < 0.5)
        wide = max(round(self.width * 0.09), 1)
        side = slice(-wide, None) if self.look.teeth_right else slice(0, wide)
        ink = np.asarray(colour, np.float32)
        area = tile[dashes, side]
        tile[dashes, side] = area + np.float32(self.look.teeth) * (ink - area)
