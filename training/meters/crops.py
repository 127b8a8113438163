"""Examples for the finder: a square cut out of a picture at a random scale and turn, and maps of its rows.

Maps are float32 (8, S / 4, S / 4) and weights uint8 of the same place:
0 on a row of display digits; 1 it is the reading (not a date or a serial number); 2 behind the mark; 3 LCD;
4, 5 cosine and sine of the direction in which the digits run; 6 log2 of the digit's height over 16 pixels;
7 a digit's centre. Maps 1–6 count only on rows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.model import Picture, Points, Row
from training.meters.look import photographed

Image = NDArray[np.uint8]
Maps = NDArray[np.float32]

SIZE = 256
STRIDE = 4
MAPS = 8
#: A row is drawn this much thinner than its digits, so that two rows stay apart.
THIN = 0.7
#: Digits of these heights, in pixels of the crop, are to be found at one scale; others count neither way.
SMALLEST, LARGEST = 7.0, 50.0


def example(picture: Picture, rng: np.random.Generator) -> tuple[Image, Maps, NDArray[np.uint8]]:
    """A crop (SIZE, SIZE, 3), its maps, and (S / 4, S / 4) where they count."""
    matrix = _placed(picture, rng)
    image = _warped(picture.image, matrix, rng)
    rows = [(row, [_moved(matrix, digit.quad) for digit in row.digits]) for row in picture.rows]
    maps, counts = targets(rows)
    if rng.random() < 0.08:
        image = np.asarray(image[:, :, rng.permutation(3)])
    if rng.random() < 0.06:
        image = np.asarray(255 - image, np.uint8)
    return photographed(image, rng), maps, counts


def targets(rows: list[tuple[Row, list[Points]]]) -> tuple[Maps, NDArray[np.uint8]]:
    """The maps of rows whose digits' quads are given in pixels of the crop."""
    side = SIZE // STRIDE
    maps = np.zeros((MAPS, side, side), np.float32)
    counts = np.ones((side, side), np.uint8)
    for row, quads in rows:
        whole = np.stack([quads[0][0], quads[-1][1], quads[-1][2], quads[0][3]])
        height = float(np.linalg.norm(whole[3] - whole[0]) + np.linalg.norm(whole[2] - whole[1])) / 2
        if not SMALLEST <= height <= LARGEST:
            _fill(counts, _thinned(whole, 1.1), 0)
            continue
        band = _thinned(whole, THIN)
        along = whole[1] - whole[0] + whole[2] - whole[3]
        along = along / max(float(np.linalg.norm(along)), 1e-6)
        values = (1.0, float(row.means == "reading"), 0.0, float(row.kind == "lcd"))
        for k, value in enumerate((*values, float(along[0]), float(along[1]), np.log2(height / 16.0))):
            _fill(maps[k], band, float(value))
        for digit, quad in zip(row.digits, quads, strict=True):
            if digit.decimal:
                _fill(maps[2], _thinned(quad, THIN), 1.0)
            _spot(maps[7], quad.mean(axis=0) / STRIDE, max(0.8, height / STRIDE * 0.13))
    return maps, counts


def _placed(picture: Picture, rng: np.random.Generator) -> NDArray[np.float64]:
    """Picture pixels → crop pixels, 2×3: which part, how large, how turned."""
    high, wide = picture.image.shape[:2]
    angle = float(rng.uniform(-np.pi, np.pi)) if rng.random() < 0.45 else float(rng.normal(0, 0.12))
    readable = [row for row in picture.rows if row.means == "reading"]
    if readable and rng.random() < 0.88:
        row = readable[int(rng.integers(len(readable)))]
        quad = row.quad
        across = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
        wanted = float(np.exp(rng.uniform(np.log(8.5), np.log(42))))
        scale = wanted / max(across, 1.0)
        centre = quad.mean(axis=0).astype(np.float64)
        half = float(np.linalg.norm(quad[1] - quad[0])) / 2 * scale
        room = max(8.0, SIZE / 2 - 0.8 * min(half, SIZE / 2))
        offset = rng.uniform(-room, room, 2)
    else:
        centre = np.array([rng.uniform(0, wide), rng.uniform(0, high)])
        scale = float(np.exp(rng.uniform(np.log(0.3), np.log(1.4))))
        offset = np.zeros(2)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    stretch = np.diag(np.exp(rng.normal(0, 0.06, 2)))
    turn = turn @ stretch
    shift = SIZE / 2 + offset - turn @ centre
    return np.column_stack([turn, shift])


def _warped(image: Image, matrix: NDArray[np.float64], rng: np.random.Generator) -> Image:
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    # Only what the crop shows, and a little more.
    corners = np.array([[0, 0], [SIZE, 0], [SIZE, SIZE], [0, SIZE]], np.float64) - matrix[:, 2]
    inside = corners @ np.linalg.inv(matrix[:, :2]).T
    left, top = np.clip(np.floor(inside.min(axis=0)) - 4, 0, None).astype(int)
    right, bottom = np.minimum(np.ceil(inside.max(axis=0)) + 4, image.shape[1::-1]).astype(int)
    if right - left >= 8 and bottom - top >= 8:
        image = image[top:bottom, left:right]
        matrix = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ [left, top]])
    if scale < 0.6:
        smaller = max(scale * 1.3, 0.02)
        size = (max(4, round(image.shape[1] * smaller)), max(4, round(image.shape[0] * smaller)))
        factor = np.array([image.shape[1] / size[0], image.shape[0] / size[1]])
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ np.diag([*factor, 1.0])
    border = cv2.BORDER_REPLICATE if rng.random() < 0.3 else cv2.BORDER_CONSTANT
    fill = tuple(float(v) for v in (rng.integers(0, 256, 3) if rng.random() < 0.6 else (0, 0, 0)))
    warped = cv2.warpAffine(
        image, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill
    )
    return np.asarray(warped, np.uint8)


def _moved(matrix: NDArray[np.float64], quad: Points) -> Points:
    return np.asarray(quad.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _thinned(quad: Points, share: float) -> Points:
    top = quad[[0, 1]] + (quad[[3, 2]] - quad[[0, 1]]) * np.float32((1 - share) / 2)
    bottom = quad[[3, 2]] - (quad[[3, 2]] - quad[[0, 1]]) * np.float32((1 - share) / 2)
    return np.asarray(np.stack([top[0], top[1], bottom[1], bottom[0]]), np.float32)


def _fill(where: NDArray[np.float32] | NDArray[np.uint8], quad: Points, value: float) -> None:
    points = np.round(((quad + 0.5) / STRIDE - 0.5) * 16).astype(np.int32)
    cv2.fillConvexPoly(where, points, value, lineType=cv2.LINE_8, shift=4)


def _spot(where: NDArray[np.float32], centre: Points, sigma: float) -> None:
    """A bump of height 1 where a digit's centre is (CenterNet, Zhou et al. 2019)."""
    side = where.shape[0]
    x, y = float(centre[0]), float(centre[1])
    reach = int(np.ceil(3 * sigma))
    left, right = max(0, int(x) - reach), min(side, int(x) + reach + 2)
    top, bottom = max(0, int(y) - reach), min(side, int(y) + reach + 2)
    if left >= right or top >= bottom:
        return
    ys, xs = np.mgrid[top:bottom, left:right].astype(np.float32)
    bump = np.exp(-((xs - round(x)) ** 2 + (ys - round(y)) ** 2) / (2 * sigma**2))
    part = where[top:bottom, left:right]
    np.maximum(part, bump, out=part)
