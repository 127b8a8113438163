"""From the picture of a line to what the network sees: paper levelled, rules out, writing found and scaled.

The network's input is (2, ``HEIGHT``, W) uint8, ink bright: channel 0 is the writing with printed rules,
specks and what lies outside the box taken out, channel 1 everything dark, both in the same frame. Digits are
about ``DIGIT`` pixels high, their middle line level and in the middle of the strip; W follows the writing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.lines.frame import Frame, remove
from ocr.lines.rules import Darkness, Mask

#: Height of the network's input, and of a digit in it, in pixels.
HEIGHT, DIGIT = 40, 24
#: W is a multiple of this, and not longer than that.
STEP, _LONGEST = 8, 1200
#: The picture is worked on at most so many pixels high and wide, and at least so high.
_HIGH, _WIDE, _LOW = 240, 1800, 48
#: Paper noise of this many grey levels is never ink.
_FLOOR = 14.0
#: Where all ink is smaller than this share of the picture's height, nothing is written.
_SPECK = 0.09
#: Paper beside the first and the last ink, in pixels of the strip.
_BESIDE = 8

Grey = NDArray[np.uint8]
Strip = NDArray[np.uint8]


@dataclass(frozen=True)
class Writing:
    """Where the digits lie: their height, middle line y = slope * x + offset, first and last column."""

    height: float
    slope: float
    offset: float
    start: float
    end: float


def prepare(image: NDArray[np.uint8]) -> Strip:
    """A picture of one line, grey (H, W) or colour BGR(A) (H, W, 3 or 4), any size and shade -> its strip."""
    grey = _bounded(_dark_on_light(_grey(image))).astype(np.float32)
    dark = np.maximum(paper_level(grey) - grey, 0.0).astype(np.float32)
    clean, frame = remove(dark, _seen(dark))
    # What is left of dark print is no faint writing.
    contrast = max(_contrast(clean, frame), 0.15 * float(np.percentile(dark, 99.5)))
    ink, boxes, parts = _own(clean, contrast, frame)
    writing = _writing(boxes, parts, frame, dark.shape)
    return _strip(np.minimum(ink / contrast, 1.0), np.minimum(dark / contrast, 1.0), writing)


def paper_level(grey: NDArray[np.float32]) -> Darkness:
    """The paper's grey under every pixel: bright quantiles of blocks, spread over ink and smoothed."""
    height, width = grey.shape
    rows = min(4, height)
    columns = int(np.clip(round(rows * width / height), 1, min(40, width)))
    resized = cv2.resize(grey, (columns * 8, rows * 8), interpolation=cv2.INTER_AREA)
    blocks = resized.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows, columns, 64)
    bright = np.partition(blocks, 52, axis=2)[:, :, 52]
    spread = cv2.dilate(bright, np.ones((3, 3), dtype=np.uint8))
    # Under a blot whole blocks are ink: paper is never that much darker than elsewhere.
    spread = np.maximum(spread, 0.75 * np.sort(bright, axis=None)[-max(1, bright.size // 8)])
    smooth = cv2.GaussianBlur(spread, (5, 5), 1.2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _grey(image: NDArray[np.uint8]) -> Grey:
    if image.ndim == 3 and image.shape[2] == 4:
        opaque = image[:, :, 3:].astype(np.float32) / 255.0
        image = (image[:, :, :3] * opaque + 255.0 * (1.0 - opaque) + 0.5).astype(np.uint8)
    if image.ndim == 3 and image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return image.reshape(image.shape[:2])


def _dark_on_light(grey: Grey) -> Grey:
    """Turn a negative (light ink, most of the picture dark) into dark ink on light paper."""
    low, middle, high = np.percentile(grey, (2, 50, 98))
    negative = middle < 110 and high - low > 50 and middle - low < 0.3 * (high - low)
    # A broad pen in a tight box covers most of its paper, too, but is thinner than what it leaves bare.
    if negative and _breadth(grey < (low + high) / 2) > _breadth(grey >= (low + high) / 2):
        return np.asarray(255 - grey, dtype=np.uint8)
    return grey


def _breadth(mask: NDArray[np.bool_]) -> float:
    """How far the middle of what is in the mask lies from its edges, in pixels: half a stroke's width."""
    inside = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    away = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    return float(np.percentile(away[away > 0], 90)) if (away > 0).any() else 0.0


def _bounded(grey: Grey) -> Grey:
    height, width = grey.shape
    factor = min(1.0, _HIGH / height, _WIDE / width)
    if height < _LOW:
        factor = min(_LOW / height, max(1.0, _WIDE / width))
    if factor == 1.0:
        return grey
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=way), dtype=np.uint8)


def _seen(dark: Darkness) -> Mask:
    """All that is darker than paper, 0/1: faint rules too."""
    noise = _noise(dark)
    darkest = float(np.percentile(dark, 99.3))
    # Blurred and tight writing leaves no bare paper to level by.
    ground = float(np.percentile(dark, 40))
    return (dark > max(10.0, 4.0 * noise, ground + 0.18 * (darkest - ground))).astype(np.uint8)


def _noise(dark: Darkness) -> float:
    """The paper's grain in grey levels: what varies from pixel to pixel, not the light's slow changes."""
    grain = float(np.median(np.abs(dark - cv2.medianBlur(dark, 3))))
    return min(1.48 * float(np.median(dark)), 2.2 * grain)


def _contrast(clean: Darkness, frame: Frame) -> float:
    """What counts as full ink here: the darkest hundredth inside the box, never less than the noise."""
    height, width = clean.shape
    low, high = (round(v) for v in frame.rows(width / 2, height))
    inner = clean[max(0, low) : max(low + 4, high)].ravel()
    if not inner.size:
        return _FLOOR
    count = max(4, inner.size // 80)
    darkest = float(np.partition(inner, inner.size - count)[-count:].mean())
    noise = min(1.48 * float(np.median(inner)), _noise(clean), 0.4 * darkest)
    return max(0.85 * darkest, _FLOOR, 4.0 * noise)


def _own(
    clean: Darkness, contrast: float, frame: Frame
) -> tuple[Darkness, NDArray[np.float64], NDArray[np.float64]]:
    """The writing alone; boxes (N, 4) x0 y0 x1 y1 of parts as high as digits, and of all that is in line."""
    height, width = clean.shape
    binary = (clean > 0.38 * contrast).astype(np.uint8)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(binary, connectivity=8)
    if count <= 1:
        return clean, np.zeros((0, 4)), np.zeros((0, 4))
    x, y, w, h, area = stats.T
    top = np.array([frame.rows(m, height)[0] for m in middles[:, 0]])
    bottom = np.array([frame.rows(m, height)[1] for m in middles[:, 0]])
    first, last = frame.columns(width)
    keep = (middles[:, 1] > top - 0.02 * height) & (middles[:, 1] < bottom + 0.02 * height)
    # What reaches far into the box was begun in it.
    inside = np.minimum(y + h, bottom) - np.maximum(y, top)
    keep |= inside > 0.4 * np.minimum(h, bottom - top)
    if frame.top is None and frame.bottom is not None:
        keep |= (y < bottom - 0.1 * height) & (middles[:, 1] < bottom + 0.25 * height)
    across = np.minimum(x + w, last) - np.maximum(x, first)
    solid = 0.12 * (bottom - top)
    keep &= ((middles[:, 0] > first - 2) & (middles[:, 0] < last + 2)) | ((across > 2) & (w > solid))
    keep[0] = False
    if not keep.any():
        return np.where(labels > 0, 0.0, clean).astype(np.float32), np.zeros((0, 4)), np.zeros((0, 4))
    tall = float(h[keep].max())
    if max(tall, float(w[keep].max())) < _SPECK * height:
        # Grain and dust: nothing is written here.
        return np.zeros_like(clean), np.zeros((0, 4)), np.zeros((0, 4))
    keep &= (area >= max(3.0, 0.0025 * tall * tall)) & (np.maximum(w, h) >= max(2.0, 0.07 * tall))
    lost = ~keep
    lost[0] = False
    if lost.any():
        grown = cv2.dilate(lost[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        clean = np.where(grown & ~keep[labels], 0.0, clean).astype(np.float32)
    boxes = np.stack([x, y, x + w, y + h], axis=1).astype(np.float64)
    large = keep & (h >= 0.4 * tall)
    # A flat digit or a piece of one says nothing of the height, yet belongs to the line.
    wide = large | (keep & (h >= 0.25 * tall) & (w >= 0.12 * tall) & (area >= 0.05 * tall * tall))
    return clean, boxes[large if large.any() else keep], boxes[wide if wide.any() else keep]


def _writing(
    boxes: NDArray[np.float64], parts: NDArray[np.float64], frame: Frame, shape: tuple[int, ...]
) -> Writing:
    """Height and middle line of the digits; of the printed space where nothing is written."""
    height, width = shape
    if not len(boxes):
        low, high = frame.rows(width / 2, height)
        first, last = frame.columns(width)
        return Writing(
            max(8.0, 0.65 * (high - low)), 0.0, (low + high) / 2, max(0.0, first), min(last, width)
        )
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    weight = np.minimum(boxes[:, 2] - boxes[:, 0], 2.0 * (boxes[:, 3] - boxes[:, 1])) + 1.0
    tall = _median(boxes[:, 3] - boxes[:, 1], weight)
    start, end = float(parts[:, 0].min()), float(parts[:, 2].max())
    slope = frame.slope or 0.0
    if len(boxes) >= 4 and x.max() - x.min() > 3.5 * tall:
        slope = float(np.polyfit(x, y, 1, w=np.sqrt(weight))[0])
    slope = float(np.clip(slope, -0.15, 0.15))
    offset = _median(y - slope * x, weight)
    # A strip holds a little more than one and a half digits: much taller ink shrinks all of it.
    across = np.concatenate([boxes[:, 1] - slope * x, boxes[:, 3] - slope * x]) - offset
    tall = max(tall, 1.25 * float(np.abs(across).max()))
    return Writing(max(tall, 4.0), slope, offset, start, end)


def _median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    summed = np.cumsum(weight[order])
    return float(values[order][int(np.searchsorted(summed, summed[-1] / 2))])


def _strip(ink: Darkness, dark: Darkness, writing: Writing) -> Strip:
    scale = DIGIT / writing.height
    long = (writing.end - writing.start) * scale + 2 * _BESIDE
    if long > _LONGEST:
        scale *= (_LONGEST - 2 * _BESIDE) / (long - 2 * _BESIDE)
        long = _LONGEST
    width = max(6 * STEP, -(-round(long) // STEP) * STEP)
    both = np.dstack([ink, dark])
    if scale < 0.8:
        size = (max(1, round(both.shape[1] * scale)), max(1, round(both.shape[0] * scale)))
        small = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
        ratio = (size[0] / both.shape[1], size[1] / both.shape[0])
    else:
        small, ratio = both, (1.0, 1.0)
    # Where strip pixel (u, v) lies in the small picture; upright strokes stay upright.
    across, down = ratio[0] / scale, ratio[1] / scale
    left = (writing.start - (width - (writing.end - writing.start) * scale) / 2 / scale) * ratio[0]
    matrix = np.array(
        [
            [across, 0.0, left],
            [writing.slope / scale * ratio[1], down, 0.0],
        ]
    )
    at_left = writing.slope * left / ratio[0] + writing.offset
    matrix[1, 2] = (at_left - HEIGHT / 2 / scale) * ratio[1]
    flat = cv2.warpAffine(
        small, matrix, (width, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0
    )
    return np.ascontiguousarray(np.round(flat * 255).astype(np.uint8).transpose(2, 0, 1))
