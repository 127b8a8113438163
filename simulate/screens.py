"""A photo of a screen that shows a picture: its pixels' stripes and gaps, seen askew by another camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

#: Samples a screen pixel is drawn with along each side, and how many of them the black gaps take.
_FINE, _GAP = 6, 1


def on_screen(
    picture: Picture, pitch: float, rng: np.random.Generator, *, size: tuple[int, int] = (1200, 900)
) -> Picture:
    """A photo of ``size`` (W, H) pixels of a screen that shows the middle of ``picture`` (BGR).

    ``pitch``: pixels of the photo from one pixel of the screen to the next. Turned by 1 to 8 degrees, a
    little in perspective, blurred by the lens, with the sensor's noise.
    """
    wide, high = round(size[0] / pitch * 1.15), round(size[1] / pitch * 1.15)
    shown = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA)
    # In linear light, as a screen emits it and a camera adds it up.
    light = (shown.astype(np.float32) / 255.0) ** 2.2
    fine = np.repeat(np.repeat(light, _FINE, axis=0), _FINE, axis=1)
    stripe = np.zeros((_FINE, _FINE, 3), np.float32)
    third = _FINE // 3
    for channel in range(3):  # blue, green, red from right to left
        stripe[_GAP:, (2 - channel) * third : (3 - channel) * third, channel] = 1.0
    fine *= np.tile(stripe * (1.0 / stripe.mean()), (high, wide, 1))
    scale = pitch / _FINE
    angle = np.deg2rad(rng.uniform(1.0, 8.0) * rng.choice([-1, 1]))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    middle = np.array([fine.shape[1] / 2, fine.shape[0] / 2])
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    turn[:2, 2] = np.array(size) / 2 - turn[:2, :2] @ middle
    turn[2, :2] = rng.uniform(-0.03, 0.03, 2) / np.array([fine.shape[1], fine.shape[0]])
    turn[2, 2] = 1.0 - turn[2, :2] @ middle
    # The lens and each sensor pixel take a mean over about a pixel of the photo.
    fine = cv2.GaussianBlur(fine, (0, 0), rng.uniform(0.45, 0.7) / scale)
    seen = cv2.warpPerspective(fine, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    noisy = np.clip(seen, 0, 1) ** (1 / 2.2) * 255 + rng.normal(0, 2.0, seen.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
