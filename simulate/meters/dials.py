"""Round faces of water meters: ring, drums, little dials with red pointers, star, lid, pipes."""

from __future__ import annotations

import cv2
import numpy as np

from simulate.meters import prints
from simulate.meters.faces import Face, digit_height, put_display
from simulate.meters.model import Picture
from simulate.meters.paint import Canvas, Colour, cloud, grain, grey, lay, mixed, plain, write
from simulate.meters.typefaces import text_face
from simulate.meters.words import WATER_MAKERS, rating, serial

_RINGS: tuple[Colour, ...] = (
    (70.0, 150.0, 190.0), (60.0, 120.0, 160.0), (190.0, 110.0, 40.0), (50.0, 50.0, 190.0), (170.0, 170.0, 170.0),
    (40.0, 40.0, 42.0), (225.0, 225.0, 222.0), (140.0, 90.0, 50.0),
)  # fmt: skip
_RED: Colour = (45.0, 35.0, 205.0)


def round_face(rng: np.random.Generator, display: Picture, plate: Colour) -> Face:
    """A water meter seen from above, with its pipes to the left and right."""
    u = digit_height(display)
    tall, wide = display.image.shape[:2]
    inner = wide * float(rng.uniform(0.58, 0.95)) + 0.4 * u
    rim = inner * float(rng.uniform(0.06, 0.3))
    outer = inner + rim
    pipe = outer * float(rng.uniform(0.2, 0.9)) if rng.random() < 0.6 else 0.0
    lid = outer * float(rng.uniform(0.5, 1.2)) if rng.random() < 0.3 else 0.0
    shape = round(2 * outer + lid), round(2 * outer + 2 * pipe)
    middle = (round(outer + pipe), round(outer + lid))
    canvas = plain(shape, grey(rng, 60, 160))
    mask = np.zeros(shape, np.uint8)
    if pipe:
        _pipes(canvas, mask, rng, middle, outer)
    if lid:
        _lid(canvas, mask, rng, middle, outer, lid)
    _ring(canvas, mask, rng, middle, outer, inner)
    cv2.circle(canvas, middle, round(inner), plate, -1, cv2.LINE_AA)
    ink = grey(rng, 5, 80) if sum(plate) > 330 else grey(rng, 175, 250)
    y = round(middle[1] - tall / 2 - inner * float(rng.uniform(-0.05, 0.45)))
    reach = np.sqrt(max(inner**2 - (wide / 2) ** 2, 0.0))  # the display's corners stay on the face
    y = round(float(np.clip(y, middle[1] - reach, max(middle[1] + reach - tall, middle[1] - reach))))
    x = round(middle[0] - wide / 2 + float(rng.normal(0.0, 0.05)) * inner)
    box = (x, y, x + wide, y + tall)
    _dials(canvas, rng, middle, inner, box, ink=ink)
    _words(canvas, rng, middle, inner, box, ink=ink)
    canvas *= cloud(rng, shape, int(rng.integers(1, 5)), 0.82, 1.08)[..., None]
    canvas += grain(rng, shape, float(rng.uniform(0.5, 4.0)))[..., None]
    x, y = min(max(x, 0), shape[1] - wide), min(max(y, 0), shape[0] - tall)
    rows = put_display(canvas, display, (x, y))
    _glass(canvas, rng, middle, inner)
    return Face(canvas, mask, rows, u)


def _ring(
    canvas: Canvas,
    mask: np.ndarray,
    rng: np.random.Generator,
    middle: tuple[int, int],
    outer: float,
    inner: float,
) -> None:
    base = _RINGS[int(rng.integers(len(_RINGS)))]
    cv2.circle(mask, middle, round(outer), 255, -1, cv2.LINE_AA)
    steps = 8
    for step in range(steps):
        share = step / steps
        tone = 0.65 + 0.5 * np.sin(np.pi * (share + 0.1)) * float(rng.uniform(0.7, 1.1))
        radius = round(outer + (inner - outer) * share)
        cv2.circle(canvas, middle, radius, tuple(c * tone for c in base), -1, cv2.LINE_AA)
    if rng.random() < 0.4 and outer - inner > 6:  # a number struck into the ring
        digits = serial(rng)
        face = text_face(rng)
        size = (outer - inner) * 0.7
        start = float(rng.uniform(0, 2 * np.pi))
        for index, character in enumerate(digits):
            angle = start + index * 0.75 * size / outer * 1.3
            at = (
                middle[0] + (outer + inner) / 2 * np.cos(angle),
                middle[1] + (outer + inner) / 2 * np.sin(angle),
            )
            _turned(canvas, character, face, size, at, angle=angle, colour=mixed(base, (0.0, 0.0, 0.0), 0.55))
    if rng.random() < 0.5:
        cv2.circle(
            canvas, middle, round(inner * 1.02), grey(rng, 10, 60), max(round(0.02 * outer), 1), cv2.LINE_AA
        )


