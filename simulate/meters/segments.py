"""A screen with seven-segment digits, LCD or LED, seen straight on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from simulate.meters.glow import Glass, composed, some_glass
from simulate.meters.model import Digit, Picture, Row
from simulate.meters.screens import Line, Screen, some_screen
from simulate.meters.sevenseg import Atlas, some_cut
from simulate.meters.symbols import Masks, symbols_around


@dataclass(frozen=True)
class _Layout:
    """In pixels: ``height`` of the large digits, ``pitch`` of places, ``left`` and ``top`` of the first."""

    height: float
    pitch: float
    left: float
    top: float
    shape: tuple[int, int]
    frame: float


def draw_lcd(
    rng: np.random.Generator,
    *,
    height: float | None = None,
    screen: Screen | None = None,
    glass: Glass | None = None,
) -> Picture:
    """A screen of 4 to 9 large digits with its symbols, a second smaller row on some, in its frame.

    ``height`` of the large digits in pixels (24 to 90), what the ``screen`` shows and its ``glass`` are drawn
    unless given.
    """
    screen = screen or some_screen(rng)
    glass = glass or some_glass(rng)
    height = float(np.exp(rng.uniform(np.log(24.0), np.log(90.0)))) if height is None else height
    atlas = Atlas(some_cut(rng), height)
    layout = _laid_out(rng, atlas, screen, height)
    masks = Masks(layout.shape)
    point = _point(rng)
    rows = [_line(masks, screen.main, atlas, (layout.left, layout.top), pitch=layout.pitch, point=point)]
    box = (layout.left, layout.top, layout.left + screen.main.places * layout.pitch, layout.top + height)
    free = symbols_around(masks, rng, box, height, unit=screen.unit, lit=screen.lit)
    if screen.second is not None and free is not None:
        small = Atlas(
            some_cut(rng) if rng.random() < 0.3 else atlas.cut, height * float(rng.uniform(0.28, 0.5))
        )
        step = small.box[1] * float(rng.uniform(1.15, 1.5))
        needed = screen.second.places * step
        if needed < free[2] - free[0]:
            x = free[0] + (free[2] - free[0] - needed) * float(rng.choice([0.0, 1.0, rng.random()]))
            rows.append(_line(masks, screen.second, small, (x, free[1]), pitch=step, point=point))
    image = composed(rng, glass, masks, layout.frame, height)
    rows = [row for row in rows if row.digits]
    rows.sort(key=lambda row: float(row.quad[:, 1].mean()))
    return Picture(image, tuple(rows))


def _laid_out(rng: np.random.Generator, atlas: Atlas, screen: Screen, height: float) -> _Layout:
    pitch = atlas.box[1] * float(rng.uniform(1.1, 1.5)) + 0.02 * height
    frame = height * float(rng.uniform(0.12, 0.5))
    left = frame + height * float(rng.choice([rng.uniform(0.15, 0.5), rng.uniform(0.5, 1.3)]))
    right = frame + height * float(rng.choice([rng.uniform(0.15, 0.5), rng.uniform(1.0, 1.9)]))
    top = frame + height * float(rng.choice([rng.uniform(0.15, 0.35), rng.uniform(0.6, 1.0)]))
    bottom = frame + height * float(rng.choice([rng.uniform(0.15, 0.35), rng.uniform(0.6, 1.0)]))
    if screen.second is not None and max(top, bottom) < frame + 0.62 * height:
        top = frame + height * float(rng.uniform(0.65, 1.0))
    shape = round(top + height + bottom), round(left + screen.main.places * pitch + right)
    return _Layout(height, pitch, left, top, shape, frame)


def _point(rng: np.random.Generator) -> tuple[str, float]:
    return ("square", "round", "slanted")[int(rng.integers(3))], float(rng.uniform(0.06, 0.13))


def _line(
    masks: Masks, line: Line, atlas: Atlas, at: tuple[float, float], *, pitch: float, point: tuple[str, float]
) -> Row:
    """Light one row; its truth."""
    x, y = at
    tall, wide = atlas.box
    digits: list[Digit] = []
    place = 0
    count = sum(character.isdigit() for character in line.characters)
    ghosts = [(round(x + k * pitch), round(y)) for k in range(line.places)]
    for spot in ghosts:
        masks.put(masks.ghost, atlas.ghost, spot)
    for character in line.characters:
        if character in ".,:":
            gap = x + place * pitch - (pitch - wide) / 2
            _light_point(masks, character, (gap, y), tall, point)
            continue
        left, top = ghosts[place]
        if character != " ":
            masks.put(masks.lit, atlas.glyph(character), (left, top))
        if character.isdigit():
            corners = [[left, top], [left + wide, top], [left + wide, top + tall], [left, top + tall]]
            behind = len(digits) >= count - line.decimals
            digits.append(Digit(character, np.array(corners, np.float32), 0.0, behind))
        place += 1
    return Row("lcd", tuple(digits), line.means, line.tariff)


def _light_point(
    masks: Masks, character: str, at: tuple[float, float], tall: int, point: tuple[str, float]
) -> None:
    shape, share = point
    radius = max(share * tall / 2, 0.8)
    x = at[0]
    heights = [at[1] + tall - radius] if character in ".," else [at[1] + 0.3 * tall, at[1] + 0.7 * tall]
    for y in heights:
        if shape == "round":
            cv2.circle(masks.lit, (round(x), round(y)), max(round(radius), 1), 255, -1, cv2.LINE_AA)
        else:
            corners = (round(x - radius), round(y - radius)), (round(x + radius), round(y + radius))
            cv2.rectangle(masks.lit, corners[0], corners[1], 255, -1)
    if character == ",":
        end = round(x - 1.6 * radius), round(at[1] + tall + 1.8 * radius)
        cv2.line(
            masks.lit, (round(x), round(at[1] + tall - radius)), end, 255, max(round(radius), 1), cv2.LINE_AA
        )
