"""The flatbed, the feeder and the phone: a flat sheet in, what the camera saw out. Grey uint8, 255 white."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.paper import Grey

_NOISE_TILE = 701  # pixels; odd, so that no printed grid falls in step with it


@dataclass(frozen=True)
class Scan:
    """How a sheet goes through the scanner.

    ``quarter_turns`` clockwise; ``skew_deg`` clockwise; ``blur_px`` and ``noise`` (grey levels) are standard
    deviations; ``gain`` below 1 darkens the paper, ``fade`` 0–1 lifts the ink; ``lid`` is the grey behind the
    paper; ``bilevel``: black and white by a threshold.
    """

    quarter_turns: int = 0
    skew_deg: float = 0.0
    blur_px: float = 0.5
    noise: float = 3.0
    gain: float = 0.98
    fade: float = 0.0
    lid: int = 250
    bilevel: bool = False


def random_scan(rng: np.random.Generator, skew_deg: float = 3.0, turned: bool = True) -> Scan:
    """An ordinary scan: any quarter turn (where ``turned``), skew up to ``skew_deg``, noise, softness."""
    return Scan(
        quarter_turns=int(rng.integers(0, 4)) if turned else 0,
        skew_deg=float(np.clip(rng.normal(0.0, skew_deg / 3), -skew_deg, skew_deg)),
        blur_px=float(rng.uniform(0.3, 0.9)),
        noise=float(rng.uniform(1.5, 7.0)),
        gain=float(rng.uniform(0.93, 1.0)),
        fade=float(rng.uniform(0.0, 0.15)),
        lid=int(rng.choice([252, 240, 200, 60])),
    )


def scan(sheet: Grey, settings: Scan, rng: np.random.Generator) -> Grey:
    """The page image of ``sheet``; larger than the sheet where it is skewed, so that nothing is cut off."""
    seen = _skew(sheet, settings.skew_deg, settings.lid) if settings.skew_deg else sheet
    seen = np.rot90(seen, -settings.quarter_turns % 4)
    return _sensor(seen, settings, rng)


def photograph(
    sheet: Grey, rng: np.random.Generator, height_px: int = 2600, strength: float = 0.10, shadow: float = 0.45
) -> Grey:
    """``sheet`` on a table, photographed by hand: perspective, uneven light, a shadow, softness.

    ``strength``: how far the corners move, as a fraction of the sheet; ``shadow``: how dark it gets.
    """
    h, w = sheet.shape
    out_h, out_w = height_px, round(height_px * 0.75)
    scale = 0.8 * min(out_w / w, out_h / h)
    size = np.array([w, h]) * scale
    corners = (np.array([out_w, out_h]) - size) / 2 + size * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    corners = corners + rng.uniform(-strength, strength, (4, 2)) * size
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    table = _table(out_h, out_w, rng)
    # Shrinking by more than half aliases thin lines: soften first, as a lens does.
    soft = cv2.GaussianBlur(sheet, (0, 0), max(0.3, 0.35 / scale))
    photo = cv2.warpPerspective(soft, matrix, (out_w, out_h), flags=cv2.INTER_CUBIC, borderValue=0.0)
    mask = (
        cv2.warpPerspective(np.full((h, w), 255, np.uint8), matrix, (out_w, out_h))[..., None].squeeze() > 127
    )
    table[mask] = photo[mask]
    lit = table.astype(np.float32) * _light(out_h, out_w, shadow, rng)
    return _sensor(
        np.clip(lit, 0, 255).astype(np.uint8),
        Scan(blur_px=float(rng.uniform(0.5, 1.1)), noise=5.0, gain=1.0),
        rng,
    )


def _skew(sheet: Grey, degrees: float, lid: int) -> Grey:
    h, w = sheet.shape
    angle = np.deg2rad(abs(degrees))
    out_w, out_h = round(w * np.cos(angle) + h * np.sin(angle)), round(h * np.cos(angle) + w * np.sin(angle))
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), -degrees, 1.0)
    matrix[:, 2] += ((out_w - w) / 2, (out_h - h) / 2)
    turned = cv2.warpAffine(sheet, matrix, (out_w, out_h), flags=cv2.INTER_CUBIC, borderValue=float(lid))
    return np.asarray(turned, dtype=np.uint8)


def _sensor(seen: Grey, settings: Scan, rng: np.random.Generator) -> Grey:
    """Softness, the ink's fading, the lamp, noise; in bytes throughout: a page has millions of pixels."""
    image = np.ascontiguousarray(seen)
    if settings.blur_px > 0:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), settings.blur_px), dtype=np.uint8)
    levels = (255.0 - (255.0 - np.arange(256.0)) * (1.0 - settings.fade)) * settings.gain
    image = np.asarray(cv2.LUT(image, np.clip(levels + 0.5, 0, 255).astype(np.uint8)), dtype=np.uint8)
    if settings.noise > 0:
        noise = _noise(image.shape, settings.noise, rng)
        image = np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), dtype=np.uint8)
    if settings.bilevel:
        return np.where(image < 150, 0, 255).astype(np.uint8)
    return image


def _noise(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> NDArray[np.int16]:
    """Sensor noise, drawn for a tile and repeated: nothing that reads slips looks that far for a pattern."""
    tile = np.rint(rng.standard_normal((_NOISE_TILE, _NOISE_TILE), dtype=np.float32) * sigma).astype(np.int16)
    down, across = -(-shape[0] // _NOISE_TILE), -(-shape[1] // _NOISE_TILE)
    return np.ascontiguousarray(np.tile(tile, (down, across))[: shape[0], : shape[1]])


def _table(h: int, w: int, rng: np.random.Generator) -> Grey:
    """A wooden table: dark, with grain along x."""
    grain = cv2.resize(
        rng.normal(0.0, 1.0, (h // 6 + 1, 6)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(np.clip(float(rng.uniform(60, 120)) + 10 * grain, 0, 255), dtype=np.uint8)


def _light(h: int, w: int, shadow: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A slope of light, and one soft-edged shadow falling in from a side."""
    y, x = np.mgrid[0:1:64j, 0:1:64j].astype(np.float32)
    direction = float(rng.uniform(0, 2 * np.pi))
    slope = 0.92 + 0.14 * ((x - 0.5) * np.cos(direction) + (y - 0.5) * np.sin(direction))
    side = float(rng.uniform(0, 2 * np.pi))
    depth = (x - 0.5) * np.cos(side) + (y - 0.5) * np.sin(side) - float(rng.uniform(0.05, 0.3))
    small = slope * (1.0 - shadow / (1.0 + np.exp(-depth * 40.0)))
    return np.asarray(
        cv2.resize(small.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC), dtype=np.float32
    )
