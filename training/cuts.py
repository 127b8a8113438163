"""The cut of a drawn cell: as the form reader makes it from a scan, or as a phone pictures one box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ocr.cells.picture import Cut, views
from ocr.cells.prepare import FILL, REACH, SIZE, prepare

MARGIN = 0.20


def prepared(cuts: Sequence[Cut]) -> np.ndarray:
    """Network inputs uint8 (N, 2, SIZE, SIZE) of many cuts: together, for that is several times faster."""
    out = np.zeros((len(cuts), 2, SIZE, SIZE), dtype=np.uint8)
    for key in {(cut.margin, cut.reach, cut.fill) for cut in cuts}:
        mine = [i for i, cut in enumerate(cuts) if (cut.margin, cut.reach, cut.fill) == key]
        out[mine] = np.round(prepare([cuts[i].grey for i in mine], *key) * 255).astype(np.uint8)
    return out


@dataclass(frozen=True)
class Paper:
    """A drawn cell before the cut: grey picture, the cell's box in it (x, y, w, h), the ink's contrast."""

    grey: np.ndarray
    box: tuple[float, float, float, float]
    contrast: float


def cut_scan(paper: Paper, rng: np.random.Generator, misplaced: float = 0.028) -> Cut:
    """The cut a form reader makes: 200 dpi equivalent, ``MARGIN`` around, slightly misregistered."""
    x, y, w, h = paper.box
    out = int(rng.integers(38, 64))
    factor = out / max(w, h)
    width, height = round(w * factor * (1 + 2 * MARGIN)), round(h * factor * (1 + 2 * MARGIN))
    turn = rng.normal(0, 0.012)
    scale = factor * (1 + rng.normal(0, 0.012))
    shift = rng.normal(0, misplaced, 2) * (w, h)
    if rng.random() < 0.06:
        shift = shift * 2.5
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    a = np.array([[c, -s], [s, c]])
    centre = np.array([x + w / 2, y + h / 2]) + shift
    t = np.array([width, height]) / 2 - a @ centre
    grey = paper.grey
    if factor < 0.7:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.45 / factor)
    crop = cv2.warpAffine(grey, np.column_stack([a, t]), (width, height), borderMode=cv2.BORDER_REPLICATE)
    return Cut(crop, MARGIN, REACH, FILL)


def cut_photo(paper: Paper, rng: np.random.Generator, shadows: float = 0.2, *, whole: bool = False) -> Cut:
    """One of the views that are cut of a picture of the box alone, at random.

    ``whole``: none that leaves ink out, for it could leave out what makes the rest no digit.
    """
    found = views(photo(paper, rng, shadows))
    if whole:
        found = [found[0], *(cut for cut in found[1:] if cut.margin)]
    return found[int(rng.integers(len(found)))]


def photo(paper: Paper, rng: np.random.Generator, shadows: float = 0.2) -> np.ndarray:
    """A picture of the box alone: any size, turned a little, in perspective, its border in it or cut off."""
    x, y, w, h = paper.box
    kind = rng.random()
    if kind < 0.45:
        out = rng.uniform(0.03, 0.4, 4)
    elif kind < 0.75:
        out = rng.uniform(-0.08, 0.08, 4)
    else:
        out = rng.uniform(-0.1, 0.02, 4)
    if rng.random() < 0.5:
        out[:] = out[0]
    corners = np.array(
        [[x - out[0] * w, y - out[1] * h], [x + w + out[2] * w, y - out[1] * h],
         [x + w + out[2] * w, y + h + out[3] * h], [x - out[0] * w, y + h + out[3] * h]],
        dtype=np.float32)  # fmt: skip
    corners += rng.normal(0, 0.015, (4, 2)).astype(np.float32) * w
    turn = rng.normal(0, 0.035)
    middle = corners.mean(axis=0)
    c, s = np.cos(turn), np.sin(turn)
    corners = ((corners - middle) @ np.array([[c, s], [-s, c]]) + middle).astype(np.float32)
    size = 28 if rng.random() < 0.2 else int(np.exp(rng.uniform(np.log(24), np.log(180))))
    ratio = (corners[1, 0] - corners[0, 0]) / (corners[3, 1] - corners[0, 1])
    if rng.random() < 0.3:
        ratio = 1.0
    wide, high = (size, max(12, round(size / ratio))) if ratio > 1 else (max(12, round(size * ratio)), size)
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype=np.float32)
    grey = paper.grey
    shrink = wide / max(float(corners[1, 0] - corners[0, 0]), 1.0)
    if shrink < 0.7:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.45 / shrink)
    picture = cv2.warpPerspective(
        grey, cv2.getPerspectiveTransform(corners, target), (wide, high), borderMode=cv2.BORDER_REPLICATE
    )
    return _light(picture, paper.contrast, rng, shadows)


def _light(picture: np.ndarray, contrast: float, rng: np.random.Generator, shadows: float) -> np.ndarray:
    """A phone's picture: uneven light, low contrast, sensor noise, focus, JPEG."""
    high, wide = picture.shape
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    light = 1.0 + rng.uniform(0, 0.25) * (x * np.cos(angle) + y * np.sin(angle))
    if rng.random() < shadows:
        # A shadow's edge is soft: the phone is far from the paper.
        edge = (x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-1, 1)) / rng.uniform(0.15, 0.6)
        light = light * (1 - rng.uniform(0.1, 0.4) / (1 + np.exp(-4 * edge)))
    gain = rng.uniform(0.4, 1.0)
    values = picture.astype(np.float32) * gain * light + rng.uniform(0, 50)
    if rng.random() < 0.5:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 1.0) * wide / 60 + 0.2)
    values = values + rng.normal(0, min(rng.gamma(1.5, 2.0), 0.15 * gain * contrast), values.shape)
    return jpeg(np.clip(values, 0, 255).astype(np.uint8), rng, 0.6)


def jpeg(grey: np.ndarray, rng: np.random.Generator, chance: float) -> np.ndarray:
    if rng.random() > chance:
        return grey
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
