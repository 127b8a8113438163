"""Lines of print around a display, cut out upright: what Tesseract is asked to read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.meters.results import Quad

Picture = NDArray[np.uint8]

#: The display's digits are made this high, in pixels; serial numbers are printed a third to all as high.
_DISPLAY = 64.0
#: What is looked at: so many digit heights around the display.
_AROUND, _MOST_SIDE = 9.0, 1800
_MOST_LINES = 18
#: Lines of print: their height in pixels, and how much longer than high they are.
_HIGH = (9, 70)
_LONG = (2.2, 40.0)
#: Grey levels between print and its ground, at least.
_FAINTEST = 16
#: Ways to look for print: darker or lighter than its ground, whether in a box, pixels between its letters.
_LOOKS = (
    (cv2.MORPH_BLACKHAT, False, 9),
    (cv2.MORPH_BLACKHAT, True, 9),
    (cv2.MORPH_BLACKHAT, True, 17),
    (cv2.MORPH_TOPHAT, False, 13),
)
#: As high as Tesseract likes them, with white around.
_LINE_HIGH, _BORDER = 44, 14


def text_lines(image: Picture, quad: Quad | None) -> list[Picture]:
    """Grey pictures of the likeliest lines of print, dark on light, the likeliest first."""
    plate = upright(image, quad)
    boxes = _boxes(plate)
    return [_cut(plate, box) for box in boxes[:_MOST_LINES]]


def upright(image: Picture, quad: Quad | None) -> Picture:
    """The part around the display in grey, turned so that its digits stand upright; else the whole photo."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    if quad is None:
        factor = min(1.0, _MOST_SIDE / max(grey.shape))
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    corners = np.asarray(quad, np.float64)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    length = float(np.linalg.norm(along)) / 2
    height = float(np.linalg.norm(corners[3] - corners[0] + corners[2] - corners[1])) / 2
    scale = min(_DISPLAY / max(height, 1.0), 4.0)
    wide = min(_MOST_SIDE, round((length + 2 * _AROUND * height) * scale))
    high = min(_MOST_SIDE, round(2 * (_AROUND + 0.5) * height * scale))
    if scale < 0.7:
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        corners, scale = corners * scale, 1.0
    angle = float(np.arctan2(along[1], along[0]))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    turn[:, 2] = np.array([wide / 2, high / 2]) - turn[:, :2] @ corners.mean(axis=0)
    turned = cv2.warpAffine(grey, turn, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _boxes(plate: Picture) -> list[tuple[int, int, int, int]]:
    """(x, y, w, h) of lines of print, those first that look most like one row of digits."""
    found: dict[tuple[int, int, int, int], float] = {}
    for shade, boxed, reach in _LOOKS:
        strokes = cv2.morphologyEx(plate, shade, np.ones((15, 15), np.uint8))
        local = cv2.blur(strokes, (61, 61)).astype(np.float32)
        mask = (strokes > np.maximum(0.9 * local, _FAINTEST)).astype(np.uint8)
        if boxed:
            mask = _without_rules(mask)
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        for x, y, w, h, area in stats[1:].tolist():
            if not (_HIGH[0] <= h <= _HIGH[1] and _LONG[0] <= w / h <= _LONG[1]):
                continue
            filled = area / (w * h)
            if filled < 0.3:
                continue
            inked = float(mask[y : y + h, x : x + w].mean())
            # About eight digits are four times as long as high.
            fit = np.exp(-abs(np.log(w / h / 5.0))) * min(1.0, filled / 0.5) * min(1.0, inked / 0.25)
            found[x, y, w, h] = float(fit) * min(1.0, h / 16)
    order = sorted(found, key=lambda box: -found[box])
    kept: list[tuple[int, int, int, int]] = []
    for box in order:
        if all(_common(box, other) < 0.6 for other in kept):
            kept.append(box)
    return kept


def _without_rules(mask: Picture) -> Picture:
    """Without printed boxes and rules: numbers stand in and on them, and they would join everything."""
    rules = np.zeros_like(mask)
    for kernel in (np.ones((1, 61), np.uint8), np.ones((35, 1), np.uint8)):
        rules = np.maximum(rules, np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8))
    return np.where(cv2.dilate(rules, np.ones((3, 3), np.uint8)) > 0, 0, mask).astype(np.uint8)


def _common(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """The common area over the smaller of the two."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / min(one[2] * one[3], other[2] * other[3])


def _cut(plate: Picture, box: tuple[int, int, int, int]) -> Picture:
    """A line ``_LINE_HIGH`` high, dark on light, with a border."""
    x, y, w, h = box
    margin = round(0.25 * h)
    part = plate[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin]
    scale = _LINE_HIGH / max(part.shape[0], 1)
    size = (max(8, round(part.shape[1] * scale)), _LINE_HIGH)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    line = cv2.resize(part, size, interpolation=method)
    low, high = np.percentile(line, [2, 98])
    line = np.clip((line.astype(np.float32) - low) * (255.0 / max(float(high - low), 1.0)), 0, 255)
    if float(np.median(line)) < 110:
        line = 255.0 - line
    framed = cv2.copyMakeBorder(
        line.astype(np.uint8), _BORDER, _BORDER, _BORDER, _BORDER, cv2.BORDER_REPLICATE
    )
    return np.asarray(framed, np.uint8)
