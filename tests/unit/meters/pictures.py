"""Small drawn pictures for tests: a display of digits on a wall, known corners, and what spoils it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.meters.results import DisplayReading, Quad

Picture = NDArray[np.uint8]
#: The corners of the digits on ``display``.
QUAD: Quad = ((158.0, 203.0), (442.0, 203.0), (442.0, 255.0), (158.0, 255.0))


def wall(seed: int = 0, size: tuple[int, int] = (640, 480)) -> Picture:
    """Shades and things on a wall."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(70, 190, (7, 9, 3)).astype(np.uint8)
    picture = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(30):
        x, y = int(rng.integers(0, size[0] - 40)), int(rng.integers(0, size[1] - 40))
        colour = tuple(int(each) for each in rng.integers(0, 255, 3))
        cv2.rectangle(picture, (x, y), (x + 34, y + 14), colour, -1)
    noise = rng.normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def display(seed: int = 0, text: str = "05630") -> Picture:
    """A black window with five white digits on ``wall``."""
    picture = wall(seed)
    cv2.rectangle(picture, (130, 180), (470, 280), (25, 25, 25), -1)
    for place, digit in enumerate(text):
        at = (162 + 57 * place, 254)
        cv2.putText(picture, digit, at, cv2.FONT_HERSHEY_SIMPLEX, 2.3, (235, 235, 235), 5, cv2.LINE_AA)
    return picture


def reading(confidence: float = 0.5, quad: Quad = QUAD, **more: object) -> DisplayReading:
    """An unsure reading of ``display``."""
    values: dict[str, object] = {"value": "05630", "decimals": "", "display": "drum"}
    return DisplayReading(confidence=confidence, quad=quad, **(values | more))  # type: ignore[arg-type]
