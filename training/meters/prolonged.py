"""Windows longer than the digits in them, the unit beside in the same colours: a row is not its window."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.model import Digit, Picture, Row
from simulate.meters.typefaces import text, text_face

_UNITS = (
    "kWh",
    "кВт·ч",
    "m³",
    "м³",
    "kW·h",
    "kwh",
    "KWH",
    "x1",
    "m3",
    "MWh",
    "MADE",
    "No",
    "L",
    "м3",
    "гкал",
)


def prolonged(display: Picture, rng: np.random.Generator) -> Picture:
    """The strip with its window drawn out left, right or both ways; the truth moves along.

    ``display`` shows its first row straight on. The new part has the colour between the digits, or nearly.
    """
    row = display.rows[0]
    quad = row.quad
    height = float(quad[3, 1] - quad[0, 1])
    if len(display.rows) > 1 or height < 8 or abs(float(quad[1, 1] - quad[0, 1])) > 0.2 * height:
        return display
    left = round(float(rng.uniform(0.2, 3.0)) * height) if rng.random() < 0.6 else 0
    right = round(float(rng.uniform(0.4, 3.0)) * height) if rng.random() < 0.7 or not left else 0
    start, end = (
        max(0, round(float(quad[0, 0]) - 1)),
        min(display.image.shape[1], round(float(quad[1, 0]) + 1)),
    )
    before, row_part, after = (
        display.image[:, :start],
        display.image[:, start:end],
        display.image[:, end:],
    )
    if row_part.shape[1] < 8:
        return display
    grow = float(rng.uniform(-0.05, 0.25)) * height
    top = max(0, round(float(quad[0, 1]) - grow))
    bottom = min(display.image.shape[0], round(float(quad[3, 1]) + grow))
    window = row_part[top:bottom]
    one = _stretch(row_part[:, :2], window[:, :2], left, top, bottom, rng)
    other = _stretch(row_part[:, -2:], window[:, -2:], right, top, bottom, rng)
    for part, chance in ((one, 0.15), (other, 0.7)):
        if part.shape[1] > 0.8 * height and rng.random() < chance:
            _write(part, top, bottom, window, rng)
    image = np.concatenate([before, one, row_part, other, after], axis=1)
    digits = tuple(
        Digit(d.value, d.quad + np.array([left, 0], np.float32), d.turn, d.decimal) for d in row.digits
    )
    return Picture(np.ascontiguousarray(image), (Row(row.kind, digits, row.means, row.tariff),))


def _stretch(
    edge: NDArray[np.uint8],
    window: NDArray[np.uint8],
    wide: int,
    top: int,
    bottom: int,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """``wide`` columns like those at the row's edge; within the window of one colour."""
    part = np.repeat(edge.mean(axis=1, keepdims=True), wide, axis=1)
    if wide:
        colour = np.median(window.reshape(-1, 3), axis=0) * float(rng.uniform(0.8, 1.2))
        part[top:bottom] = colour + rng.normal(0, 2, (bottom - top, wide, 1))
    return np.clip(part, 0, 255).astype(np.uint8)


def _write(
    part: NDArray[np.uint8], top: int, bottom: int, window: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    """A unit as high as the digits or a little lower, as light as they are."""
    tall = bottom - top
    size = max(6, round(tall * float(rng.uniform(0.45, 0.95))))
    mask = text(str(rng.choice(_UNITS)), text_face(rng), size)
    scale = min(1.0, 0.9 * part.shape[1] / max(mask.shape[1], 1), 0.95 * tall / max(mask.shape[0], 1))
    shape = (max(2, int(mask.shape[1] * scale)), max(2, int(mask.shape[0] * scale)))
    mask = np.asarray(cv2.resize(mask, shape, interpolation=cv2.INTER_AREA), np.uint8)
    x = int(rng.integers(0, max(1, part.shape[1] - mask.shape[1])))
    y = top + (tall - mask.shape[0]) // 2
    ink = np.percentile(window.reshape(-1, 3), 97 if np.median(window) < 128 else 3, axis=0)
    share = mask[..., None].astype(np.float32) / 255
    here = part[y : y + mask.shape[0], x : x + mask.shape[1]]
    share = share[: here.shape[0], : here.shape[1]]
    here[:] = np.clip(here * (1 - share) + ink * share, 0, 255)
