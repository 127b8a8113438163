"""What a counter with drums can look like: proportions, colours, window, marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulate.meters.engraved import engraved
from simulate.meters.paint import Colour, grey, mixed
from simulate.meters.typefaces import Figures, digit_face, figures

Window = Literal["long", "own", "split", "flush"]
Margin = tuple[float, float, float, float]

_DARK = ((18.0, 18.0, 20.0), (40.0, 38.0, 36.0), (58.0, 50.0, 46.0), (62.0, 40.0, 30.0))
_LIGHT = ((235.0, 236.0, 238.0), (205.0, 222.0, 232.0), (190.0, 205.0, 210.0), (175.0, 178.0, 182.0))
_REDS = (
    (40.0, 30.0, 190.0),
    (50.0, 45.0, 150.0),
    (60.0, 60.0, 215.0),
    (30.0, 60.0, 200.0),
    (70.0, 70.0, 230.0),
)
RED: Colour = (45.0, 40.0, 195.0)


@dataclass(frozen=True)
class DrumLook:
    """All lengths in pixels; ``height``: a digit's; ``stretch``: how much wider than its figures.

    ``pitch``: from drum to drum; ``drum``: how wide one is; ``window``: how high the opening; ``ring``: from
    digit to digit along the drum; ``margin``: left, top, right, bottom from opening to the picture's edge.
    ``frame``: around the drums behind the mark, ``frame_thick`` as a share of ``height``; ``teeth``: how
    strongly the pinion's teeth are seen beside a drum, 0 to 1; ``upward``: the next digit comes from below.
    """

    figures: Figures
    stretch: float
    height: float
    pitch: float
    drum: float
    window: float
    ring: float
    margin: Margin
    style: Window
    digits: int
    decimals: int
    body: Colour
    ink: Colour
    decimal_body: Colour
    decimal_ink: Colour
    plate: Colour
    print_ink: Colour
    bezel: Colour | None
    frame: Colour | None
    frame_thick: float
    teeth: float
    teeth_right: bool
    comma: bool
    upward: bool
    wear: float
    shade: float


def some_look(
    rng: np.random.Generator,
    digits: int | None,
    decimals: int | None,
    height: float | None,
    plate: Colour | None,
) -> DrumLook:
    """A look drawn at random; what is given stays."""
    if decimals is None:
        most = 3 if digits is None else max(min(3, 8 - digits), 0)
        decimals = min(int(rng.choice([0, 1, 2, 3], p=[0.27, 0.4, 0.09, 0.24])), most)
    if digits is None:
        digits = int(
            np.clip(rng.choice([4, 5, 6, 7, 8], p=[0.1, 0.5, 0.25, 0.1, 0.05]), 4 - decimals, 8 - decimals)
        )
    height = float(np.exp(rng.uniform(np.log(24.0), np.log(90.0)))) if height is None else height
    shapes = engraved(rng) if rng.random() < 0.4 else figures(digit_face(rng))
    aspect = float(rng.uniform(0.4, 0.85))
    natural = shapes[0].shape[1] / shapes[0].shape[0]
    stretch = float(np.clip(aspect / natural, 0.7, 1.5))
    glyph = natural * stretch * height
    widest = max(shape.shape[1] for shape in shapes) / shapes[0].shape[0] * stretch * height
    pitch = max(glyph * float(rng.choice([rng.uniform(1.12, 1.5), rng.uniform(1.4, 2.3)])), widest * 1.08)
    drum = min(max(pitch * float(rng.uniform(0.72, 1.0)), widest * 1.04), pitch)
    ring = height * float(rng.uniform(1.15, 1.75))
    window = min(height * float(rng.choice([rng.uniform(1.08, 1.3), rng.uniform(1.25, 1.9)])), ring * 2.2)
    dark = rng.random() < 0.62
    body = _pick(rng, _DARK if dark else _LIGHT)
    ink = _pick(rng, _LIGHT[:3] if dark else _DARK)
    decimal_body, decimal_ink = _decimal_colours(rng, body, ink, dark)
    alike = decimal_body == body and decimal_ink == ink
    plate = _plate(rng) if plate is None else plate
    light_plate = sum(plate) > 330
    style: Window = ("long", "own", "split", "flush")[int(rng.choice(4, p=[0.42, 0.28, 0.1, 0.2]))]
    return DrumLook(
        figures=shapes,
        stretch=stretch,
        height=height,
        pitch=pitch,
        drum=drum,
        window=window,
        ring=ring,
        margin=tuple(height * float(v) for v in rng.uniform(0.4, 0.85, 4)),  # type: ignore[arg-type]
        style=style,
        digits=digits,
        decimals=decimals,
        body=body,
        ink=mixed(ink, body, float(rng.uniform(0.0, 0.3))),
        decimal_body=decimal_body,
        decimal_ink=decimal_ink,
        plate=body if style == "flush" and rng.random() < 0.6 else plate,
        print_ink=grey(rng, 10, 60) if light_plate else grey(rng, 190, 245),
        bezel=_bezel(rng) if style != "flush" and rng.random() < 0.55 else None,
        frame=_decimal_frame(rng, alike) if decimals else None,
        frame_thick=float(rng.choice([rng.uniform(0.04, 0.1), rng.uniform(0.1, 0.25)])),
        teeth=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.25 else 0.0,
        teeth_right=rng.random() < 0.6,
        comma=decimals > 0 and rng.random() < 0.35,
        upward=rng.random() < 0.93,
        wear=float(rng.beta(1.2, 3.5)),
        shade=float(rng.uniform(0.1, 0.95)),
    )


def _decimal_colours(
    rng: np.random.Generator, body: Colour, ink: Colour, dark: bool
) -> tuple[Colour, Colour]:
    red = _pick(rng, _REDS)
    kind = rng.random()
    if kind < 0.42:
        return red, _pick(rng, _LIGHT[:2])
    if kind < 0.68:
        return _pick(rng, _LIGHT), red
    if kind < 0.78:
        return body, (red if not dark else mixed(red, (90.0, 90.0, 255.0), 0.6))
    if kind < 0.84:
        return ink, body
    return body, ink


def _decimal_frame(rng: np.random.Generator, alike: bool) -> Colour | None:
    if rng.random() > (0.85 if alike else 0.35):
        return None
    return _pick(rng, _REDS) if alike or rng.random() < 0.6 else grey(rng, 150, 245)


def _plate(rng: np.random.Generator) -> Colour:
    kind = rng.random()
    if kind < 0.62:
        return grey(rng, 150, 240, 7)
    if kind < 0.82:
        return grey(rng, 10, 60, 4)
    b, g, r = (float(v) for v in rng.uniform(60, 235, 3))
    return b, g, r


def _bezel(rng: np.random.Generator) -> Colour:
    kind = rng.random()
    if kind < 0.55:
        return grey(rng, 12, 60, 4)
    if kind < 0.9:
        return grey(rng, 120, 245, 5)
    return _pick(rng, _REDS)


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    b, g, r = colours[int(rng.integers(len(colours)))]
    move = rng.normal(0.0, 9.0, 3)
    return tuple(float(np.clip(c + m, 0, 255)) for c, m in zip((b, g, r), move, strict=True))  # type: ignore[return-value]
