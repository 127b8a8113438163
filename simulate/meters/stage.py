"""Where flat things stand before the camera: the pinhole view, and laying a flat picture into a scene."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.paint import Canvas, lay

Matrix = NDArray[np.float64]
_MARGIN = 12  # pixels around a thing for its shadow


@dataclass(frozen=True)
class View:
    """``turn`` in the plane and ``tilt`` out of it (about x, about y) in radians.

    ``far``: how many pixels of the scene the camera stands away.
    """

    turn: float
    tilt: tuple[float, float]
    far: float


def matrix(view: View, middle: NDArray[np.floating], scale: float, place: NDArray[np.floating]) -> Matrix:
    """A thing's pixels to the scene's (3×3): its ``middle`` comes to lie at ``place``, ``scale`` as large."""
    turn, (ax, ay) = view.turn, view.tilt
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(ax), -np.sin(ax)], [0, np.sin(ax), np.cos(ax)]])
    about_y = np.array([[np.cos(ay), 0, np.sin(ay)], [0, 1, 0], [-np.sin(ay), 0, np.cos(ay)]])
    spin = about_x @ about_y @ about_z
    lens = np.eye(3)
    lens[:2, :2] = spin[:2, :2]
    lens[2, :2] = spin[2, :2] / view.far
    to_middle = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])
    to_place = np.array([[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1]])
    return np.asarray(to_place @ lens @ to_middle, np.float64)


def through(transform: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (N, 2) under a transform."""
    moved = np.column_stack([points, np.ones(len(points))]) @ transform.T
    return np.asarray(moved[:, :2] / np.maximum(moved[:, 2:], 0.05), np.float64)


def outline(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The corners of a picture of this shape (H, W, …), from the top left one clockwise."""
    tall, wide = shape[:2]
    return np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float64)


def overlap(one: NDArray[np.floating], other: NDArray[np.floating]) -> bool:
    """Whether the upright boxes around two sets of points touch."""
    low, high = np.maximum(one.min(axis=0), other.min(axis=0)), np.minimum(one.max(axis=0), other.max(axis=0))
    return bool(np.all(low < high))


def laid(
    canvas: Canvas,
    image: Canvas,
    mask: NDArray[np.uint8],
    transform: Matrix,
    *,
    shadow: tuple[int, int, float],
) -> None:
    """Lay a flat picture (H, W, 3) into the scene through its mask; ``shadow``: how far x, y and how dark."""
    seen = through(transform, outline(mask.shape))
    size = float(np.linalg.norm(seen[1] - seen[0]) / mask.shape[1])
    if size < 0.85:  # reduced first, so that no pixel is skipped
        ratio = max(size * 1.1, 0.05)
        wide, tall = (max(round(side * ratio), 2) for side in mask.shape[::-1])
        transform = transform @ np.diag([mask.shape[1] / wide, mask.shape[0] / tall, 1.0])
        image = np.asarray(cv2.resize(image, (wide, tall), interpolation=cv2.INTER_AREA), np.float32)
        mask = np.asarray(cv2.resize(mask, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
    x0, y0 = (max(int(v) - _MARGIN, 0) for v in seen.min(axis=0))
    x1, y1 = (min(int(v) + _MARGIN, s) for v, s in zip(seen.max(axis=0), canvas.shape[1::-1], strict=True))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ transform
    cover = np.asarray(cv2.warpPerspective(mask, local, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR), np.uint8)
    warped = cv2.warpPerspective(
        image, local, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if shadow[2] > 0.05:
        soft = np.asarray(cv2.blur(cover, (15, 15)), np.uint8)
        lay(canvas, soft, (5.0, 5.0, 5.0), (x0 + shadow[0], y0 + shadow[1]), shadow[2])
    area = canvas[y0:y1, x0:x1]
    area += (cover * np.float32(1 / 255.0))[..., None] * (np.asarray(warped, np.float32) - area)
