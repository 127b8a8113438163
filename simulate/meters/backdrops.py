"""What is behind and around meters: plaster, tiles, planks, steel cupboards, dark shafts, mere shapes."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.meters.paint import Canvas, Colour, block, cloud, grain, grey, mixed, plain, toned

Shape = tuple[int, int]


def backdrop(rng: np.random.Generator, shape: Shape) -> Canvas:
    """A scene's ground: float32 (H, W, 3)."""
    kinds = (_plaster, _tiles, _planks, _steel, _shaft, _polygons, _mottled, _stripes)
    canvas = kinds[int(rng.choice(len(kinds), p=[0.2, 0.12, 0.09, 0.17, 0.12, 0.11, 0.12, 0.07]))](rng, shape)
    canvas *= cloud(rng, shape, int(rng.integers(1, 4)), float(rng.uniform(0.4, 0.95)), 1.1)[..., None]
    canvas += grain(rng, shape, float(rng.uniform(0.5, 6.0)))[..., None]
    for _ in range(int(rng.integers(0, 5))):
        _slab(canvas, rng)
    for _ in range(int(rng.integers(0, 4))):
        _tube(canvas, rng)
    return canvas


def any_colour(rng: np.random.Generator) -> Colour:
    """Mostly dull, sometimes loud."""
    if rng.random() < 0.75:
        return grey(rng, 20, 235, 14)
    b, g, r = (float(v) for v in rng.uniform(10, 240, 3))
    return b, g, r


def _plaster(rng: np.random.Generator, shape: Shape) -> Canvas:
    canvas = plain(shape, any_colour(rng))
    for cells in (4, 15, 50):
        canvas *= cloud(rng, shape, cells, 1.0 - 0.25 * float(rng.random()), 1.05)[..., None]
    return canvas


