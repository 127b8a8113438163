"""One warp for a whole slip, then slices."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.bend import bend_of, warp_bent
from ocr.forms.geometry import scale_at
from ocr.reduce import reduced
from ocr.results import Registration
from templates.model import Box, Template

#: Fraction of a cell's size that a cut adds on every side.
CELL_MARGIN = 0.20


def rectify(
    grey: NDArray[np.uint8], registration: Registration, template: Template, dpi: float = 200.0
) -> NDArray[np.uint8]:
    """The slip upright: uint8, ``height_mm/25.4*dpi`` × ``width_mm/25.4*dpi``; a slip millimetre is
    ``dpi/25.4`` pixels.

    ``grey`` is the page that ``registration`` was found on. What lies outside the page is white.
    """
    matrix = np.array(registration.homography).reshape(3, 3)
    bend = bend_of(registration, template.width_mm, template.height_mm)
    if bend is None:
        return warp(grey, matrix, template, dpi)
    size = (round(template.width_mm / 25.4 * dpi), round(template.height_mm / 25.4 * dpi))
    return warp_bent(grey, matrix, bend, dpi, size=size)


def warp(
    grey: NDArray[np.uint8], matrix: NDArray[np.float64], template: Template, dpi: float
) -> NDArray[np.uint8]:
    """As ``rectify``, by a matrix (3×3, slip millimetres → page pixels)."""
    return warp_box(grey, matrix, Box(0.0, 0.0, template.width_mm, template.height_mm), dpi)


def warp_box(grey: NDArray[np.uint8], matrix: NDArray[np.float64], box: Box, dpi: float) -> NDArray[np.uint8]:
    """One rectangle of a slip, upright at ``dpi``; a page much finer than that is reduced first,
    area-correct.
    """
    scale = dpi / 25.4
    size = (max(1, round(box.w_mm * scale)), max(1, round(box.h_mm * scale)))
    middle = np.array([box.x_mm + box.w_mm / 2, box.y_mm + box.h_mm / 2])
    finer = scale_at(matrix, middle) / scale
    factor = max(1, int(finer + 0.25))
    # Pixel centres: page pixel p is (p + 0.5) / factor - 0.5 in the reduced page.
    offset = 0.5 / factor - 0.5
    shrink = np.array([[1 / factor, 0, offset], [0, 1 / factor, offset], [0, 0, 1]])
    to_mm = np.array(
        [[1 / scale, 0, 0.5 / scale + box.x_mm], [0, 1 / scale, 0.5 / scale + box.y_mm], [0, 0, 1]]
    )
    return _taken(reduced(grey, factor), shrink @ matrix @ to_mm, size)


def _taken(page: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of ``size`` (width, height) by a matrix (3×3, its pixels → the page's); white beyond."""
    across = abs(matrix[1, 0]) > abs(matrix[0, 0])
    if across and 4 * size[0] * size[1] > page.size:
        # A page scanned sideways would be walked through column by column: turning it first is quicker.
        turn = np.array([[0.0, -1.0, page.shape[0] - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        page, matrix = np.asarray(cv2.rotate(page, cv2.ROTATE_90_CLOCKWISE), dtype=np.uint8), turn @ matrix
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if not matrix[2, :2].any():
        # Flat paper on a scanner: the same pixels without the division.
        plane = matrix[:2] / matrix[2, 2]
        straight = cv2.warpAffine(page, plane, size, flags=flags, borderValue=255)
        return np.asarray(straight, dtype=np.uint8)
    return np.asarray(cv2.warpPerspective(page, matrix, size, flags=flags, borderValue=255), dtype=np.uint8)


def cut(
    slip: NDArray[np.uint8],
    box: Box,
    dpi: float,
    margin: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.uint8]:
    """A box of a rectified slip with ``margin`` (fraction of its size) added on every side, moved by
    ``shift`` mm.

    Always of the box's size in pixels: what lies outside the slip is white.
    """
    scale = dpi / 25.4
    x = (box.x_mm + shift[0] - margin * box.w_mm) * scale
    y = (box.y_mm + shift[1] - margin * box.h_mm) * scale
    width = max(1, round(box.w_mm * (1 + 2 * margin) * scale))
    height = max(1, round(box.h_mm * (1 + 2 * margin) * scale))
    left, top = round(x), round(y)
    if left >= 0 and top >= 0 and left + width <= slip.shape[1] and top + height <= slip.shape[0]:
        return slip[top : top + height, left : left + width].copy()
    result = np.full((height, width), 255, dtype=np.uint8)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, slip.shape[1]), min(top + height, slip.shape[0])
    if x1 > x0 and y1 > y0:
        result[y0 - top : y1 - top, x0 - left : x1 - left] = slip[y0:y1, x0:x1]
    return result