def _turned(
    canvas: Canvas,
    character: str,
    face: object,
    size: float,
    at: tuple[float, float],
    *,
    angle: float,
    colour: Colour,
) -> None:
    from simulate.meters.typefaces import text

    glyph = text(character, face, max(round(size), 6))  # type: ignore[arg-type]
    side = max(glyph.shape) + 4
    turn = cv2.getRotationMatrix2D((glyph.shape[1] / 2, glyph.shape[0] / 2), -np.degrees(angle) - 90, 1.0)
    turn[:, 2] += [side / 2 - glyph.shape[1] / 2, side / 2 - glyph.shape[0] / 2]
    lay(
        canvas,
        cv2.warpAffine(glyph, turn, (side, side)).astype(np.uint8),
        colour,
        (round(at[0] - side / 2), round(at[1] - side / 2)),
    )


def _pipes(
    canvas: Canvas, mask: np.ndarray, rng: np.random.Generator, middle: tuple[int, int], outer: float
) -> None:
    colour = _RINGS[int(rng.integers(len(_RINGS)))]
    half = max(round(outer * float(rng.uniform(0.25, 0.6))), 3)
    y0 = middle[1] - half
    rows = np.linspace(-1, 1, 2 * half, dtype=np.float32)
    tone = 0.45 + 0.75 * np.sqrt(np.clip(1 - (rows + 0.3) ** 2 / 1.7, 0, 1))
    band = tone[:, None, None] * np.asarray(colour, np.float32)
    stop = min(y0 + 2 * half, canvas.shape[0])
    canvas[max(y0, 0) : stop] = band[max(-y0, 0) : stop - y0]
    mask[max(y0, 0) : stop] = 255
    for x in (0, canvas.shape[1] - 1):
        wide = round(outer * float(rng.uniform(0.1, 0.3)))
        x0, x1 = (0, wide) if x == 0 else (canvas.shape[1] - wide, canvas.shape[1])
        canvas[max(y0, 0) : stop, x0:x1] *= np.float32(rng.uniform(0.6, 0.9))


def _lid(
    canvas: Canvas,
    mask: np.ndarray,
    rng: np.random.Generator,
    middle: tuple[int, int],
    outer: float,
    lid: float,
) -> None:
    colour = (
        (190.0, 100.0, 40.0),
        (40.0, 40.0, 42.0),
        (60.0, 170.0, 60.0),
        (50.0, 50.0, 190.0),
        (60.0, 110.0, 150.0),
    )[int(rng.integers(5))]
    axes = (round(outer * float(rng.uniform(0.7, 0.98))), round(lid * 0.6))
    centre = (middle[0], round(lid * 0.62))
    for target, paint in ((canvas, colour), (mask, 255.0)):
        cv2.ellipse(target, centre, axes, 0, 0, 360, paint, -1, cv2.LINE_AA)
    hinge = round(0.25 * outer)
    cv2.rectangle(
        canvas,
        (middle[0] - hinge, centre[1]),
        (middle[0] + hinge, middle[1] - round(outer * 0.9)),
        colour,
        -1,
    )
    cv2.rectangle(
        mask, (middle[0] - hinge, centre[1]), (middle[0] + hinge, middle[1] - round(outer * 0.9)), 255, -1
    )
    cv2.ellipse(
        canvas,
        centre,
        (round(axes[0] * 0.85), round(axes[1] * 0.85)),
        0,
        0,
        360,
        mixed(colour, (0.0, 0.0, 0.0), 0.3),
        2,
    )
    if rng.random() < 0.5:
        note = prints.sticker(rng, axes[0] * 0.9)
        note = note[: axes[1]]
        y, x = centre[1] - note.shape[0] // 2, centre[0] - note.shape[1] // 2
        if y >= 0 and x >= 0:
            canvas[y : y + note.shape[0], x : x + note.shape[1]] = note


def _dials(
    canvas: Canvas,
    rng: np.random.Generator,
    middle: tuple[int, int],
    inner: float,
    box: tuple[int, int, int, int],
    *,
    ink: Colour,
) -> None:
    """Pointers for the decimals in an arc below the drums, and the star that turns with the flow."""
    radius = inner * float(rng.uniform(0.12, 0.22))
    count = int(rng.choice([0, 1, 2, 3, 4], p=[0.15, 0.2, 0.15, 0.2, 0.3]))
    face = text_face(rng)
    first, last = np.radians(float(rng.uniform(-25, 10))), np.radians(float(rng.uniform(150, 200)))
    for index in range(count):
        angle = first + (last - first) * (index + 0.5) / count
        x, y = middle[0] + inner * 0.66 * np.cos(angle), middle[1] + inner * 0.66 * np.sin(angle)
        if _near(box, (x, y), radius):
            continue
        _dial(canvas, rng, (x, y), radius, face=face, ink=ink, label=f"x0,{'0' * index}1")
    if rng.random() < 0.7:
        x = middle[0] + inner * float(rng.uniform(-0.35, 0.35))
        y = middle[1] + inner * float(rng.uniform(0.05, 0.45))
        if not _near(box, (x, y), radius):
            _star(canvas, rng, (x, y), radius * float(rng.uniform(0.5, 0.9)))


def _near(box: tuple[int, int, int, int], at: tuple[float, float], radius: float) -> bool:
    return box[0] - radius < at[0] < box[2] + radius and box[1] - radius < at[1] < box[3] + radius


