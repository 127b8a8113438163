"""What is printed on the plate around a counter's drums: place values, the mark, the unit, arrows, screws."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from simulate.meters.looks import RED, DrumLook
from simulate.meters.paint import Canvas, Colour, write
from simulate.meters.prints import screw
from simulate.meters.typefaces import text_face

UNITS = (
    "kWh",
    "кВт·ч",
    "кВт*ч",
    "m³",
    "м³",
    "kW·h",
    "kW.h",
    "m3",
    "кВт.ч",
    "KWH",
    "Wh",
    "ft³",
    "куб.м",
    "M³",
)
_LINES = (
    "SINGLE PHASE ELECTRONIC METER", "ЭЛЕКТРОННЫЙ СЧЁТЧИК", "СЧЕТЧИК ЭЛЕКТРИЧЕСКОЙ ЭНЕРГИИ", "220 V 5(60) A",
    "СЧЁТЧИК ВОДЫ СВК-15", "Qn 1,5 m³/h", "CONG TO DIEN 1 PHA", "ГОСТ Р 52322-2005", "WATTHOURMETER",
    "No 00471822", "1600 imp/kWh", "3200 имп/кВт·ч", "LICZNIK ENERGII", "DEBIT 2.5", "A+  1.8.0", "СО-505",
    "Зав. № 0823145",
)  # fmt: skip


def printed_around(canvas: Canvas, rng: np.random.Generator, look: DrumLook, starts: list[float]) -> None:
    """Print the marks of one counter into its margins; the drums stay free."""
    face = text_face(rng)
    top, bottom = look.margin[1], look.margin[1] + look.window
    if rng.random() < 0.4:
        _place_values(canvas, rng, look, starts, face)
    elif rng.random() < 0.35:
        line = _LINES[int(rng.integers(len(_LINES)))]
        size = look.height * float(rng.uniform(0.2, 0.45))
        y = top - look.height * float(rng.uniform(0.35, 0.6))
        write(
            canvas,
            line,
            face,
            size,
            (float(rng.uniform(-0.3, 0.3)) * canvas.shape[1], y),
            colour=look.print_ink,
        )
    if rng.random() < 0.3:
        line = _LINES[int(rng.integers(len(_LINES)))]
        size = look.height * float(rng.uniform(0.2, 0.5))
        y = bottom + look.height * float(rng.uniform(0.4, 0.7))
        write(
            canvas,
            line,
            face,
            size,
            (float(rng.uniform(-0.3, 0.3)) * canvas.shape[1], y),
            colour=look.print_ink,
        )
    if look.comma:
        _mark(canvas, rng, look, starts, face)
    if rng.random() < 0.5:
        unit = UNITS[int(rng.integers(len(UNITS)))]
        size = look.height * float(rng.uniform(0.4, 0.9))
        x = starts[-1] + look.pitch + 0.22 * look.height
        write(canvas, unit, face, size, (x, (top + bottom) / 2), colour=look.print_ink)
    if rng.random() < 0.12:
        _screw(canvas, rng, look)
    if rng.random() < 0.15:
        _arrows(canvas, rng, look, starts)


def _place_values(
    canvas: Canvas, rng: np.random.Generator, look: DrumLook, starts: list[float], face: Path
) -> None:
    above = rng.random() < 0.75
    size = look.height * float(rng.uniform(0.18, 0.34))
    y = look.margin[1] - 0.3 * look.height if above else look.margin[1] + look.window + 0.3 * look.height
    point = ",."[int(rng.integers(2))]
    fraction = rng.random() < 0.2
    for place, start in enumerate(starts):
        power = look.digits - 1 - place
        ink: Colour = look.print_ink
        if power >= 0:
            words = str(10**power)
        else:
            words = f"1/{10**-power}" if fraction else f"0{point}{'0' * (-power - 1)}1"
            ink = RED if rng.random() < 0.5 else ink
        if power >= 0 and rng.random() < 0.1:
            words = f"×{words}"
        write(canvas, words, face, size, (start + look.pitch / 2, y), colour=ink, anchor="middle")


def _mark(canvas: Canvas, rng: np.random.Generator, look: DrumLook, starts: list[float], face: Path) -> None:
    x = starts[look.digits] if look.style != "split" else starts[look.digits] - 0.2 * look.height
    y = look.margin[1] + look.window - 0.08 * look.height
    colour = look.ink if look.style in {"long", "flush"} else look.print_ink
    if rng.random() < 0.5:
        radius = max(round(0.07 * look.height), 1)
        cv2.circle(canvas, (round(x), round(y - radius)), radius, colour, -1, cv2.LINE_AA)
    else:
        write(
            canvas,
            ",",
            face,
            look.height * float(rng.uniform(0.7, 1.2)),
            (x, y),
            colour=colour,
            anchor="middle",
        )


def _screw(canvas: Canvas, rng: np.random.Generator, look: DrumLook) -> None:
    """A screw in one of the plate's corners."""
    tall, wide = canvas.shape[:2]
    radius = 0.2 * look.height
    x = radius if rng.random() < 0.5 else wide - radius
    y = radius if rng.random() < 0.5 else tall - radius
    screw(canvas, rng, (x, y), radius)


def _arrows(canvas: Canvas, rng: np.random.Generator, look: DrumLook, starts: list[float]) -> None:
    """Small triangles that point at each drum, or one long arrow below."""
    y = look.margin[1] + look.window + 0.22 * look.height
    size = 0.09 * look.height
    for start in starts if rng.random() < 0.6 else starts[-1:]:
        x = start + look.pitch / 2
        corners = np.array([[x - size, y + size], [x + size, y + size], [x, y - size]])
        cv2.fillPoly(canvas, [np.round(corners).astype(np.int32)], look.print_ink, cv2.LINE_AA)
