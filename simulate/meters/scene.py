"""A whole phone photo: surroundings, none or a few meters, things with digits on them, light, camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.meters.backdrops import backdrop
from simulate.meters.camera import shot
from simulate.meters.clutter import thing
from simulate.meters.dials import round_face
from simulate.meters.drums import draw_drums
from simulate.meters.faces import Face, box_face, digit_height, glass_face, plate_colour
from simulate.meters.lights import lit, stamped
from simulate.meters.model import Picture, Row
from simulate.meters.obstacles import hindered
from simulate.meters.paint import Canvas
from simulate.meters.screens import DARK
from simulate.meters.segments import draw_lcd
from simulate.meters.stage import View, laid, matrix, outline, overlap, through

_NOTHING = np.zeros((1, 1, 3), np.uint8)


@dataclass(frozen=True)
class _Plan:
    """How the meters of one scene stand: the view, the height of a digit in pixels, how many meters."""

    view: View
    digit: float
    count: int


def draw_scene(
    rng: np.random.Generator, size: tuple[int, int] | None = None, display: Picture | None = None
) -> Picture:
    """A photo of ``size`` (H, W), 400 to 900 on its long side unless given, and every row of digits on it.

    ``display``: a straight picture of a display, rendered or real, that becomes the counter of the meter.
    Without it there are none, one (mostly) or up to three meters. Of a row that the frame cuts at least half
    the digits are seen; it keeps its true corners outside.
    """
    shape = size or _some_size(rng)
    canvas = backdrop(rng, shape)
    plan = _some_plan(rng, shape, given=display is not None)
    for _ in range(int(rng.integers(0, 6)) + (4 if plan.count == 0 else 0)):
        _strew(canvas, rng, plan.view, ())
    rows: list[Row] = []
    for index in range(plan.count):
        rows.extend(_hung(canvas, rng, plan, rows, display=display if index == 0 else None))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.4, 0.3, 0.2, 0.1]))):
        _strew(canvas, rng, plan.view, rows)
    hindered(canvas, rng, rows)
    lit(canvas, rng, rows)
    if rng.random() < 0.07:
        stamped(canvas, rng)
    heights = [float(np.linalg.norm(row.quad[3] - row.quad[0])) for row in rows if row.means == "reading"]
    return Picture(shot(rng, canvas, digit=float(np.median(heights)) if heights else None), tuple(rows))


def _some_size(rng: np.random.Generator) -> tuple[int, int]:
    long_ = int(rng.integers(400, 901))
    share = float(rng.choice([0.75, 0.5625, 1.0, rng.uniform(0.45, 1.0)], p=[0.5, 0.25, 0.05, 0.2]))
    short = round(long_ * share)
    return (long_, short) if rng.random() < 0.6 else (short, long_)


def _some_plan(rng: np.random.Generator, shape: tuple[int, int], *, given: bool) -> _Plan:
    kind = rng.random()
    if kind < 0.6:
        turn = float(rng.normal(0.0, 0.09))
    elif kind < 0.92:
        turn = float(rng.uniform(-np.pi, np.pi))
    else:
        turn = float(rng.choice([-np.pi / 2, np.pi / 2, np.pi])) + float(rng.normal(0.0, 0.08))
    tilt = float(rng.normal(0.0, 0.2)), float(rng.normal(0.0, 0.2))
    digit = 8.0 * (60.0 / 8.0) ** float(rng.random() ** 0.75)
    count = 1 if given else int(rng.choice([0, 1, 2, 3], p=[0.1, 0.76, 0.09, 0.05]))
    view = View(turn, tilt, max(shape) * float(rng.uniform(1.0, 2.5)))
    return _Plan(view, digit if count < 2 else float(np.clip(digit, 11.0, 26.0)), count)


def _some_face(rng: np.random.Generator, digit: float, display: Picture | None) -> Face:
    plate = plate_colour(rng)
    own = display is None
    if display is None:
        height = float(np.clip(digit * float(rng.uniform(0.95, 1.3)), 24.0, 90.0))
        kind = rng.random()
        if kind < 0.62:
            display = draw_drums(rng, height=height, plate=plate)
        else:
            display = draw_lcd(rng, height=height, screen=DARK if kind > 0.985 else None)
    lcd = not display.rows or display.rows[0].kind == "lcd"
    soft = not lcd or (not own and rng.random() < 0.5)
    seam = digit_height(display) * float(rng.uniform(0.1, 0.3)) if soft else 0.0
    kind = rng.random()
    if kind < (0.1 if lcd else 0.4):
        return round_face(rng, display, plate, seam=seam)
    if kind < (0.14 if lcd else 0.55):
        return glass_face(rng, display, plate, seam=seam)
    return box_face(rng, display, plate, seam=seam, gas=rng.random() < 0.15)


def _hung(
    canvas: Canvas, rng: np.random.Generator, plan: _Plan, others: Sequence[Row], *, display: Picture | None
) -> tuple[Row, ...]:
    """Hang one more meter into the scene; its rows there, none where no room was left."""
    face = _some_face(rng, plan.digit, display)
    edge = outline(face.mask.shape)
    corners = np.concatenate([row.quad for row in face.rows]) if face.rows else edge
    middle = corners.mean(axis=0)
    may_cut = rng.random() < 0.04 and not others
    scale = plan.digit / face.digit
    frame = np.array(canvas.shape[1::-1], np.float64)
    spread = 0.2 if plan.count == 1 else 0.3
    for _ in range(14):
        place = frame * (0.5 + np.clip(rng.normal(0.0, spread, 2), -0.48, 0.48))
        transform = matrix(plan.view, middle, scale, place)
        rows = Picture(_NOTHING, face.rows).warped(transform, _NOTHING).rows
        whole = all(_inside(row.quad, frame) for row in rows)
        if not whole and may_cut:
            whole = all(_half_seen(row, frame) for row in rows)
        if whole and not any(overlap(through(transform, edge), row.quad) for row in others):
            away = int(rng.integers(-10, 11)), int(rng.integers(-10, 11)), float(rng.uniform(0.0, 0.5))
            laid(canvas, face.canvas, face.mask, transform, shadow=away)
            return rows
        scale *= 0.87
    return ()


def _inside(points: np.ndarray, frame: np.ndarray) -> bool:
    return bool(np.all((points > 2) & (points < frame - 2)))


def _half_seen(row: Row, frame: np.ndarray) -> bool:
    return sum(_inside(digit.quad, frame) for digit in row.digits) >= 0.5 * len(row.digits)


def _strew(canvas: Canvas, rng: np.random.Generator, view: View, rows: Sequence[Row]) -> None:
    """Put one thing that is no meter somewhere, off the rows."""
    tall, wide = canvas.shape[:2]
    sprite = thing(rng, max(tall, wide) * float(np.exp(rng.uniform(np.log(0.08), np.log(0.45)))))
    along = rng.random() < 0.75
    turn = view.turn + float(rng.normal(0.0, 0.12)) if along else float(rng.uniform(-np.pi, np.pi))
    place = rng.uniform(0.0, 1.0, 2) * [wide, tall]
    edge = outline(sprite.shape)
    transform = matrix(View(turn, view.tilt, view.far), edge.mean(axis=0), 1.0, place)
    if any(overlap(through(transform, edge), row.quad) for row in rows):
        return
    mask = np.full(sprite.shape[:2], 255, np.uint8)
    away = int(rng.integers(-6, 7)), int(rng.integers(-6, 7)), float(rng.uniform(0.0, 0.4))
    laid(canvas, sprite, mask, transform, shadow=away)