def _dial(
    canvas: Canvas,
    rng: np.random.Generator,
    at: tuple[float, float],
    radius: float,
    *,
    face: object,
    ink: Colour,
    label: str,
) -> None:
    spot = (round(at[0]), round(at[1]))
    if rng.random() < 0.4:
        cv2.circle(canvas, spot, round(radius), grey(rng, 215, 250), -1, cv2.LINE_AA)
    if rng.random() < 0.7:
        cv2.circle(canvas, spot, round(radius), ink, 1, cv2.LINE_AA)
    for value in range(10):
        angle = 2 * np.pi * value / 10 - np.pi / 2
        direction = np.array([np.cos(angle), np.sin(angle)])
        end, start = np.array(at) + direction * radius, np.array(at) + direction * radius * 0.85
        cv2.line(
            canvas,
            tuple(int(v) for v in np.round(start)),
            tuple(int(v) for v in np.round(end)),
            ink,
            1,
            cv2.LINE_AA,
        )
        if radius > 9:
            place = np.array(at) + direction * radius * 0.68
            write(canvas, str(value), face, radius * 0.4, (place[0], place[1]), colour=ink, anchor="middle")  # type: ignore[arg-type]
    turn = float(rng.uniform(0, 2 * np.pi))
    along = np.array([np.cos(turn), np.sin(turn)])
    side = np.array([-along[1], along[0]]) * radius * 0.13
    tip, tail = np.array(at) + along * radius * 0.85, np.array(at) - along * radius * 0.3
    colour = _RED if rng.random() < 0.85 else ink
    cv2.fillPoly(
        canvas, [np.round(np.stack([tip, tail + side, tail - side])).astype(np.int32)], colour, cv2.LINE_AA
    )
    cv2.circle(canvas, spot, max(round(radius * 0.2), 1), colour, -1, cv2.LINE_AA)
    write(canvas, label, face, radius * 0.4, (at[0], at[1] - radius * 1.25), colour=ink, anchor="middle")  # type: ignore[arg-type]


def _star(canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float) -> None:
    teeth = int(rng.integers(3, 10))
    angles = np.arange(2 * teeth) * np.pi / teeth + float(rng.uniform(0, 1))
    radii = np.where(np.arange(2 * teeth) % 2, 0.45, 1.0) * radius
    points = np.column_stack([at[0] + radii * np.cos(angles), at[1] + radii * np.sin(angles)])
    colour = _RED if rng.random() < 0.4 else grey(rng, 20, 190)
    cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], colour, cv2.LINE_AA)


def _words(
    canvas: Canvas,
    rng: np.random.Generator,
    middle: tuple[int, int],
    inner: float,
    box: tuple[int, int, int, int],
    *,
    ink: Colour,
) -> None:
    face = text_face(rng)
    for _ in range(int(rng.integers(3, 9))):
        size = inner * float(rng.uniform(0.06, 0.15))
        x = middle[0] + inner * float(rng.uniform(-0.45, 0.45))
        y = middle[1] + inner * float(rng.uniform(-0.8, 0.85))
        if box[1] - size * 0.6 < y < box[3] + size * 0.6:
            continue
        kind = rng.random()
        words = WATER_MAKERS[int(rng.integers(len(WATER_MAKERS)))] if kind < 0.3 else rating(rng, water=True)
        write(canvas, serial(rng) if kind > 0.8 else words, face, size, (x, y), colour=ink, anchor="middle")
    if rng.random() < 0.3:  # the supplier's round sticker
        radius = round(inner * float(rng.uniform(0.14, 0.26)))
        spot = (
            round(middle[0] + inner * float(rng.uniform(-0.3, 0.3))),
            round(middle[1] + inner * float(rng.uniform(0.25, 0.6))),
        )
        if not _near(box, spot, radius):
            cv2.circle(canvas, spot, radius, grey(rng, 215, 250), -1, cv2.LINE_AA)
            write(
                canvas,
                serial(rng)[-7:],
                face,
                radius * 0.4,
                spot,
                colour=grey(rng, 20, 160, 30),
                anchor="middle",
            )


def _glass(canvas: Canvas, rng: np.random.Generator, middle: tuple[int, int], inner: float) -> None:
    shape = (canvas.shape[0], canvas.shape[1])
    if rng.random() < 0.3:  # mist under the glass
        veil = np.clip(cloud(rng, shape, 3, -0.2, float(rng.uniform(0.1, 0.5))), 0, 1)
        disc = np.zeros(shape, np.uint8)
        cv2.circle(disc, middle, round(inner), 255, -1)
        lay(canvas, veil * (disc / np.float32(255.0)), (190.0, 205.0, 205.0), (0, 0))
    if rng.random() < 0.4:
        radius = round(inner * float(rng.uniform(0.75, 0.98)))
        start = int(rng.integers(360))
        cv2.ellipse(canvas, middle, (radius, radius), 0, start, start + int(rng.integers(20, 90)), (235.0,) * 3,
                    max(round(inner * 0.02), 1), cv2.LINE_AA)  # fmt: skip
