"""The glass of a screen: the colour behind it, how strongly its segments stand out, what its panes do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.paint import Canvas, Colour, block, cloud, finished, grain, grey, lay, mixed, plain
from simulate.meters.symbols import Masks

# Backlights as seen on photos, BGR.
_BACKLIGHTS: tuple[tuple[Colour, float], ...] = (
    ((150.0, 175.0, 168.0), 0.2),  # none: grey green
    ((140.0, 150.0, 150.0), 0.12),  # none: grey
    ((95.0, 105.0, 110.0), 0.08),  # none: in the shade
    ((70.0, 190.0, 140.0), 0.14),  # green
    ((60.0, 210.0, 190.0), 0.1),  # yellow green
    ((215.0, 150.0, 70.0), 0.08),  # blue
    ((40.0, 130.0, 240.0), 0.09),  # orange
    ((175.0, 100.0, 205.0), 0.04),  # pink
    ((235.0, 240.0, 235.0), 0.1),  # white
    ((120.0, 170.0, 60.0), 0.05),  # teal
)
_LEDS: tuple[Colour, ...] = (
    (50.0, 45.0, 255.0),
    (80.0, 255.0, 110.0),
    (40.0, 140.0, 255.0),
    (255.0, 170.0, 60.0),
)


@dataclass(frozen=True)
class Glass:
    """``back``, ``ink``: BGR; ``lit``, ``ghost``: how strongly segments are seen that are on and off, 0 to 1.

    ``fade``: how much of the contrast is lost towards ``fade_to`` (radians) because the eye is off the
    axis. ``bloom``: light spilling around, as shares of a digit's height (LED); ``shadow``: the segments'
    own on the back.
    """

    back: Colour
    ink: Colour
    lit: float
    ghost: float
    fade: float
    fade_to: float
    bloom: float
    shadow: float
    frame: Colour


def some_glass(rng: np.random.Generator) -> Glass:
    """A glass drawn at random: four in five LCD with dark segments, the rest glowing."""
    kind = rng.random()
    frame = grey(rng, 12, 70, 4) if rng.random() < 0.5 else grey(rng, 120, 235, 7)
    ghost = 0.0 if rng.random() < 0.35 else float(rng.beta(1.3, 5.0)) * 0.5
    fade = float(rng.uniform(0.2, 0.85)) if rng.random() < 0.35 else 0.0
    fade_to = float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.4 else float(rng.choice([0.0, np.pi]))
    if kind < 0.8:
        weights = np.array([share for _, share in _BACKLIGHTS])
        back = _BACKLIGHTS[int(rng.choice(len(weights), p=weights / weights.sum()))][0]
        bright = float(rng.uniform(0.5, 1.08))
        back = tuple(float(np.clip(c * bright + rng.normal(0, 10), 4, 250)) for c in back)  # type: ignore[assignment]
        ink = mixed(
            (25.0, 22.0, 20.0), (110.0, 45.0, 30.0), float(rng.random()) if rng.random() < 0.3 else 0.1
        )
        lit = float(rng.uniform(0.35, 1.0))
        return Glass(
            back, ink, lit, min(ghost, 0.5 * lit), fade, fade_to, 0.0, float(rng.uniform(0, 0.35)), frame
        )
    if kind < 0.87:  # light segments on a coloured back
        back = ((150.0, 50.0, 20.0), (60.0, 30.0, 12.0), (35.0, 32.0, 30.0))[int(rng.integers(3))]
        ink = ((255.0, 245.0, 225.0), (250.0, 220.0, 150.0))[int(rng.integers(2))]
        lit = float(rng.uniform(0.6, 1.0))
        return Glass(back, ink, lit, ghost * 0.5, fade * 0.6, fade_to, 0.05, 0.0, frame)
    ink = _LEDS[int(rng.choice(4, p=[0.55, 0.22, 0.13, 0.1]))]
    back = mixed((6.0, 6.0, 8.0), mixed((0.0, 0.0, 0.0), ink, 0.3), float(rng.uniform(0.0, 0.7)))
    lit, bloom = float(rng.uniform(0.7, 1.0)), float(rng.uniform(0.05, 0.3))
    return Glass(back, ink, lit, ghost * 0.5, fade * 0.3, fade_to, bloom, 0.0, frame)


def composed(
    rng: np.random.Generator, glass: Glass, masks: Masks, frame: float, height: float
) -> NDArray[np.uint8]:
    """The picture of a screen: back, ghosts, lit segments, frame of ``frame`` pixels, panes."""
    shape = masks.shape
    canvas = plain(shape, glass.back)
    canvas *= cloud(rng, shape, int(rng.integers(1, 4)), float(rng.uniform(0.72, 0.98)), 1.08)[..., None]
    _speckle(canvas, rng)
    strength = _contrast(glass, shape)
    if glass.shadow > 0.03:
        away = round(height * float(rng.uniform(0.02, 0.1)))
        shade = np.asarray(cv2.blur(masks.lit, (max(away, 1), max(away, 1))), np.uint8)
        lay(canvas, shade, mixed(glass.back, (0.0, 0.0, 0.0), 0.7), (away, away), glass.shadow)
    if glass.ghost > 0.01:
        lay(canvas, masks.ghost * (strength * np.float32(glass.ghost / 255.0)), glass.ink, (0, 0))
    lit = masks.lit * (strength * np.float32(glass.lit / 255.0))
    if glass.bloom > 0.0:
        _bloom(canvas, masks.lit, glass, height)
        core = mixed(glass.ink, (255.0, 255.0, 255.0), float(rng.uniform(0.0, 0.6)))
        lay(canvas, lit, core, (0, 0))
    else:
        lay(canvas, lit, glass.ink, (0, 0))
    _panes(canvas, rng, height)
    _frame(canvas, rng, glass, frame)
    return finished(canvas)


def _speckle(canvas: Canvas, rng: np.random.Generator) -> None:
    canvas += grain(rng, (canvas.shape[0], canvas.shape[1]), float(rng.uniform(0.5, 6.0)))[..., None]


def _contrast(glass: Glass, shape: tuple[int, int]) -> NDArray[np.float32]:
    """How much of the contrast is left at each pixel."""
    if glass.fade < 0.02:
        return np.ones(shape, np.float32)
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None] * np.float32(np.cos(glass.fade_to))
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * np.float32(np.sin(glass.fade_to))
    return np.asarray(1.0 - np.float32(glass.fade) * np.clip((x + y + 0.6) / 1.6, 0.0, 1.0), np.float32)


def _bloom(canvas: Canvas, lit: NDArray[np.uint8], glass: Glass, height: float) -> None:
    side = max(round(glass.bloom * height), 1) * 2 + 1
    halo = cv2.blur(cv2.blur(lit, (side, side)), (side, side))
    lay(canvas, np.asarray(halo, np.uint8), glass.ink, (0, 0), 0.75)


def _panes(canvas: Canvas, rng: np.random.Generator, height: float) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    if rng.random() < 0.3:  # a window or a lamp mirrored
        veil = cloud(rng, shape, int(rng.integers(2, 6)), -0.5, float(rng.uniform(0.1, 0.6)))
        lay(canvas, np.clip(veil, 0.0, 1.0), (235.0, 240.0, 240.0), (0, 0))
    if rng.random() < 0.2:
        slope = float(rng.uniform(-1.5, 1.5))
        down = np.float32(slope) * np.arange(shape[0], dtype=np.float32)[:, None]
        x = np.arange(shape[1], dtype=np.float32)[None] + down
        middle, wide = float(rng.uniform(0, shape[1])), float(rng.uniform(0.2, 2.0)) * height
        band = (np.abs(x - np.float32(middle)) < wide).astype(np.float32) * np.float32(rng.uniform(0.05, 0.3))
        lay(canvas, band, (245.0, 250.0, 250.0), (0, 0))
    if rng.random() < 0.2:  # scratches
        for _ in range(int(rng.integers(1, 8))):
            start, stop = ((int(rng.integers(shape[1])), int(rng.integers(shape[0]))) for _ in range(2))
            shade = float(rng.uniform(60, 230))
            cv2.line(canvas, start, stop, (shade, shade, shade), 1, cv2.LINE_AA)


def _frame(canvas: Canvas, rng: np.random.Generator, glass: Glass, frame: float) -> None:
    tall, wide = (int(side) for side in canvas.shape[:2])
    edge = max(round(frame * 0.6), 1)
    for box in (
        (0, 0, wide, edge),
        (0, tall - edge, wide, tall),
        (0, 0, edge, tall),
        (wide - edge, 0, wide, tall),
    ):
        block(canvas, box, glass.frame)
    if frame > 4:
        deep = max(round(frame * 0.35), 1)
        fall = np.linspace(float(rng.uniform(0.1, 0.6)), 0.0, deep, dtype=np.float32)
        lay(canvas, np.repeat(fall[:, None], wide - 2 * edge, axis=1), (0.0, 0.0, 0.0), (edge, edge))
        if rng.random() < 0.5:
            lay(canvas, np.repeat(fall[None], tall - 2 * edge, axis=0), (0.0, 0.0, 0.0), (edge, edge))
