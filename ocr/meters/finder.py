"""Find the rows of display digits on a photo, and which way they run.

A small network looks at the photo at a few sizes and says for every fourth pixel whether it lies on a row of
display digits, how high these are and which way they run (``training.meters``). Connected places become rows;
each is looked at once more upright and at the best size, which gives its corners.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ocr.meters.results import Display
from ocr.weights_file import open_weights

Image = NDArray[np.uint8]
Points = NDArray[np.float32]

DEFAULT_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "meter-finder.onnx"
#: Long sides, in pixels, at which a photo is looked at: always, and when that found nothing sure.
SIZES = (384, 128)
MORE_SIZES = (800, 64)
#: Each is laid on a ground of its mean colour, this much larger on every side and at least so large: a row
#: at the very edge has nothing around it to be seen by.
_GROUND, _LEAST_GROUND = 24, 192
#: Rows are looked for in no more detail than this, long side in pixels; digits are read from the whole photo.
LARGEST = 1600
#: The finder's maps: see ``training.meters.crops``.
STRIDE = 4
_THIN = 0.7
_DIGIT = 16.0
#: A row needs so many places of the map, and so much certainty on average.
_FEWEST, _LEAST = 4, 0.5
_SURE = 0.8
#: A digit's centre is that when it is so sure.
_LEAST_SPOT = 0.3
#: The second look: digits are made this high, on a picture of this size.
_CLOSE, _CLOSE_SIZE = 22.0, (128, 320)


@dataclass(frozen=True)
class Found:
    """A row of display digits.

    ``quad`` float32 (4, 2) in pixels of the photo, clockwise from the digits' top left as they are read.
    ``score``: 0 to 1, how sure it is a row; ``reading``: that it is the reading and not a date or the like;
    ``lcd``: that it is an LCD or LED; ``straight``: how far all of it agrees on one direction.
    """

    quad: Points
    score: float
    reading: float
    lcd: float
    straight: float

    @property
    def height(self) -> float:
        """Of the digits, in pixels of the photo."""
        quad = self.quad
        return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2

    @property
    def display(self) -> Display:
        """Which kind it more likely is."""
        return "lcd" if self.lcd > 0.5 else "drum"


class Finder:
    """Finds rows of digits. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        meta = session.get_modelmeta().custom_metadata_map
        self._session = session
        if [each.name for each in session.get_inputs()] != ["photos"]:
            raise ValueError("not weights for finding displays")
        self.model: str = f"{meta['name']}@{meta['version']}"

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> Finder:
        """The shipped weights, or those at ``path``; raises ``SettingsError`` when they cannot be read."""
        return open_weights(path or DEFAULT_WEIGHTS, cls, "finding displays", threads)

    def find(self, image: Image, most: int = 4) -> list[Found]:
        """Rows on a photo BGR (H, W, 3), upright or not, the surest first; none where there is none."""
        base = _reduced(image, LARGEST)
        found: list[Found] = []
        for sizes in (SIZES, MORE_SIZES):
            for long in sizes:
                found += self._at(base, long)
            found = apart(found)
            if found and found[0].score >= _SURE and found[0].reading > 0.5:
                break
        found = apart([self._closer(base, each) for each in found[:most]])
        stretch = np.array([image.shape[1] / base.shape[1], image.shape[0] / base.shape[0]], np.float32)
        return [replace(each, quad=each.quad * stretch) for each in found]

    def maps(self, image: Image) -> NDArray[np.float32]:
        """Maps (8, h, w) of a picture whose sides are multiples of 32."""
        x = np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        (maps,) = self._session.run(None, {"photos": x})
        return np.asarray(maps[0], np.float32)

    def _at(self, image: Image, long: int) -> list[Found]:
        high, wide = image.shape[:2]
        scale = long / max(high, wide)
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)
        wide_sides, high_sides = _sides(size[0]), _sides(size[1])
        colour = tuple(float(each) for each in small.reshape(-1, 3).mean(axis=0))
        ground = cv2.copyMakeBorder(small, *high_sides, *wide_sides, cv2.BORDER_CONSTANT, value=colour)
        stretch = np.array([wide / size[0], high / size[1]], np.float32)
        corner = np.array([wide_sides[0], high_sides[0]], np.float32)
        return [
            replace(each, quad=(each.quad - corner) * stretch)
            for each in rows(self.maps(np.asarray(ground, np.uint8)))
        ]

    def _closer(self, image: Image, found: Found) -> Found:
        """The same row looked at upright and at the best size; unchanged where that shows nothing."""
        high, wide = _CLOSE_SIZE
        quad = found.quad
        along = quad[1] - quad[0] + quad[2] - quad[3]
        angle = float(np.arctan2(along[1], along[0]))
        length = float(np.linalg.norm(along)) / 2
        scale = min(_CLOSE / max(found.height, 1e-6), 0.8 * wide / max(length, 1e-6))
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = np.array([wide / 2, high / 2]) - turn @ quad.mean(axis=0)
        part = _turned(image, np.column_stack([turn, shift]), (wide, high), scale, quad)
        seen = [row for row in rows(self.maps(part)) if _holds(row.quad, (wide / 2, high / 2))]
        if not seen:
            return replace(found, score=found.score * 0.5)
        best = max(seen, key=lambda row: row.score)
        back = (best.quad - shift) @ np.linalg.inv(turn).T
        score = float(np.sqrt(best.score * found.score))
        return Found(back.astype(np.float32), score, best.reading, best.lcd, best.straight)


