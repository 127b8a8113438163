"""From the cut of one printed cell to what the network sees: ink found, lines out, centred and scaled.

The network's input is (2, ``SIZE``, ``SIZE``) float32 in 0-1, ink bright: channel 0 is the cell's own ink
with box lines and neighbours' ink taken out, channel 1 everything dark, both in the same frame, so that the
network sees what was taken out. Large ink is scaled to fill the frame; small ink (a comma, a dash, a speck)
is enlarged only up to a limit, so that its size still tells what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.cells.lines import FILL, Darkness, Frame, suppress
from ocr.components import components

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
#: Ink is at least this dark, in shares of full ink.
_INK = 0.38
_AROUND = np.ones((3, 3), dtype=np.uint8)

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
        stack = np.stack([image for image in (small[i] for i in indices) if image is not None])
        greys = stack.astype(np.float32)
        dark = np.maximum(paper_levels(greys) - greys, 0.0)
        inputs[indices] = _inputs(dark, suppress(dark, frame, reach, fill), frame)
    return inputs


def prepare_one(crop: Grey, margin: float, reach: float = REACH, fill: float = FILL) -> Inputs:
    """One cut -> (2, SIZE, SIZE); see ``prepare``."""
    return np.asarray(prepare([crop], margin, reach, fill)[0], dtype=np.float32)


def _inputs(dark: Darkness, clean: Darkness, frame: Frame) -> Inputs:
    """(N, H, W) darkness with and without lines -> (N, 2, SIZE, SIZE)."""
    contrast = _contrasts(clean, frame)[:, None, None]
    both = np.empty((*dark.shape, 2), dtype=np.float32)
    np.minimum(clean / contrast, 1.0, out=both[..., 0])
    np.minimum(dark / contrast, 1.0, out=both[..., 1])
    boxes = _own_ink(both, both[..., 0] > _INK, frame)
    framed = np.empty((len(dark), SIZE, SIZE, 2), dtype=np.float32)
    for index in range(len(dark)):
        framed[index] = _centre(both[index], frame, boxes[index])
    return framed.transpose(0, 3, 1, 2)


def paper_level(grey: NDArray[np.float32]) -> Darkness:
    """The paper's grey under every pixel of one picture (H, W); see ``paper_levels``."""
    return np.asarray(paper_levels(grey[None])[0], dtype=np.float32)


