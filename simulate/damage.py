"""What happens to paper between the pen and the scanner: grey sheets in (255 white), new ones out."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.paper import Grey

Corner = Literal["tl", "tr", "br", "bl"]


def _multiply(grey: Grey, factor: NDArray[np.float32]) -> Grey:
    return np.asarray(np.clip(grey.astype(np.float32) * factor + 0.5, 0, 255), dtype=np.uint8)


def fold(grey: Grey, dpi: float, rng: np.random.Generator, across: bool | None = None) -> Grey:
    """A crease with its shadow on one side and a worn, light line in the middle of the ink."""
    h, w = grey.shape
    horizontal = bool(rng.random() < 0.5) if across is None else across
    length, breadth = (w, h) if horizontal else (h, w)
    middle = breadth * float(rng.uniform(0.3, 0.7))
    tilt = float(rng.normal(0.0, 0.01))
    at = middle + tilt * (np.arange(length) - length / 2)
    distance = (np.arange(breadth)[:, None] - at[None, :]).astype(np.float32) / np.float32(dpi / 25.4)
    shadow = 1.0 - 0.16 * np.exp(-np.clip(distance, 0, None) / 4.0) * (distance >= 0)
    crease = 1.0 - 0.25 * np.exp(-((distance / 0.25) ** 2))
    factor = (shadow * crease).astype(np.float32)
    return _multiply(grey, factor if horizontal else factor.T)


def stamp(grey: Grey, dpi: float, centre_mm: tuple[float, float], rng: np.random.Generator) -> Grey:
    """A round office stamp, unevenly inked, its middle at ``centre_mm`` of the sheet."""
    scale = dpi / 25.4
    radius = float(rng.uniform(13.0, 17.0)) * scale
    x, y = (value * scale for value in centre_mm)
    ink = np.zeros(grey.shape, np.float32)
    thick = max(1, round(0.5 * scale))
    for share, wide in ((1.0, thick * 2), (0.93, thick), (0.58, thick)):
        cv2.circle(ink, (round(x), round(y)), round(radius * share), 1.0, wide, cv2.LINE_AA)
    _ring_of_letters(ink, (x, y), radius * 0.76, rng)
    for row in (-0.22, 0.05, 0.3):
        _letters(ink, (x - radius * 0.42, y + radius * row), radius * 0.12, 8, rng)
    inked = cv2.GaussianBlur(rng.random(grey.shape).astype(np.float32), (0, 0), 0.6 * scale)
    inked = np.clip((inked - inked.mean()) / (inked.std() + 1e-6) * 0.25 + 0.75, 0.1, 1.0)
    return _multiply(grey, (1.0 - 0.62 * ink * inked).astype(np.float32))


def _ring_of_letters(
    ink: NDArray[np.float32], centre: tuple[float, float], radius: float, rng: np.random.Generator
) -> None:
    for angle in np.arange(0.0, 2 * np.pi, 0.19):
        x, y = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
        _letters(ink, (x - radius * 0.05, y + radius * 0.05), radius * 0.12, 1, rng)


def _letters(
    ink: NDArray[np.float32], at: tuple[float, float], h: float, n: int, rng: np.random.Generator
) -> None:
    """Small printed signs nobody can read: each a random path over a 2×3 grid."""
    for i in range(n):
        nodes = rng.integers(0, (2, 3), (4, 2)) * (h * 0.5, h * 0.5) + (at[0] + i * h * 1.05, at[1] - h)
        cv2.polylines(ink, [np.round(nodes).astype(np.int32)], False, 1.0, max(1, round(h / 7)), cv2.LINE_AA)


def bleed(grey: Grey, back: Grey, strength: float = 0.12) -> Grey:
    """The writing of the ``back`` (upright as seen from behind) shows through, mirrored and soft."""
    seen = np.full(grey.shape, 255, np.uint8)
    mirrored = back[:, ::-1]
    h, w = min(grey.shape[0], back.shape[0]), min(grey.shape[1], back.shape[1])
    seen[:h, :w] = mirrored[:h, :w]
    soft = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 2.0)
    return _multiply(grey, (1.0 - strength * (1.0 - soft / 255.0)).astype(np.float32))


def dust(grey: Grey, dpi: float, rng: np.random.Generator, specks: int = 40) -> Grey:
    """Dark specks and a hair or two."""
    out = grey.copy()
    h, w = grey.shape
    for _ in range(specks):
        centre = (int(rng.integers(0, w)), int(rng.integers(0, h)))
        radius = max(1, round(float(rng.exponential(0.12)) * dpi / 25.4))
        cv2.circle(
            out, centre, min(radius, round(0.4 * dpi / 25.4)), int(rng.integers(40, 150)), -1, cv2.LINE_AA
        )
    for _ in range(int(rng.integers(0, 3))):
        start = rng.uniform((0, 0), (w, h))
        hair = start + np.cumsum(rng.normal(0.0, 0.4 * dpi / 25.4, (14, 2)), axis=0)
        cv2.polylines(out, [np.round(hair).astype(np.int32)], False, 110, 1, cv2.LINE_AA)
    return out


def torn(
    grey: Grey,
    dpi: float,
    corner: Corner,
    rng: np.random.Generator,
    *,
    size_mm: float = 22.0,
    backing: int = 235,
) -> Grey:
    """One corner torn off along a ragged line; the scanner's lid (``backing``) shows instead."""
    h, w = grey.shape
    size = size_mm * dpi / 25.4
    steps = np.linspace(0.0, 1.0, 24)
    ragged = rng.normal(0.0, size * 0.03, (24, 2))
    edge = np.column_stack([size * (1.0 - steps), size * 0.9 * steps]) + ragged
    shape = np.vstack([[-9.0, -9.0], [edge[0, 0], -9.0], edge, [-9.0, edge[-1, 1]]])
    if "r" in corner:
        shape[:, 0] = w - shape[:, 0]
    if "b" in corner:
        shape[:, 1] = h - shape[:, 1]
    out = grey.copy()
    cv2.fillPoly(out, [np.round(shape).astype(np.int32)], backing, cv2.LINE_AA)
    return out