def _sides(length: int) -> tuple[int, int]:
    """How much ground a picture so long gets before and after, for a whole multiple of 32 pixels."""
    whole = max(_LEAST_GROUND, length + 2 * _GROUND)
    whole += -whole % 32
    return (whole - length) // 2, whole - length - (whole - length) // 2


def _reduced(image: Image, long: int) -> Image:
    """``image`` with its long side no longer than so many pixels."""
    high, wide = image.shape[:2]
    if max(high, wide) <= long:
        return image
    scale = long / max(high, wide)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def rows(maps: NDArray[np.float32]) -> list[Found]:
    """What the maps (8, h, w) of a picture show, in pixels of that picture."""
    chance = _logistic(maps[0])
    count, labels = cv2.connectedComponents((chance > 0.45).astype(np.uint8), connectivity=8)
    spots = _spots(maps[7])
    found = []
    for label in range(1, count):
        ys, xs = np.nonzero(labels == label)
        if len(ys) < _FEWEST:
            continue
        weight = chance[ys, xs]
        score = float((weight**2).sum() / weight.sum())
        if score < _LEAST:
            continue
        way = maps[4:6, ys, xs]
        way = way / np.maximum(np.linalg.norm(way, axis=0), 1e-6)
        mean = (way * weight).sum(axis=1) / weight.sum()
        straight = float(np.linalg.norm(mean))
        points = (np.column_stack([xs, ys]) + 0.5).astype(np.float64) * STRIDE
        axis = _long_axis(points, weight)
        if axis is not None and abs(float(axis @ mean)) < 0.7 * straight:
            # A row is long: where it lies says more than which way its digits seem to stand.
            mean, straight = axis.astype(np.float32), 1.0
        if straight < 0.3:
            continue
        own = spots[np.isin(labels[spots[:, 1], spots[:, 0]], label)]
        centres = (own + 0.5).astype(np.float64) * STRIDE
        quad = _corners(points, weight, mean / straight, maps[6, ys, xs], centres)
        if quad is None:
            continue
        reading = float((_logistic(maps[1, ys, xs]) * weight).sum() / weight.sum())
        lcd = float((_logistic(maps[3, ys, xs]) * weight).sum() / weight.sum())
        found.append(Found(quad, score, reading, lcd, straight))
    return found


