"""Copies of copies: what a copier, a feeder, scissors and an eager office stamp do to a form without mercy.

Every step moves the paper and with it ``points``, so that it is known where on the page a place of the form
has come to lie. Grey uint8, 255 white; points in pixels, the centre of the top left pixel (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate import damage
from simulate.paper import Grey
from simulate.scanner import Scan, scan

Floats = NDArray[np.float64]
Side = Literal["top", "bottom", "left", "right"]


@dataclass(frozen=True, eq=False)
class Copy:
    """A sheet and where some of its places are: ``points`` (n, 2) pixels of ``grey``."""

    grey: Grey
    points: Floats


def moved(copy: Copy, matrix: NDArray[Any], size: tuple[int, int], lid: int = 255) -> Copy:
    """The sheet through an affine map (2×3 or 3×3) onto a page of ``size`` (width, height)."""
    affine = np.asarray(matrix, dtype=np.float64)[:2]
    grey = cv2.warpAffine(copy.grey, affine, size, flags=cv2.INTER_AREA, borderValue=float(lid))
    return Copy(np.asarray(grey, dtype=np.uint8), copy.points @ affine[:, :2].T + affine[:, 2])


def photocopied(copy: Copy, dpi: float, rng: np.random.Generator, strength: float = 1.0) -> Copy:
    """One pass over a copier's glass: a little askew, not quite 100 %, softer, harder, with toner specks.

    What is laid over the glass's edge is lost. ``strength``: how worn the copier is, about 1.
    """
    height, width = copy.grey.shape
    zoom = 1.0 + float(rng.normal(0.0, 0.006)) * strength
    angle = float(np.clip(rng.normal(0.0, 0.6), -2.0, 2.0)) * strength
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    matrix = np.asarray(matrix, dtype=np.float64)
    # The lamp's carriage is a little faster or slower than the drum.
    matrix[1] *= 1.0 + float(rng.normal(0.0, 0.004)) * strength
    matrix[:, 2] = matrix[:, 2] + rng.normal(0.0, 1.0, 2) * strength * dpi / 25.4
    seen = moved(copy, matrix, (width, height))
    soft = cv2.GaussianBlur(seen.grey, (0, 0), float(rng.uniform(0.06, 0.13)) * strength * dpi / 25.4)
    middle, slope = float(rng.uniform(140, 195)), float(rng.uniform(18, 40))
    levels = 255.0 / (1.0 + np.exp(-(np.arange(256.0) - middle) / slope))
    toner = float(rng.uniform(5, 45))
    levels = toner + (250.0 - toner) * levels / 255.0
    grey = np.asarray(cv2.LUT(soft, np.clip(levels, 0, 255).astype(np.uint8)), dtype=np.uint8)
    grey = damage.dust(grey, dpi, rng, specks=int(60 * strength))
    return Copy(grey, seen.points)


def stretched(copy: Copy, dpi: float, rng: np.random.Generator, most_mm: float = 1.5) -> Copy:
    """Pulled unevenly through a feeder: print lies up to ``most_mm`` from where an even pull puts it."""
    height, width = copy.grey.shape
    scale = dpi / 25.4
    rows = np.arange(height, dtype=np.float64)
    pull = float(rng.normal(0.0, 0.006)) * (rows - height / 2)
    amplitude = float(rng.uniform(0.4, 1.0)) * most_mm * scale
    wave = float(rng.uniform(110.0, 260.0)) * scale
    along = pull + amplitude * np.sin(2 * np.pi * (rows / wave + float(rng.random())))
    # One roller grips better than the other: the sheet turns a little on its way.
    turn = float(rng.normal(0.0, 0.003)) * np.sin(np.pi * rows / height)
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), rows)
    source_y = y + along[:, None] + turn[:, None] * (x - width / 2)
    grey = cv2.remap(
        copy.grey,
        x.astype(np.float32),
        source_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255,
    )
    points = copy.points.copy()
    for _ in range(20):
        # Where a place of the old sheet is seen on the new one: the map the other way round, by fixed point.
        at = np.clip(points[:, 1], 0, height - 1)
        moves = np.interp(at, rows, along) + np.interp(at, rows, turn) * (points[:, 0] - width / 2)
        points[:, 1] = copy.points[:, 1] - moves
    return Copy(np.asarray(grey, dtype=np.uint8), points)


def covered(
    copy: Copy, dpi: float, boxes_mm: list[tuple[float, float, float, float]], shade: int = 255
) -> Copy:
    """Boxes (x, y, width, height in mm of this sheet) cut away; ``shade`` of what is behind."""
    grey, scale = copy.grey.copy(), dpi / 25.4
    for x, y, w, h in boxes_mm:
        rows = slice(max(0, round(y * scale)), max(0, round((y + h) * scale)))
        grey[rows, max(0, round(x * scale)) : max(0, round((x + w) * scale))] = shade
    return Copy(grey, copy.points)


def stamped_over(copy: Copy, dpi: float, side: Side, rng: np.random.Generator) -> Copy:
    """One half of the sheet under round stamps and a great slanted word, inked unevenly."""
    grey, scale = copy.grey, dpi / 25.4
    height, width = grey.shape[0] / scale, grey.shape[1] / scale
    x0, x1 = (0.0, width / 2) if side == "left" else (width / 2, width) if side == "right" else (0.0, width)
    y0, y1 = (
        (0.0, height / 2) if side == "top" else (height / 2, height) if side == "bottom" else (0.0, height)
    )
    for _ in range(max(2, round((x1 - x0) * (y1 - y0) / 1500))):
        grey = damage.stamp(grey, dpi, (float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1))), rng)
    word = np.zeros(grey.shape, np.uint8)
    size = 0.16 * min(x1 - x0, y1 - y0) * scale / 20.0
    text = "PAID" if rng.random() < 0.5 else "COPY"
    (w, h), _base = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, max(2, round(1.2 * scale)))
    at = (round((x0 + x1) / 2 * scale - w / 2), round((y0 + y1) / 2 * scale + h / 2))
    cv2.putText(word, text, at, cv2.FONT_HERSHEY_DUPLEX, size, 255, max(2, round(1.2 * scale)), cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((at[0] + w / 2, at[1] - h / 2), float(rng.uniform(-35, 35)), 1.0)
    word = np.asarray(cv2.warpAffine(word, turn, (grey.shape[1], grey.shape[0])), dtype=np.uint8)
    dark = np.clip(grey.astype(np.float32) * (1.0 - 0.6 / 255.0 * word), 0, 255).astype(np.uint8)
    return Copy(dark, copy.points)


def scanned(copy: Copy, settings: Scan, rng: np.random.Generator) -> Copy:
    """``simulate.scanner.scan`` with its points."""
    height, width = copy.grey.shape
    points = copy.points
    if settings.skew_deg:
        angle = np.deg2rad(abs(settings.skew_deg))
        out_w = round(width * np.cos(angle) + height * np.sin(angle))
        out_h = round(height * np.cos(angle) + width * np.sin(angle))
        matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -settings.skew_deg, 1.0))
        matrix[:, 2] += ((out_w - width) / 2, (out_h - height) / 2)
        points = points @ matrix[:, :2].T + matrix[:, 2]
        width, height = out_w, out_h
    for _ in range(settings.quarter_turns % 4):
        points = np.stack([height - 1 - points[:, 1], points[:, 0]], axis=1)
        width, height = height, width
    return Copy(scan(copy.grey, settings, rng), points)