def _tiles(rng: np.random.Generator, shape: Shape) -> Canvas:
    base, joint = any_colour(rng), any_colour(rng)
    canvas = plain(shape, base)
    high = int(rng.uniform(0.05, 0.4) * min(shape))
    wide = round(high * float(rng.uniform(0.8, 2.8)))
    thick = max(round(high * float(rng.uniform(0.02, 0.1))), 1)
    shifted = rng.random() < 0.5
    for row, y in enumerate(range(0, shape[0], max(high, 8))):
        start = -(wide // 2) if shifted and row % 2 else 0
        for x in range(start, shape[1], max(wide, 8)):
            tone = float(rng.normal(1.0, 0.07))
            block(canvas, (max(x, 0), y, x + wide, y + high), toned(base, tone))
            cv2.line(canvas, (x, y), (x, y + high), joint, thick)
        cv2.line(canvas, (0, y), (shape[1], y), joint, thick)
    return canvas


def _planks(rng: np.random.Generator, shape: Shape) -> Canvas:
    wood = mixed((60.0, 100.0, 150.0), (140.0, 175.0, 205.0), float(rng.random()))
    canvas = plain(shape, wood)
    grain_ = cv2.resize(
        rng.uniform(0.75, 1.12, (int(rng.integers(20, 90)), 5)).astype(np.float32),
        (shape[1], shape[0]),
        interpolation=cv2.INTER_LINEAR,
    )
    canvas *= grain_[..., None]
    for y in range(0, shape[0], max(int(rng.uniform(0.1, 0.4) * shape[0]), 10)):
        cv2.line(canvas, (0, y), (shape[1], y), mixed(wood, (0.0, 0.0, 0.0), 0.7), int(rng.integers(1, 5)))
    return canvas


def _steel(rng: np.random.Generator, shape: Shape) -> Canvas:
    """A cupboard: a painted sheet, a door's edge, screws, holes."""
    base = grey(rng, 60, 225, 8)
    canvas = plain(shape, base)
    for _ in range(int(rng.integers(1, 6))):
        tone = float(rng.uniform(0.4, 1.25))
        if rng.random() < 0.5:
            x = int(rng.integers(shape[1]))
            block(
                canvas,
                (x, 0, x + int(rng.integers(3, shape[1] // 3)), shape[0]),
                toned(base, tone),
            )
        else:
            y = int(rng.integers(shape[0]))
            block(
                canvas,
                (0, y, shape[1], y + int(rng.integers(3, shape[0] // 3))),
                toned(base, tone),
            )
    for _ in range(int(rng.integers(0, 12))):
        at = int(rng.integers(shape[1])), int(rng.integers(shape[0]))
        cv2.circle(canvas, at, int(rng.integers(2, 9)), grey(rng, 10, 120), -1, cv2.LINE_AA)
    return canvas


def _shaft(rng: np.random.Generator, shape: Shape) -> Canvas:
    canvas = plain(shape, grey(rng, 8, 55, 5))
    canvas *= cloud(rng, shape, 6, 0.3, 1.6)[..., None]
    return canvas


def _polygons(rng: np.random.Generator, shape: Shape) -> Canvas:
    canvas = plain(shape, any_colour(rng))
    for _ in range(int(rng.integers(4, 25))):
        middle = rng.uniform(0, 1, 2) * [shape[1], shape[0]]
        points = middle + rng.normal(0, 0.18, (int(rng.integers(3, 7)), 2)) * max(shape)
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], any_colour(rng), cv2.LINE_AA)
    return canvas


def _mottled(rng: np.random.Generator, shape: Shape) -> Canvas:
    """Out of focus, whatever it is."""
    cells = int(rng.integers(3, 24))
    seeds = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
    loud = np.float32(rng.beta(1.0, 3.0))
    seeds = seeds * loud + seeds.mean(axis=2, keepdims=True) * (1 - loud)
    return np.asarray(cv2.resize(seeds, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _stripes(rng: np.random.Generator, shape: Shape) -> Canvas:
    """Corrugated sheet, blinds, gratings: evenly repeated bars, much like drums in a window."""
    one, other = any_colour(rng), any_colour(rng)
    length = float(rng.uniform(0.015, 0.12)) * max(shape)
    phase = np.arange(shape[1], dtype=np.float32) / np.float32(length)
    wave = (0.5 + 0.5 * np.sin(2 * np.pi * phase)) ** np.float32(rng.uniform(0.3, 3.0))
    row = np.asarray(one, np.float32) + wave[:, None] * (
        np.asarray(other, np.float32) - np.asarray(one, np.float32)
    )
    canvas = np.repeat(row[None], shape[0], axis=0).astype(np.float32)
    return np.ascontiguousarray(canvas)


def _slab(canvas: Canvas, rng: np.random.Generator) -> None:
    """A box, a shelf, a frame: any rectangle with a darker edge."""
    tall, wide = canvas.shape[:2]
    x, y = float(rng.uniform(-0.2, 1.0)) * wide, float(rng.uniform(-0.2, 1.0)) * tall
    w, h = float(rng.uniform(0.05, 0.7)) * wide, float(rng.uniform(0.05, 0.7)) * tall
    colour = any_colour(rng)
    points = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]) + rng.normal(0, 0.01, (4, 2)) * max(
        tall, wide
    )
    corners = [np.round(points).astype(np.int32)]
    cv2.fillPoly(canvas, corners, colour, cv2.LINE_AA)
    cv2.polylines(
        canvas, corners, True, mixed(colour, (0.0, 0.0, 0.0), 0.5), int(rng.integers(1, 6)), cv2.LINE_AA
    )


def _tube(canvas: Canvas, rng: np.random.Generator) -> None:
    """A pipe or a cable: a bent line, lighter along its middle."""
    tall, wide = canvas.shape[:2]
    start, stop = rng.uniform(-0.1, 1.1, (2, 2)) * [wide, tall]
    bend = (start + stop) / 2 + rng.normal(0, 0.15, 2) * max(tall, wide) * (rng.random() < 0.6)
    t = np.linspace(0, 1, 16)[:, None]
    path = np.round((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * stop).astype(np.int32)
    thick = max(
        round(float(rng.choice([rng.uniform(0.006, 0.03), rng.uniform(0.03, 0.12)])) * max(tall, wide)), 2
    )
    colour = any_colour(rng)
    for share, tone in ((1.0, 0.55), (0.7, 0.85), (0.35, 1.1)):
        paint = toned(colour, tone)
        cv2.polylines(canvas, [path], False, paint, max(round(thick * share), 1), cv2.LINE_AA)