def _long_axis(points: NDArray[np.float64], weight: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The direction (2,), either way, in which places are three times as long as wide; None where not."""
    away = points - np.average(points, axis=0, weights=weight)
    values, vectors = np.linalg.eigh((away * weight[:, None]).T @ away / float(weight.sum()))
    if values[1] < 9 * max(float(values[0]), STRIDE**2 / 12):
        return None
    return np.asarray(vectors[:, 1], np.float64)


def _corners(
    points: NDArray[np.float64],
    weight: NDArray[np.float32],
    direction: NDArray[np.float32],
    heights: NDArray[np.float32],
    centres: NDArray[np.float64],
) -> Points | None:
    """The quad around places of one row: their middle line, its two ends, and the digits' height along it.

    ``centres`` of digits, where enough are seen, say better than the places where the first and last stand:
    a unit printed beside the window looks much like it.
    """
    way = _middle_line(points, weight, direction.astype(np.float64))
    down = np.array([-way[1], way[0]])
    along, across = points @ way, points @ down
    left, right = along.min() - STRIDE / 2, along.max() + STRIDE / 2
    height = _DIGIT * 2.0 ** heights.astype(np.float64)
    middle = float(np.average(along, weights=weight))
    spread = float(np.average((along - middle) ** 2, weights=weight))
    level = float(np.average(across, weights=weight))
    mean_height = float(np.average(height, weights=weight))
    left, right = _ends(np.sort(centres @ way), left, right, mean_height)
    if right - left < 0.8 * mean_height:
        return None
    slope = float(np.average((along - middle) * height, weights=weight)) / max(spread, 1.0)
    slope = float(np.clip(slope, -0.25, 0.25))
    corners = []
    for at, side in ((left, -0.5), (right, -0.5), (right, 0.5), (left, 0.5)):
        tall = max(mean_height + slope * (at - middle), 0.5 * mean_height)
        corners.append(at * way + (level + side * tall) * down)
    return np.asarray(corners, np.float32)


def _spots(logits: NDArray[np.float32]) -> NDArray[np.intp]:
    """Where digits have their centres: peaks of that map, (N, 2) as x, y in places of the map."""
    chance = _logistic(logits)
    peak = (chance >= cv2.dilate(chance, np.ones((3, 3), np.uint8))) & (chance > _LEAST_SPOT)
    return np.argwhere(peak)[:, ::-1]


def _ends(at: NDArray[np.float64], left: float, right: float, height: float) -> tuple[float, float]:
    """Half a step beyond the first and the last digit, where three are seen; ``at`` is sorted."""
    kept: list[float] = []
    for each in at.tolist():
        if not kept or each - kept[-1] > 0.3 * height:
            kept.append(each)
    if len(kept) < 3:
        return left, right
    step = float(np.median(np.diff(kept)))
    reach = 0.35 * height
    first, last = kept[0] - step / 2, kept[-1] + step / 2
    return max(first, left - reach), min(last, right + reach)


def _middle_line(
    points: NDArray[np.float64], weight: NDArray[np.float32], way: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The direction of a row: as its digits say, corrected by how its places lie where it is long."""
    for _ in range(2):
        down = np.array([-way[1], way[0]])
        along, across = points @ way, points @ down
        middle = np.average(along, weights=weight)
        spread = np.average((along - middle) ** 2, weights=weight)
        thick = np.average((across - np.average(across, weights=weight)) ** 2, weights=weight)
        if spread < 4 * thick:
            return way
        slope = float(np.average((along - middle) * across, weights=weight) / spread)
        way = way + np.clip(slope, -0.35, 0.35) * down
        way = way / np.linalg.norm(way)
    return way


def apart(found: list[Found]) -> list[Found]:
    """The surest first, without those that lie on a surer one."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda row: row.score * (0.5 + row.reading), reverse=True):
        if all(_overlap(each.quad, other.quad) < 0.3 for other in kept):
            kept.append(each)
    return kept


def _overlap(one: Points, other: Points) -> float:
    """The common area over the smaller of the two."""
    common, _ = cv2.intersectConvexConvex(cv2.convexHull(one), cv2.convexHull(other))
    smaller = min(cv2.contourArea(cv2.convexHull(one)), cv2.contourArea(cv2.convexHull(other)))
    return float(common) / max(float(smaller), 1e-6)


def _holds(quad: Points, point: tuple[float, float]) -> bool:
    far = cv2.pointPolygonTest(quad.reshape(-1, 1, 2), point, True)
    return bool(far > -0.5 * _CLOSE)


def _turned(
    image: Image, matrix: NDArray[np.float64], size: tuple[int, int], scale: float, quad: Points
) -> Image:
    """``image`` under ``matrix`` (2×3), made smaller first where it is much too large."""
    if scale < 0.7:
        smaller = scale * 1.2
        small = (max(1, round(image.shape[1] * smaller)), max(1, round(image.shape[0] * smaller)))
        stretch = np.diag([image.shape[1] / small[0], image.shape[0] / small[1], 1.0])
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ stretch
    colour = tuple(float(each) for each in image[::8, ::8].reshape(-1, 3).mean(axis=0))
    turned = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=colour
    )
    return np.asarray(turned, np.uint8)


def _logistic(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -30, 30))), np.float32)
