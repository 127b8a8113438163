"""The digits of a display cut out straight: what the network that reads them sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Of a strip: its height, the height of the digits' cells in it, and the margins left and right, in pixels.
HEIGHT = 48
DIGIT = 30
SIDE = 12
#: Longer rows are squeezed to this width; it is a multiple of ``STEP``.
WIDEST = 352
STEP = 8

Points = NDArray[np.float32]


def width_for(quad: Points) -> int:
    """How wide the strip of a display with these corners (4, 2) is, in pixels."""
    along = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    across = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    wanted = DIGIT * along / max(float(across), 1e-6) + 2 * SIDE
    return int(np.clip(round(wanted / STEP) * STEP, 6 * STEP, WIDEST))


def cut(image: NDArray[np.uint8], quad: Points) -> NDArray[np.uint8]:
    """The strip (HEIGHT, W, 3) of the display with corners ``quad`` (4, 2) in pixels of ``image`` (H, W, 3).

    A display much larger than the strip is made smaller before it is turned, so that nothing aliases.
    """
    quad = np.asarray(quad, np.float32)
    width = width_for(quad)
    top = (HEIGHT - DIGIT) / 2
    target = np.array(
        [[SIDE, top], [width - SIDE, top], [width - SIDE, top + DIGIT], [SIDE, top + DIGIT]], np.float32
    )
    across = float((np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2)
    part, corner = _around(image, quad, across)
    quad = quad - corner
    smaller = across / DIGIT
    if smaller > 1.5:
        size = (max(1, round(part.shape[1] / smaller)), max(1, round(part.shape[0] / smaller)))
        quad = quad * np.array([size[0] / part.shape[1], size[1] / part.shape[0]], np.float32)
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = cv2.getPerspectiveTransform(quad, target)
    strip = cv2.warpPerspective(
        part, matrix, (width, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(strip, np.uint8)


def looks(quad: Points) -> tuple[Points, ...]:
    """The quad itself, lower, higher, and shifted down and up by a fifteenth of the digits' height."""
    down = (quad[[3, 2]] - quad[[0, 1]]).astype(np.float32)
    found = [np.asarray(quad, np.float32)]
    for top, bottom in ((0.06, -0.06), (-0.07, 0.07), (0.07, 0.07), (-0.07, -0.07)):
        upper = quad[[0, 1]] + down * np.float32(top)
        lower = quad[[3, 2]] + down * np.float32(bottom)
        found.append(np.asarray(np.stack([upper[0], upper[1], lower[1], lower[0]]), np.float32))
    return tuple(found)


def _around(image: NDArray[np.uint8], quad: Points, across: float) -> tuple[NDArray[np.uint8], Points]:
    """The part of the picture that the strip is made of, and its top left corner."""
    high, wide = image.shape[:2]
    margin = 0.8 * across + 2
    left, top = np.floor(np.clip(quad.min(axis=0) - margin, 0, [wide - 1, high - 1])).astype(int)
    right, bottom = np.ceil(np.clip(quad.max(axis=0) + margin, 1, [wide, high])).astype(int)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    return image[top:bottom, left:right], np.array([left, top], np.float32)


def normal(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A strip (H, W, 3) BGR -> float32 (3, H, W), its brightness centred and its contrast levelled."""
    values = strip.astype(np.float32) / 255.0
    grey = values.mean(axis=2)
    levelled = (values - grey.mean()) / (grey.std() + 0.04)
    return np.ascontiguousarray(levelled.transpose(2, 0, 1), dtype=np.float32)
