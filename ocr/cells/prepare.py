"""From the cut of one printed cell to what the network sees: ink found, lines out, centred and scaled.

The network's input is (2, ``SIZE``, ``SIZE``) float32 in 0-1, ink bright: channel 0 is the cell's own ink
with box lines and neighbours' ink taken out, channel 1 everything dark, both in the same frame, so that the
network sees what was taken out. Large ink is scaled to fill the frame; small ink (a comma, a dash, a speck)
is enlarged only up to a limit, so that its size still tells what it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.cells.lines import FILL, Darkness, Frame, suppress

#: Side of the network's input in pixels, and of the square that large ink is scaled to fill.
SIZE = 32
_FULL = 26
#: The working size of a cell's longer side in pixels (a 5 mm cell at 200 dpi has 39).
_WORK = 40
#: Ink smaller than this share of the cell is not enlarged further.
_SMALL = 0.42
#: Light on one box varies by less than this: the paper's darkest part to its brightest.
_DARKEST_PAPER = 0.8
#: How far from where they should be box lines are looked for, in cells.
REACH = 0.16
#: Paper noise of this many grey levels is never ink.
_FLOOR = 14.0

Grey = NDArray[np.uint8]
Inputs = NDArray[np.float32]


def prepare(crops: Sequence[Grey], margin: float, reach: float = REACH, fill: float = FILL) -> Inputs:
    """Grey cuts of cells (H, W, dark ink on light paper) -> network inputs (N, 2, SIZE, SIZE) in 0-1.

    ``margin``: the share of the cell's size that was cut with it on every side. ``reach`` and ``fill`` say
    where box lines are looked for, see ``ocr.cells.lines.suppress``. A cut under 4 pixels counts as blank.
    """
    inputs = np.zeros((len(crops), 2, SIZE, SIZE), dtype=np.float32)
    small = [_resize(crop, margin) if min(crop.shape) >= 4 else None for crop in crops]
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(small):
        if image is not None:
            by_shape.setdefault(image.shape, []).append(index)
    for (height, width), indices in by_shape.items():
        edge = margin / (1.0 + 2.0 * margin)
        frame = Frame(width * edge, height * edge, width * (1 - edge), height * (1 - edge))
        greys = [image for image in (small[i] for i in indices) if image is not None]
        dark = np.stack([np.maximum(paper_level(grey) - grey, 0.0) for grey in greys])
        for index, everything, clean in zip(indices, dark, suppress(dark, frame, reach, fill), strict=True):
            inputs[index] = _input(everything, clean, frame)
    return inputs


def prepare_one(crop: Grey, margin: float, reach: float = REACH, fill: float = FILL) -> Inputs:
    """One cut -> (2, SIZE, SIZE); see ``prepare``."""
    return np.asarray(prepare([crop], margin, reach, fill)[0], dtype=np.float32)


def _input(dark: Darkness, clean: Darkness, frame: Frame) -> Inputs:
    contrast = _contrast(clean, frame)
    own, box = _own_ink(np.minimum(clean / contrast, 1.0), frame)
    return _centre(own, np.minimum(dark / contrast, 1.0), frame, box)


def paper_level(grey: NDArray[np.float32]) -> Darkness:
    """The paper's grey under every pixel: bright quantiles of blocks, spread over ink and smoothed.

    Follows uneven light; the same shape as the input, float32 (H, W).
    """
    height, width = grey.shape
    rows, columns = min(6, height), min(6, width)
    resized = cv2.resize(grey, (columns * 8, rows * 8), interpolation=cv2.INTER_LINEAR)
    blocks = resized.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows, columns, 64)
    bright = np.partition(blocks, 46, axis=2)[:, :, 46]
    spread = cv2.dilate(bright, np.ones((3, 3), dtype=np.uint8))
    # Under a blot or a thick close-up stroke whole blocks are ink: paper is never that much darker.
    spread = np.maximum(spread, _DARKEST_PAPER * np.sort(bright, axis=None)[-max(1, bright.size // 8)])
    smooth = cv2.GaussianBlur(spread, (5, 5), 1.2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _resize(crop: Grey, margin: float) -> NDArray[np.float32]:
    longer = max(crop.shape) / (1.0 + 2.0 * margin)
    factor = _WORK / longer
    size = (max(8, round(crop.shape[1] * factor)), max(8, round(crop.shape[0] * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, size, interpolation=way), dtype=np.float32)


def _contrast(clean: Darkness, frame: Frame) -> float:
    """What counts as full ink here: the darkest fiftieth of the cell, never less than the paper's noise."""
    inner = clean[round(frame.top) : round(frame.bottom), round(frame.left) : round(frame.right)].ravel()
    count = max(4, inner.size // 40)
    darkest = float(np.partition(inner, inner.size - count)[-count:].mean())
    noise = 1.48 * float(np.partition(inner, inner.size // 2)[inner.size // 2])
    return max(0.9 * darkest, _FLOOR, 4.0 * noise)


def _own_ink(own: Darkness, frame: Frame) -> tuple[Darkness, tuple[int, int, int, int] | None]:
    """Keep the components that belong to this cell; (ink, bounding box x0 y0 x1 y1 or None when blank)."""
    binary = (own > 0.38).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    if count <= 1:
        return own, None
    pad = 0.03 * frame.side
    inside = labels[
        round(frame.top + pad) : round(frame.bottom - pad), round(frame.left + pad) : round(frame.right - pad)
    ]
    within = np.bincount(inside.ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    share = within / np.maximum(areas, 1)
    largest = int(within[1:].max())
    keep = (share > 0.4) & (areas >= max(3, 0.04 * largest))
    keep[0] = False
    if not keep.any():
        return own * (labels == 0), None
    lost = ~keep
    lost[0] = False
    if lost.any():
        own = own * ~_grown(lost[labels])
    x0, y0 = stats[keep, cv2.CC_STAT_LEFT].min(), stats[keep, cv2.CC_STAT_TOP].min()
    x1 = (stats[keep, cv2.CC_STAT_LEFT] + stats[keep, cv2.CC_STAT_WIDTH]).max()
    y1 = (stats[keep, cv2.CC_STAT_TOP] + stats[keep, cv2.CC_STAT_HEIGHT]).max()
    return own, (int(x0), int(y0), int(x1), int(y1))


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    kernel = np.ones((3, 3), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), dtype=np.bool_)


def _centre(
    own: Darkness, everything: Darkness, frame: Frame, box: tuple[int, int, int, int] | None
) -> Inputs:
    """Move the box to the middle of the input and scale it to fill, within limits."""
    if box is None:
        x0, y0, x1, y1 = frame.left, frame.top, frame.right, frame.bottom
    else:
        x0, y0, x1, y1 = box
    size = max(x1 - x0, y1 - y0, _SMALL * _WORK)
    scale = _FULL / size
    shift_x = (SIZE - 1) / 2 - scale * ((x0 + x1 - 1) / 2)
    shift_y = (SIZE - 1) / 2 - scale * ((y0 + y1 - 1) / 2)
    matrix = np.array([[scale, 0.0, shift_x], [0.0, scale, shift_y]])
    both = cv2.warpAffine(np.dstack([own, everything]), matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.asarray(both, dtype=np.float32).transpose(2, 0, 1))
