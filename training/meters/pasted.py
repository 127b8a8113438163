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
    size = (photo.image.shape[1], photo.image.shape[0])
    covered = np.full(display.image.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(covered, matrix, size, flags=cv2.INTER_LINEAR)
    source = display.image
    smaller = tall / high
    if smaller < 0.5:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / smaller), np.uint8)
    over = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    # Where the old display sticks out it is painted over with what is around it.
    under = photo.image.copy()
    grown = middle + (old - middle) * 1.15
    left, top = np.maximum(grown.min(axis=0) - 6, 0).astype(int)
    right, bottom = (grown.max(axis=0) + 7).astype(int)
    part = under[top:bottom, left:right]
    hole = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(hole, np.round(grown - [left, top]).astype(np.int32), 255)
    if part.size:
        under[top:bottom, left:right] = cv2.inpaint(part, hole, 3, cv2.INPAINT_TELEA)
    inside = mask > 127
    if inside.any() and rng.random() < 0.7:
        seen = photo.image[inside].mean(axis=0)
        own = over[inside].mean(axis=0)
        over *= ((seen + 30) / (own + 30)) ** float(rng.uniform(0.2, 0.7))
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    image = np.clip(over * soft + under * (1 - soft), 0, 255).astype(np.uint8)
    return display.warped(matrix, image)
