"""A whole phone photo: surroundings, none or a few meters, things with digits on them, light, and the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters import prints
from simulate.meters.backdrops import backdrop
from simulate.meters.camera import shot
from simulate.meters.clutter import thing
from simulate.meters.dials import round_face
from simulate.meters.drums import draw_drums
from simulate.meters.faces import Face, box_face, digit_height, glass_face, plate_colour
from simulate.meters.lights import lit, stamped
from simulate.meters.model import Picture, Points, Row
from simulate.meters.paint import Canvas, grey, lay
from simulate.meters.segments import draw_lcd
from simulate.meters.words import number

_Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class _View:
    """How the meters of a scene stand: ``turn`` in the plane and ``tilt`` out of it (radians), ``digit`` pixels."""

    turn: float
    tilt: tuple[float, float]
    far: float
    digit: float


def draw_scene(
    rng: np.random.Generator, size: tuple[int, int] | None = None, display: Picture | None = None
) -> Picture:
    """A photo of ``size`` (H, W), 400 to 900 on its long side unless given, and every row of display digits on it.

    ``display``: a straight picture of a display, rendered or real, that becomes the counter of the meter. Without
    it there are none, one (mostly) or up to three meters. Rows that the frame cuts keep their true corners outside.
    """
    shape = size or _some_size(rng)
    canvas = backdrop(rng, shape)
    view = _some_view(rng, shape)
    count = 1 if display is not None else int(rng.choice([0, 1, 2, 3], p=[0.1, 0.76, 0.09, 0.05]))
    for _ in range(int(rng.integers(0, 6)) + (4 if count == 0 else 0)):
        _strew(canvas, rng, view, ())
    rows: list[Row] = []
    for index in range(count):
        given = display if index == 0 else None
        rows.extend(_hung(canvas, rng, view, rows, display=given, crowd=count))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.4, 0.3, 0.2, 0.1]))):
        _strew(canvas, rng, view, rows)
    if rows and rng.random() < 0.15:
        _scrawl(canvas, rng, rows[0])
    lit(canvas, rng, rows)
    if rng.random() < 0.07:
        stamped(canvas, rng)
    return Picture(shot(rng, canvas), tuple(rows))


def _some_size(rng: np.random.Generator) -> tuple[int, int]:
    long_ = int(rng.integers(400, 901))
    short = round(
        long_ * float(rng.choice([0.75, 0.5625, 1.0, rng.uniform(0.45, 1.0)], p=[0.5, 0.25, 0.05, 0.2]))
    )
    return (long_, short) if rng.random() < 0.6 else (short, long_)


def _some_view(rng: np.random.Generator, shape: tuple[int, int]) -> _View:
    kind = rng.random()
    if kind < 0.6:
        turn = float(rng.normal(0.0, 0.09))
    elif kind < 0.9:
        turn = float(rng.uniform(-np.pi, np.pi))
    else:
        turn = float(rng.choice([-np.pi / 2, np.pi / 2, np.pi])) + float(rng.normal(0.0, 0.08))
    tilt = float(rng.normal(0.0, 0.2)), float(rng.normal(0.0, 0.2))
    digit = float(np.exp(rng.uniform(np.log(8.0), np.log(60.0))))
    return _View(turn, tilt, max(shape) * float(rng.uniform(1.0, 2.5)), digit)


def _some_face(rng: np.random.Generator, digit: float, display: Picture | None) -> Face:
    plate = plate_colour(rng)
    if display is None:
        height = float(np.clip(digit * float(rng.uniform(0.95, 1.3)), 24.0, 90.0))
        if rng.random() < 0.62:
            display = draw_drums(rng, height=height, plate=plate)
        else:
            display = draw_lcd(rng, height=height)
    lcd = bool(display.rows) and display.rows[0].kind == "lcd"
    kind = rng.random()
    if kind < (0.1 if lcd else 0.4):
        return round_face(rng, display, plate)
    if kind < (0.14 if lcd else 0.55):
        return glass_face(rng, display, plate)
    return box_face(rng, display, plate, gas=rng.random() < 0.15)


def _hung(
    canvas: Canvas,
    rng: np.random.Generator,
    view: _View,
    others: Sequence[Row],
    *,
    display: Picture | None,
    crowd: int,
) -> tuple[Row, ...]:
    """Hang one more meter into the scene; its rows there, none where no room was left."""
    most = view.digit if crowd == 1 else min(view.digit, 26.0)
    face = _some_face(rng, most, display)
    middle = (
        np.mean([row.quad.mean(axis=0) for row in face.rows], axis=0)
        if face.rows
        else np.array(face.mask.shape[::-1]) / 2
    )
    corners = np.concatenate([row.quad for row in face.rows]) if face.rows else np.zeros((0, 2), np.float32)
    outline = np.array(
        [[0, 0], [face.mask.shape[1], 0], face.mask.shape[::-1], [0, face.mask.shape[0]]], np.float64
    )
    cut = rng.random() < 0.04
    scale = most / face.digit
    tall, wide = canvas.shape[:2]
    for _ in range(12):
        place = np.array([wide, tall]) * (
            0.5 + np.clip(rng.normal(0.0, 0.2 if crowd == 1 else 0.3, 2), -0.48, 0.48)
        )
        matrix = _matrix(view, middle, scale, place)
        seen = _through(matrix, corners) if len(corners) else _through(matrix, outline)
        inside = bool(np.all((seen > 2) & (seen < [wide - 2, tall - 2])))
        near = _through(matrix, outline)
        if (inside or (cut and not others)) and not any(_overlap(near, row.quad) for row in others):
            rows = (
                Picture(np.zeros((1, 1, 3), np.uint8), face.rows)
                .warped(matrix, np.zeros((1, 1, 3), np.uint8))
                .rows
            )
            _composed(canvas, rng, face, matrix)
            return rows
        scale *= 0.85
    return ()


def _matrix(view: _View, middle: NDArray[np.floating], scale: float, place: NDArray[np.float64]) -> _Matrix:
    """Face pixels → scene pixels: ``middle`` comes to lie at ``place``, seen by a pinhole camera ``view.far`` away."""
    turn, (ax, ay) = view.turn, view.tilt
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(ax), -np.sin(ax)], [0, np.sin(ax), np.cos(ax)]])
    about_y = np.array([[np.cos(ay), 0, np.sin(ay)], [0, 1, 0], [-np.sin(ay), 0, np.cos(ay)]])
    spin = about_x @ about_y @ about_z
    lens = np.array(
        [
            [spin[0, 0], spin[0, 1], 0],
            [spin[1, 0], spin[1, 1], 0],
            [spin[2, 0] / view.far, spin[2, 1] / view.far, 1],
        ]
    )
    to_middle = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])
    to_place = np.array([[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1]])
    return np.asarray(to_place @ lens @ to_middle, np.float64)


def _through(matrix: _Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(moved[:, :2] / np.maximum(moved[:, 2:], 0.05), np.float64)


def _overlap(one: NDArray[np.floating], other: NDArray[np.floating]) -> bool:
    low, high = np.maximum(one.min(axis=0), other.min(axis=0)), np.minimum(one.max(axis=0), other.max(axis=0))
    return bool(np.all(low < high))


def _composed(canvas: Canvas, rng: np.random.Generator, face: Face, matrix: _Matrix) -> None:
    """Lay the face into the scene through its mask, with the shadow that it throws."""
    image, mask = face.canvas, face.mask
    outline = np.array(
        [[0, 0], [mask.shape[1], 0], [mask.shape[1], mask.shape[0]], [0, mask.shape[0]]], np.float64
    )
    seen = _through(matrix, outline)
    size = float(np.linalg.norm(seen[1] - seen[0]) / mask.shape[1])
    if size < 0.85:  # reduced first, so that nothing is skipped
        ratio = max(size * 1.1, 0.05)
        image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        mask = np.asarray(
            cv2.resize(mask, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA), np.uint8
        )
        matrix = matrix @ np.diag(
            [face.mask.shape[1] / mask.shape[1], face.mask.shape[0] / mask.shape[0], 1.0]
        )
    _laid(canvas, image, mask, matrix, shadow=float(rng.uniform(0.0, 0.5)), rng=rng)


def _laid(
    canvas: Canvas,
    image: Canvas,
    mask: NDArray[np.uint8],
    matrix: _Matrix,
    *,
    shadow: float,
    rng: np.random.Generator,
) -> None:
    tall, wide = canvas.shape[:2]
    outline = np.array(
        [[0, 0], [mask.shape[1], 0], [mask.shape[1], mask.shape[0]], [0, mask.shape[0]]], np.float64
    )
    seen = _through(matrix, outline)
    margin = 12
    x0, y0 = (max(int(v) - margin, 0) for v in seen.min(axis=0))
    x1, y1 = (min(int(v) + margin, side) for v, side in zip(seen.max(axis=0), (wide, tall), strict=True))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ matrix
    size = (x1 - x0, y1 - y0)
    cover = np.asarray(cv2.warpPerspective(mask, local, size, flags=cv2.INTER_LINEAR), np.uint8)
    seen_image = cv2.warpPerspective(
        image, local, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if shadow > 0.05:
        away = tuple(int(v) for v in rng.integers(-10, 11, 2))
        soft = np.asarray(cv2.blur(cover, (15, 15)), np.uint8)
        lay(canvas, soft, (5.0, 5.0, 5.0), (x0 + away[0], y0 + away[1]), shadow)
    weight = cover[..., None] * np.float32(1 / 255.0)
    area = canvas[y0:y1, x0:x1]
    area += weight * (seen_image - area)


def _strew(canvas: Canvas, rng: np.random.Generator, view: _View, rows: Sequence[Row]) -> None:
    """Put one thing that is no meter somewhere, off the rows."""
    tall, wide = canvas.shape[:2]
    sprite = thing(rng, max(tall, wide) * float(np.exp(rng.uniform(np.log(0.08), np.log(0.45)))))
    turn = (
        view.turn + float(rng.normal(0.0, 0.12)) if rng.random() < 0.75 else float(rng.uniform(-np.pi, np.pi))
    )
    place = rng.uniform(0.0, 1.0, 2) * [wide, tall]
    matrix = _matrix(_View(turn, view.tilt, view.far, 0.0), np.array(sprite.shape[1::-1]) / 2, 1.0, place)
    outline = np.array(
        [[0, 0], [sprite.shape[1], 0], [sprite.shape[1], sprite.shape[0]], [0, sprite.shape[0]]], np.float64
    )
    if any(_overlap(_through(matrix, outline), row.quad) for row in rows):
        return
    mask = np.full(sprite.shape[:2], 255, np.uint8)
    _laid(canvas, sprite, mask, matrix, shadow=float(rng.uniform(0.0, 0.4)), rng=rng)


def _scrawl(canvas: Canvas, rng: np.random.Generator, row: Row) -> None:
    """Somebody's number on the meter's glass, near its digits."""
    quad: Points = row.quad
    size = float(np.linalg.norm(quad[3] - quad[0]))
    mask = prints.handwritten(rng, number(rng)[:4], size * float(rng.uniform(0.8, 2.2)))
    turn = float(np.degrees(np.arctan2(quad[1, 1] - quad[0, 1], quad[1, 0] - quad[0, 0])))
    side = int(np.hypot(*mask.shape)) + 2
    spin = cv2.getRotationMatrix2D(
        (mask.shape[1] / 2, mask.shape[0] / 2), -turn + float(rng.normal(0, 6)), 1.0
    )
    spin[:, 2] += [side / 2 - mask.shape[1] / 2, side / 2 - mask.shape[0] / 2]
    mask = np.asarray(cv2.warpAffine(mask, spin, (side, side)), np.uint8)
    up = (quad[0] - quad[3]) / max(size, 1.0)
    share = float(rng.uniform(0.1, 0.9))
    away = (
        (0.65 * size + mask.shape[0] / 2)
        * (1.0 if rng.random() < 0.6 else -1.0)
        * float(rng.uniform(0.85, 1.6))
    )
    at = quad[0] + (quad[1] - quad[0]) * share + (quad[3] - quad[0]) / 2 + up * away
    colour = grey(rng, 200, 250) if rng.random() < 0.4 else grey(rng, 5, 60)
    lay(canvas, mask, colour, (round(float(at[0]) - side / 2), round(float(at[1]) - side / 2)), 0.9)
