"""Painting on float32 BGR canvases (0–255): masks, clouds of light and dirt, printed words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.typefaces import text

Canvas = NDArray[np.float32]
Field = NDArray[np.float32]
Colour = tuple[float, float, float]
Box = tuple[float, float, float, float]


def plain(shape: tuple[int, int], colour: Colour) -> Canvas:
    """A canvas of one colour."""
    canvas = np.empty((*shape, 3), np.float32)
    canvas[:] = colour
    return canvas


def cloud(rng: np.random.Generator, shape: tuple[int, int], cells: int, low: float, high: float) -> Field:
    """A smooth random field from ``low`` to ``high`` with about ``cells`` hills along the longer side."""
    longer = max(shape)
    rows, columns = (max(round(cells * side / longer), 1) + 1 for side in shape)
    seeds = rng.uniform(low, high, (rows, columns)).astype(np.float32)
    field = cv2.resize(seeds, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(field, np.float32)


@cache
def _noise() -> Field:
    return np.random.default_rng(0).standard_normal((1024, 1024), np.float32)


def grain(rng: np.random.Generator, shape: tuple[int, int], strength: float) -> Field:
    """Fine noise around 0, cut at random from one large tile so that it costs little."""
    tile = _noise()
    if shape[0] >= tile.shape[0] or shape[1] >= tile.shape[1]:
        tile = np.tile(tile, (shape[0] // tile.shape[0] + 2, shape[1] // tile.shape[1] + 2))
    y, x = (int(rng.integers(have - want)) for have, want in zip(tile.shape, shape, strict=True))
    return tile[y : y + shape[0], x : x + shape[1]] * np.float32(strength)


def lay(
    canvas: Canvas, mask: NDArray[np.uint8] | Field, colour: Colour, at: tuple[int, int], alpha: float = 1.0
) -> None:
    """Lay ``colour`` on through ``mask`` (uint8 0–255 or float 0–1), its top left corner ``at`` x, y.

    What lies beyond the canvas is cut off.
    """
    height, width = canvas.shape[:2]
    x, y = at
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + mask.shape[0], height), min(x + mask.shape[1], width)
    if top >= bottom or left >= right:
        return
    piece = mask[top - y : bottom - y, left - x : right - x]
    weight = piece * np.float32(alpha / 255.0 if mask.dtype == np.uint8 else alpha)
    area = canvas[top:bottom, left:right]
    for channel in range(3):
        plane = area[..., channel]
        plane += weight * (np.float32(colour[channel]) - plane)


def block(canvas: Canvas, box: Box, colour: Colour, radius: float = 0.0) -> None:
    """A filled rectangle (x0, y0, x1, y1); corners of 2 pixels and more of ``radius`` are round and soft."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    round_ = int(min(radius, (x1 - x0) / 2 - 1, (y1 - y0) / 2 - 1))
    if round_ < 2:
        cv2.rectangle(canvas, (x0, y0), (x1 - 1, y1 - 1), colour, -1)
        return
    lay(canvas, rounded(y1 - y0, x1 - x0, round_), colour, (x0, y0))


def rounded(height: int, width: int, radius: int) -> NDArray[np.uint8]:
    """The mask of a rectangle with round corners."""
    mask = np.zeros((height, width), np.uint8)
    radius = max(min(radius, height // 2 - 1, width // 2 - 1), 0)
    cv2.rectangle(mask, (radius, 0), (width - 1 - radius, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - 1 - radius), 255, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def write(
    canvas: Canvas,
    words: str,
    face: Path,
    height: float,
    at: tuple[float, float],
    *,
    colour: Colour,
    anchor: str = "left",
    alpha: float = 1.0,
    turned: bool = False,
) -> tuple[int, int, int, int]:
    """Print ``words`` in an em of ``height`` pixels; ``at``: x of its left, middle or right, y of its middle.

    Returns the box x0, y0, x1, y1 of the ink; ``turned``: running down the page.
    """
    mask = text(words, face, max(round(height), 5))
    if turned:
        mask = np.ascontiguousarray(np.rot90(mask, -1))
    width = mask.shape[1]
    left = round(at[0] - {"left": 0.0, "middle": width / 2, "right": float(width)}[anchor])
    top = round(at[1] - mask.shape[0] / 2)
    lay(canvas, mask, colour, (left, top), alpha)
    return left, top, left + width, top + mask.shape[0]


def toned(colour: Colour, factor: float) -> Colour:
    """A colour lighter or darker by a factor."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two."""
    return tuple(a + (b - a) * share for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def grey(rng: np.random.Generator, low: float, high: float, tint: float = 6.0) -> Colour:
    """A nearly grey colour."""
    base = float(rng.uniform(low, high))
    b, g, r = (float(np.clip(base + rng.normal(0.0, tint), 0.0, 255.0)) for _ in range(3))
    return b, g, r


def finished(canvas: Canvas) -> NDArray[np.uint8]:
    """The canvas as a picture."""
    return cv2.convertScaleAbs(np.maximum(canvas, 0.0)).astype(np.uint8)
