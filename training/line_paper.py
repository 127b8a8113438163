"""What is printed around a written line, and what the scanner and the cutting make of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.cuts import jpeg


@dataclass(frozen=True)
class Look:
    """How a line's space is printed: ``style`` box, open (no ends), rule (written on) or none; its pen."""

    style: str
    shade: int
    thick: float
    dash: float
    around: str

    @staticmethod
    def random(rng: np.random.Generator) -> Look:
        """A form's look: mostly a full dark box."""
        style = str(rng.choice(["box", "open", "rule", "none"], p=[0.6, 0.06, 0.16, 0.18]))
        faint = rng.random() < 0.2
        return Look(
            style,
            int(rng.integers(150, 225)) if faint else int(rng.integers(0, 130)),
            float(rng.uniform(0.02, 0.09)),
            float(rng.uniform(0.06, 0.2)) if rng.random() < 0.07 else 0.0,
            str(rng.choice(["nothing", "text", "box", "row"], p=[0.66, 0.13, 0.09, 0.12])),
        )

    @staticmethod
    def form(rng: np.random.Generator) -> Look:
        """A form with many fields: thin dark boxes, their neighbours and labels around them."""
        thick, shade = float(rng.uniform(0.02, 0.09)), int(rng.integers(0, 90))
        return Look("box", shade, thick, 0.0, str(rng.choice(["row", "nothing"], p=[0.7, 0.3])))


def print_box(
    grey: np.ndarray, box: tuple[int, int, int, int], height: float, look: Look, rng: np.random.Generator
) -> None:
    """Print the long box (x, y, w, h) or its rule in place, with what stands around it."""
    x, y, w, h = box
    layer = np.full_like(grey, 255)
    thick = max(1, round(look.thick * height))
    if look.style == "box":
        cv2.rectangle(layer, (x, y), (x + w, y + h), look.shade, thick)
    if look.style == "open":
        cv2.line(layer, (x, y), (x + w, y), look.shade, thick)
    if look.style in ("open", "rule"):
        cv2.line(layer, (x, y + h), (x + w, y + h), look.shade, thick)
    if look.dash:
        period = max(3, round(look.dash * height))
        rows, columns = np.mgrid[: grey.shape[0], : grey.shape[1]]
        layer[((columns + rows) // period) % 2 == 0] = 255
    elif rng.random() < 0.06:
        holes = cv2.resize(rng.random((4, 9)).astype(np.float32), grey.shape[::-1])
        layer[holes > rng.uniform(0.6, 0.85)] = 255
    if look.around == "row" and look.style == "box":
        for side in (-1, 1):
            beside = round(w * rng.uniform(0.5, 1.5))
            gap = round(height * rng.uniform(0.15, 0.8))
            left = x + w + gap if side > 0 else x - gap - beside
            cv2.rectangle(layer, (left, y), (left + beside, y + h), look.shade, thick)
    if look.around in ("text", "row"):
        size = float(rng.uniform(0.25, 0.5)) * height
        text = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(2, 11))))
        place = (x + round(rng.uniform(0, 0.5) * w), y - round(height * rng.uniform(0.1, 0.3)) - thick)
        cv2.putText(layer, text, place, cv2.FONT_HERSHEY_SIMPLEX, size / 22, int(rng.integers(0, 90)),
                    max(1, round(size / 9)), cv2.LINE_AA)  # fmt: skip
    elif look.around == "box" and look.style != "none":
        side = 1 if rng.random() < 0.5 else -1
        away = round(side * (h + height * rng.uniform(0.15, 0.6)))
        cv2.rectangle(layer, (x, y + away), (x + w, y + h + away), look.shade, thick)
    np.minimum(grey, layer, out=grey)


def crop(
    grey: np.ndarray,
    box: tuple[int, int, int, int],
    height: float,
    look: Look,
    ink: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """The picture of the line: the box with some paper around it, or cut inside or on its border."""
    x, y, w, h = box
    kind = rng.random()
    if kind < 0.45:
        out = rng.uniform(0.04, 0.35, 4)
    elif kind < 0.65:
        # All four sides or none: a side alone at the picture's end is a 1 to anybody.
        out = rng.uniform(0.0, 0.06, 4)
    elif kind < 0.8:
        out = rng.uniform(-0.14, -0.04, 4)
    else:
        out = rng.uniform(0.2, 1.2, 4)
    if look.style in ("none", "rule") and rng.random() < 0.5:
        # Cut to the writing.
        beside = rng.uniform(0.03, 0.3, 4) * height
        left, top = ink[0] - beside[0], ink[1] - beside[1]
        right, bottom = ink[2] + beside[2], max(ink[3], y + h if look.style == "rule" else 0) + beside[3]
    else:
        left, top, right, bottom = x - out[0] * h, y - out[1] * h, x + w + out[2] * h, y + h + out[3] * h
    # Nothing that was written is cut away.
    left, right = min(left, ink[0] + 1), max(right, ink[2] - 1)
    top, bottom = min(top, ink[1] + 1), max(bottom, ink[3] - 1)
    turn = float(rng.normal(0, 0.008)) if rng.random() < 0.8 else float(rng.normal(0, 0.03))
    wide, high = max(8, round(right - left)), max(8, round(bottom - top + abs(turn) * (right - left)))
    c, s = np.cos(turn), np.sin(turn)
    a = np.array([[c, -s], [s, c]])
    t = np.array([wide, high]) / 2 - a @ np.array([(left + right) / 2, (top + bottom) / 2])
    return cv2.warpAffine(grey, np.column_stack([a, t]), (wide, high), borderMode=cv2.BORDER_REPLICATE)


def scan(
    grey: np.ndarray, height: float, strength: float, rng: np.random.Generator, binary: float = 0.3
) -> np.ndarray:
    """What a scanner makes of paper whose ink is ``strength`` grey levels darker.

    ``binary``: the share that comes in black and white.
    Blur, uneven light, noise, specks, JPEG or black and white; now and then another size.
    """
    if rng.random() < 0.12:
        for _ in range(int(rng.integers(1, 8))):
            at = (rng.uniform(0, 1, 2) * grey.shape[::-1]).astype(int).tolist()
            cv2.circle(
                grey, at, int(rng.integers(0, max(1, round(height / 32)) + 1)), int(rng.integers(20, 150)), -1
            )
    paper = float(np.percentile(grey, 90))
    contrast = max(30.0, strength)
    values = grey.astype(np.float32)
    if rng.random() < 0.7:
        values = cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.3, 0.02 * height + 0.4)))
    if rng.random() < 0.12:
        y, x = np.mgrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
        light = rng.uniform(0, 0.3) * (1 + x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)) / 2
        values = values * (1 - light).astype(np.float32)
    sigma = float(min(rng.gamma(1.4, 2.0), 0.14 * contrast)) if rng.random() < 0.8 else 0.0
    if sigma:
        values = values + rng.standard_normal(values.shape, dtype=np.float32) * sigma
    out = np.clip(values, 0, 255).astype(np.uint8)
    kind = rng.random()
    if kind < binary:
        level = paper - contrast * rng.uniform(0.3, 0.6)
        return np.where(out > level, 255, 0).astype(np.uint8)
    if kind < binary + 0.06:
        factor = rng.uniform(0.4, 1.6)
        size = (max(12, round(out.shape[1] * factor)), max(10, round(out.shape[0] * factor)))
        out = cv2.resize(out, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    return jpeg(out, rng, 0.35)