def paper_levels(greys: NDArray[np.float32]) -> Darkness:
    """The papers' grey under every pixel: bright quantiles of blocks, spread over ink and smoothed.

    Follows uneven light; the same shape as the input, float32 (N, H, W).
    """
    count, height, width = greys.shape
    rows, columns = min(6, height), min(6, width)
    down, up = _linear(height, rows * 8), _smooth_linear(rows, height)
    across, back = _linear(width, columns * 8), _smooth_linear(columns, width)
    # One product for the rows of all, then one each for the columns.
    resized = np.matmul(down, (greys.reshape(-1, width) @ across.T).reshape(count, height, -1))
    blocks = resized.reshape(count, rows, 8, columns, 8).transpose(0, 1, 3, 2, 4)
    bright = np.partition(blocks.reshape(count, rows * columns, 64), 46, axis=2)[:, :, 46]
    # Under a blot or a thick close-up stroke whole blocks are ink: paper is never that much darker.
    size = rows * columns
    most = np.sort(bright, axis=1)[:, -max(1, size // 8)]
    spread = np.maximum(_widened(bright.reshape(count, rows, columns)), _DARKEST_PAPER * most[:, None, None])
    return np.asarray(np.matmul(np.matmul(up, spread), back.T), dtype=np.float32)


def _widened(values: Darkness) -> Darkness:
    """The greatest of every 3 by 3 neighbours, (N, H, W)."""
    for axis in (1, 2):
        wide = values.copy()
        first, last = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        np.maximum(wide[last], values[first], out=wide[last])
        np.maximum(wide[first], values[last], out=wide[first])
        values = wide
    return values


@lru_cache(maxsize=64)
def _linear(size: int, out: int) -> Darkness:
    """(out, size): linear interpolation of ``size`` samples at ``out`` places, pixel centres apart evenly."""
    return np.asarray(
        cv2.resize(np.eye(size, dtype=np.float32), (size, out), interpolation=cv2.INTER_LINEAR),
        dtype=np.float32,
    )


@lru_cache(maxsize=64)
def _smooth_linear(size: int, out: int) -> Darkness:
    """(out, size): a Gaussian over five samples, then linear interpolation."""
    smooth = cv2.GaussianBlur(
        np.eye(size, dtype=np.float32), (1, 5), sigmaX=1.2, sigmaY=1.2, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(_linear(size, out) @ smooth, dtype=np.float32)


def _resize(crop: Grey, margin: float) -> Grey:
    longer = max(crop.shape) / (1.0 + 2.0 * margin)
    factor = _WORK / longer
    size = (max(8, round(crop.shape[1] * factor)), max(8, round(crop.shape[0] * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, size, interpolation=way), dtype=np.uint8)


def _contrasts(clean: Darkness, frame: Frame) -> NDArray[np.float32]:
    """What counts as full ink in each cell: the darkest fortieth of it, never less than the paper's noise."""
    inner = clean[:, round(frame.top) : round(frame.bottom), round(frame.left) : round(frame.right)]
    flat = inner.reshape(len(clean), -1)
    size = flat.shape[1]
    count = max(4, size // 40)
    parted = np.partition(flat, (size // 2, size - count), axis=1)
    darkest, noise = 0.9 * parted[:, size - count :].mean(axis=1), 4.0 * 1.48 * parted[:, size // 2]
    return np.asarray(np.maximum(np.maximum(darkest, noise), _FLOOR), dtype=np.float32)


def _own_ink(
    both: Darkness, inked: NDArray[np.bool_], frame: Frame
) -> list[tuple[int, int, int, int] | None]:
    """Keep the components of channel 0 of ``both`` (N, H, W, 2) that belong to their cell, in place.

    ``inked`` (N, H, W): where there is ink. Returns their bounding boxes x0 y0 x1 y1, None for a blank cell.
    """
    count, height, width = inked.shape
    # One above the other with an empty row between, so that one search goes through all.
    tall = np.zeros((count, height + 1, width), dtype=np.bool_)
    tall[:, :height] = inked
    found = components(tall.reshape(-1, width))
    pad = 0.03 * frame.side
    middle = np.zeros((height + 1, width), dtype=np.bool_)
    middle[
        round(frame.top + pad) : round(frame.bottom - pad), round(frame.left + pad) : round(frame.right - pad)
    ] = True
    pieces, areas = len(found.bounds), found.bounds[:, 4]
    within = np.bincount(found.owners[middle.ravel()[found.places % middle.size]], minlength=pieces)
    cell = found.bounds[:, 1] // (height + 1)
    largest = np.zeros(count, dtype=np.intp)
    np.maximum.at(largest, cell[1:], within[1:])
    keep = (within > 0.4 * areas) & (areas >= np.maximum(3, 0.04 * largest[cell]))
    keep[0] = False
    lost = ~keep
    lost[0] = False
    kept = np.flatnonzero(keep)
    boxes: list[tuple[int, int, int, int] | None] = [None] * count
    for index, (x, top, wide, high) in zip(cell[kept].tolist(), found.bounds[kept, :4].tolist(), strict=True):
        x0, y0, x1, y1 = boxes[index] or (width, height, 0, 0)
        y = top - index * (height + 1)
        boxes[index] = min(x0, x), min(y0, y), max(x1, x + wide), max(y1, y + high)
    if lost.any():
        gone = np.zeros(tall.size, dtype=np.uint8)
        gone[found.places[lost[found.owners]]] = 1
        # A soft edge goes with it, where something is left beside it; the empty rows keep cells apart.
        wider = cv2.dilate(gone.reshape(-1, width), _AROUND).reshape(tall.shape)
        blank = [index for index, box in enumerate(boxes) if box is None]
        wider[blank] = tall[blank]
        both[..., 0] *= 1 - wider[:, :height]
    return boxes


def _centre(both: Darkness, frame: Frame, box: tuple[int, int, int, int] | None) -> Darkness:
    """Move the box to the middle of the input and scale it to fill, within limits; (SIZE, SIZE, 2)."""
    if box is None:
        x0, y0, x1, y1 = frame.left, frame.top, frame.right, frame.bottom
    else:
        x0, y0, x1, y1 = box
    size = max(x1 - x0, y1 - y0, _SMALL * _WORK)
    scale = _FULL / size
    shift_x = (SIZE - 1) / 2 - scale * ((x0 + x1 - 1) / 2)
    shift_y = (SIZE - 1) / 2 - scale * ((y0 + y1 - 1) / 2)
    matrix = np.array([[scale, 0.0, shift_x], [0.0, scale, shift_y]])
    return np.asarray(cv2.warpAffine(both, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR), dtype=np.float32)
