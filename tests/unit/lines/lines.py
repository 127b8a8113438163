"""Lines drawn for the tests by invented hands: digits side by side, a long box or a rule, paper around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.hands import HANDS, InventedHand
from simulate.strokes import Pen, draw, lay

Grey = NDArray[np.uint8]


def line(
    text: str,
    seed: int = 0,
    *,
    hand: InventedHand = HANDS[1],
    height: int = 44,
    gap: float = 0.2,
    box: str = "box",
    shade: int = 60,
    paper: int = 240,
) -> Grey:
    """A picture of ``text`` by ``hand``, digits ``height`` px high; ``box``: box, rule or none."""
    rng = np.random.default_rng(seed)
    pen = Pen(width=0.08, shade=40)
    inks = [draw(hand.digit(int(digit), rng), height, pen, rng) for digit in text]
    wide = round(sum(ink.shape[1] + gap * height for ink in inks) + 0.6 * height)
    frame = (round(0.6 * height), round(0.5 * height), max(wide, height), round(1.5 * height))
    page = np.full((frame[3] + 2 * frame[1], frame[2] + 2 * frame[0]), paper, np.uint8)
    x0, y0, w, h = frame
    if box == "box":
        cv2.rectangle(page, (x0, y0), (x0 + w, y0 + h), shade, 2)
    elif box == "rule":
        cv2.line(page, (x0, y0 + h), (x0 + w, y0 + h), shade, 2)
    x = x0 + 0.4 * height
    for ink in inks:
        lay(page, ink, round(x), round(y0 + 1.25 * height - ink.shape[0]), pen.shade)
        x += ink.shape[1] + gap * height
    return noisy(page, rng)


def noisy(page: Grey, rng: np.random.Generator, sigma: float = 3.0) -> Grey:
    """Scanner's blur and noise."""
    blurred = cv2.GaussianBlur(page, (0, 0), 0.7).astype(np.float64)
    return np.clip(blurred + rng.normal(0, sigma, page.shape), 0, 255).astype(np.uint8)


def numbers(count: int, digits: int, seed: int) -> list[str]:
    """Random digit strings."""
    rng = np.random.default_rng(seed)
    return ["".join(map(str, rng.integers(0, 10, digits))) for _ in range(count)]
