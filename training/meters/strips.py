"""Examples for the reader: a strip cut about where a display is, as the finder would cut it, and its text.

The text is a list of classes: 0–9 before the mark, 10–19 behind it, 20 a digit before the mark that nobody
could read, 21 one behind it. An empty text: no reading is there, or it stands on its head.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.meters.strip import DIGIT, cut
from simulate.meters.model import Picture, Points, Row
from training.meters.look import photographed
from training.meters.prolonged import prolonged

Image = NDArray[np.uint8]
DECIMAL = 10
_LONGER = 0.2
#: How often a pen has drawn over the glass, and how often a display is out of focus in the dark.
_SCRIBBLED, _DULL = 0.16, 0.15
ANY_WHOLE, ANY_DECIMAL = 20, 21


def text_of(row: Row) -> list[int]:
    """The classes of a row's digits."""
    out = []
    for digit in row.digits:
        if digit.value == "?":
            out.append(ANY_DECIMAL if digit.decimal else ANY_WHOLE)
        else:
            out.append(int(digit.value) + (DECIMAL if digit.decimal else 0))
    return out


def example(picture: Picture, row: Row, rng: np.random.Generator) -> tuple[Image, list[int]]:
    """A strip (HEIGHT, W, 3) and its text, at a random resolution and in random light."""
    if row is picture.rows[0] and rng.random() < _LONGER:
        picture = prolonged(picture, rng)
        row = picture.rows[0]
    quad = row.quad.astype(np.float32)
    image = picture.image
    across = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    # From far away a digit is ten pixels high.
    seen = float(np.exp(rng.uniform(np.log(10.5), np.log(60))))
    if seen < across and seen < DIGIT * 1.2:
        scale = seen / across
        size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
        quad = quad * np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    quad = jittered(quad, rng)
    text = text_of(row)
    if rng.random() < 0.06:
        quad, text = quad[[2, 3, 0, 1]], []
    if rng.random() < 0.06 and not any(digit.decimal for digit in row.digits):
        image = np.asarray(255 - image, np.uint8)
    strip = cut(image, quad)
    if rng.random() < _SCRIBBLED:
        strip = _scribbled(strip, rng)
    if rng.random() < _DULL:
        strip = _dull(strip, rng)
    return photographed(strip, rng, 0.8), text


def _scribbled(strip: Image, rng: np.random.Generator) -> Image:
    """A pen's strokes on the glass, a hair, a scratch: a bent line or two over the digits."""
    out = strip.copy()
    high, wide = strip.shape[:2]
    for _ in range(int(rng.integers(1, 3))):
        start = np.array([rng.uniform(0, wide), rng.uniform(-5, high)])
        steps = rng.normal(0, 1, (6, 2)) * [8, 9] + rng.normal(0, 6, 2)
        points = (start + np.cumsum(steps, axis=0)) * 16
        colour = float(rng.uniform(200, 255) if rng.random() < 0.7 else rng.uniform(0, 60))
        thick = int(rng.integers(1, 6))
        line = points.astype(np.int32).reshape(-1, 1, 2)
        drawn = out.copy()
        cv2.polylines(drawn, [line], False, (colour,) * 3, thick, cv2.LINE_AA, shift=4)
        # The glass is nearer than the digits, so a stroke is less sharp; thin ink shows them through.
        ink = float(rng.uniform(0.55, 1.0))
        soft = cv2.GaussianBlur(drawn.astype(np.float32) - out, (0, 0), float(rng.uniform(0.3, 1.5)))
        out = np.asarray(np.clip(out + ink * soft, 0, 255), np.uint8)
    return out


def _dull(strip: Image, rng: np.random.Generator) -> Image:
    """Out of focus and of little contrast: a meter in a dark cupboard, a flash on milky glass."""
    values = cv2.GaussianBlur(strip.astype(np.float32), (0, 0), float(rng.uniform(0.7, 1.7)))
    veil = float(rng.uniform(0, 160))
    return np.asarray(values + (veil - values) * float(rng.uniform(0.1, 0.6)), np.uint8)


def elsewhere(picture: Picture, rng: np.random.Generator) -> tuple[Image, list[int]] | None:
    """A strip of the same picture where no display row is: whatever is printed there is not a reading."""
    high, wide = picture.image.shape[:2]
    for _ in range(6):
        height = float(np.exp(rng.uniform(np.log(10), np.log(60))))
        length = height * float(rng.uniform(2.5, 8))
        centre = np.array([rng.uniform(0, wide), rng.uniform(0, high)])
        angle = float(rng.normal(0, 0.3))
        along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        across = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
        quad = np.stack([centre - along - across, centre + along - across, centre + along + across])
        quad = np.vstack([quad, centre - along + across]).astype(np.float32)
        if not any(_near(quad, row.quad) for row in picture.rows):
            return photographed(cut(picture.image, quad), rng, 0.8), []
    return None


def jittered(quad: Points, rng: np.random.Generator, much: float = 1.0) -> Points:
    """A quad as a finder would give it: a little off in height, ends, turn and every corner."""
    top, bottom = (quad[0] + quad[1]) / 2, (quad[2] + quad[3]) / 2
    height = float(np.linalg.norm(bottom - top))
    along = quad[1] - quad[0] + quad[2] - quad[3]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    down = np.array([-along[1], along[0]], np.float32)
    grow = float(np.exp(rng.normal(0.03, 0.12 * much))) - 1
    shift = float(rng.normal(0, 0.07 * much)) * height
    ends = rng.normal(-0.02, 0.12 * much, 2) * height
    # A finder takes in what is printed beside the digits rather than too little.
    ends += np.where(rng.random(2) < 0.12 * much, rng.uniform(0, 1.6, 2) * height, 0)
    turn = float(rng.normal(0, 0.02 * much))
    half = float(np.linalg.norm(quad[1] - quad[0])) / 2
    out = quad.astype(np.float64).copy()
    for k, (sign, down_sign) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        out[k] += down * (down_sign * grow * height / 2 + shift + sign * turn * half)
        out[k] += along * (sign * ends[0 if sign < 0 else 1])
        out[k] += rng.normal(0, 0.03 * much * height, 2)
    return np.asarray(out, np.float32)


def _near(one: Points, other: Points) -> bool:
    hull = cv2.convexHull(one.astype(np.float32))
    area, _ = cv2.intersectConvexConvex(hull, cv2.convexHull(other.astype(np.float32)))
    return area > 0
