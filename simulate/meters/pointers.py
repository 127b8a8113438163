"""What turns on a water meter besides its drums: little dials with their pointers, the star of the flow."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from simulate.meters.paint import Canvas, Colour, grey, write

_RED: Colour = (45.0, 35.0, 205.0)
_Spot = tuple[float, float]


def dial(
    canvas: Canvas, rng: np.random.Generator, at: _Spot, radius: float, *, face: Path, ink: Colour, label: str
) -> None:
    """One dial from 0 to 9 with its pointer and the factor above it."""
    spot = (round(at[0]), round(at[1]))
    if rng.random() < 0.4:
        cv2.circle(canvas, spot, round(radius), grey(rng, 215, 250), -1, cv2.LINE_AA)
    if rng.random() < 0.7:
        cv2.circle(canvas, spot, round(radius), ink, 1, cv2.LINE_AA)
    for value in range(10):
        angle = 2 * np.pi * value / 10 - np.pi / 2
        cv2.line(canvas, _polar(at, radius * 0.85, angle), _polar(at, radius, angle), ink, 1, cv2.LINE_AA)
        if radius > 9:
            place = _polar(at, radius * 0.68, angle)
            write(canvas, str(value), face, radius * 0.4, place, colour=ink, anchor="middle")
    turn = float(rng.uniform(0, 2 * np.pi))
    tip = _polar(at, radius * 0.85, turn)
    tail = [_polar(at, radius * 0.33, turn + np.pi + side) for side in (-0.4, 0.4)]
    colour = _RED if rng.random() < 0.85 else ink
    cv2.fillPoly(canvas, [np.array([tip, *tail], np.int32)], colour, cv2.LINE_AA)
    cv2.circle(canvas, spot, max(round(radius * 0.2), 1), colour, -1, cv2.LINE_AA)
    above = (at[0], at[1] - radius * 1.25)
    write(canvas, label, face, radius * 0.4, above, colour=ink, anchor="middle")


def star(canvas: Canvas, rng: np.random.Generator, at: _Spot, radius: float) -> None:
    """The toothed wheel that shows the least flow."""
    teeth = int(rng.integers(3, 10))
    start = float(rng.uniform(0, 1))
    points = [
        _polar(at, radius * (0.45 if tooth % 2 else 1.0), start + tooth * np.pi / teeth)
        for tooth in range(2 * teeth)
    ]
    colour = _RED if rng.random() < 0.4 else grey(rng, 20, 190)
    cv2.fillPoly(canvas, [np.array(points, np.int32)], colour, cv2.LINE_AA)


def _polar(at: _Spot, radius: float, angle: float) -> tuple[int, int]:
    return round(at[0] + radius * float(np.cos(angle))), round(at[1] + radius * float(np.sin(angle)))
