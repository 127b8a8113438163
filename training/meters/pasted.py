"""Other displays in place of the one on a photograph: real surroundings for counters nobody photographed."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.meters.model import Picture


def pasted(photo: Picture, display: Picture, rng: np.random.Generator) -> Picture:
    """``photo`` with the display of ``display`` (seen straight on, with its surroundings) over its own.

    The new one may be longer or shorter; it covers the old one wholly and hangs in about the same light.
    """
    old = photo.rows[0].quad.astype(np.float64)
    readings = [row for row in display.rows if row.means == "reading"]
    row = readings[0] if readings else display.rows[0]
    middle = old.mean(axis=0)
    along = (old[1] - old[0] + old[2] - old[3]) / 2
    down = (old[3] - old[0] + old[2] - old[1]) / 2
    new = row.quad.astype(np.float64)
    wide = float(np.linalg.norm(new[1] - new[0]))
    high = float(np.linalg.norm(new[3] - new[0]))
    # Between the old height and one at which the new row is as long as the old.
    same_height = float(np.linalg.norm(down))
    same_length = float(np.linalg.norm(along)) * high / wide
    tall = same_height * (same_length / same_height) ** float(rng.uniform(0, 1))
    tall *= float(rng.uniform(0.85, 1.25))
    half_down = down / np.linalg.norm(down) * tall / 2
    half_along = along / np.linalg.norm(along) * tall * wide / high / 2
    target = np.stack(
        [
            middle - half_along - half_down,
            middle + half_along - half_down,
            middle + half_along + half_down,
            middle - half_along + half_down,
        ]
    )
    target += rng.normal(0, 0.02 * tall, (4, 2))
    matrix = cv2.getPerspectiveTransform(new.astype(np.float32), target.astype(np.float32))
    grown = middle + (old - middle) * 1.15
    edges = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [display.image.shape[1], display.image.shape[0]]
    corners = cv2.perspectiveTransform(edges[None].astype(np.float32), matrix.astype(np.float32))[0]
    every = np.concatenate([corners, grown])
    left, top = np.clip(every.min(axis=0) - 6, 0, None).astype(int)
    right, bottom = np.minimum(every.max(axis=0) + 7, photo.image.shape[1::-1]).astype(int)
    if right - left < 8 or bottom - top < 8:
        return photo
    image = photo.image.copy()
    part = image[top:bottom, left:right]
    moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ matrix
    size = (int(right - left), int(bottom - top))
    mask = cv2.warpPerspective(np.full(display.image.shape[:2], 255, np.uint8), moved, size)
    source, smaller = display.image, tall / high
    if smaller < 0.5:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / smaller), np.uint8)
    over = cv2.warpPerspective(source, moved, size).astype(np.float32)
    # Where the old display sticks out it is painted over with what is around it.
    hole = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(hole, np.round(grown - [left, top]).astype(np.int32), 255)
    ring = (cv2.dilate(hole, np.ones((9, 9), np.uint8)) > 0) & (hole == 0)
    under = part.astype(np.float32)
    if ring.any():
        under[hole > 0] = np.median(part[ring], axis=0)
    inside = mask > 127
    if inside.any() and rng.random() < 0.7:
        seen, own = part[inside].mean(axis=0), over[inside].mean(axis=0)
        over *= ((seen + 30) / (own + 30)) ** float(rng.uniform(0.2, 0.7))
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    image[top:bottom, left:right] = np.clip(over * soft + under * (1 - soft), 0, 255)
    return display.warped(matrix, image)
