"""Slips to read: every cell has a small cross in its middle, so that a cut can be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms import ReaderSettings
from ocr.forms.fields import cell_crops
from ocr.forms.finding import find_slips
from ocr.forms.registration import Registered, register
from simulate.fill import Filled, Writer, fill
from simulate.hands import HANDS
from simulate.paper import written
from simulate.strokes import Pen
from templates import find
from templates.model import Template
from templates.printing import picture

Grey = NDArray[np.uint8]
SETTINGS = ReaderSettings()
ACCOUNT = "121000123456"


@cache
def _blank(name: str, dpi: int, account: str | None) -> Grey:
    return np.asarray(picture(find(name), dpi, account).convert("L"), dtype=np.uint8)


def blank(dpi: int, name: str = "krasnoyarsk-dropbox", account: str | None = None) -> Grey:
    """A fresh print that may be drawn on."""
    return _blank(name, dpi, account).copy()


def dropbox() -> Template:
    return find("krasnoyarsk-dropbox")


@cache
def _crossed(dpi: int) -> Grey:
    slip = blank(dpi)
    for field in dropbox().fields:
        for cell in field.cells:
            x, y = cell.x_mm + cell.w_mm / 2, cell.y_mm + cell.h_mm / 2
            line(slip, dpi, [(x - 0.9, y), (x + 0.9, y)])
            line(slip, dpi, [(x, y - 0.9), (x, y + 0.9)])
    return slip


def crossed(dpi: int) -> Grey:
    """The ordinary slip with a cross in every cell."""
    return _crossed(dpi).copy()


def line(slip: Grey, dpi: int, points: Sequence[tuple[float, float]], width_mm: float = 0.35) -> None:
    """A pen's line through points in millimetres."""
    scale = dpi / 25.4
    places = np.round((np.array(points) * scale - 0.5) * 16).astype(np.int32)
    cv2.polylines(slip, [places], False, 40, max(1, round(width_mm * scale)), cv2.LINE_AA, 4)


@dataclass(frozen=True)
class Outcome:
    """``worst_mm``: how far the worst cut's cross is from its middle; None when the slip was not read."""

    worst_mm: float | None
    markers: int
    registered: Registered | None


def outcomes(page: Grey, dpi: float | None) -> list[Outcome]:
    """Every slip that is found on a page of crossed slips, in order."""
    slips = find_slips(page, dpi, (dropbox(),), SETTINGS).slips
    result = []
    for slip in slips:
        found = register(page, slip, SETTINGS) if len(slip.sightings) > 1 else None
        worst = None
        if found is not None and found.accepted:
            crops = cell_crops(found, slip.template, SETTINGS.dpi)
            worst = max(_off_centre(crop) for row in crops.values() for crop in row)
        result.append(Outcome(worst, len(slip.sightings), found))
    return result


def _off_centre(crop: Grey) -> float:
    height, width = crop.shape
    rows, columns = slice(height // 4, 3 * height // 4 + 1), slice(width // 4, 3 * width // 4 + 1)
    part = crop[rows, columns].astype(float)
    dark = np.clip(np.percentile(part, 80) - part - 25, 0, None)
    if dark.sum() < 200:
        return 9.0
    y, x = np.mgrid[rows, columns]
    dx = (dark * x).sum() / dark.sum() - (width - 1) / 2
    dy = (dark * y).sum() / dark.sum() - (height - 1) / 2
    return float(np.hypot(dx, dy)) * 25.4 / SETTINGS.dpi


def values(**more: str) -> dict[str, str]:
    """What is written on a well filled slip."""
    return {
        "account": ACCOUNT,
        "address": "ул. Мира, 12-7",
        "reading": "05630",
        "date": "24112026",
        "signature": "x",
        **more,
    }


def filled(
    dpi: int, rng: np.random.Generator, says: dict[str, str] | None = None, hand: int = 0
) -> tuple[Grey, Filled]:
    """A slip filled by hand and what it says."""
    pen = Pen(width=0.45, darkness=0.95, shade=45)
    slip = fill(dropbox(), values() if says is None else says, Writer(HANDS[hand], pen), rng)
    return written(slip, blank(dpi), dpi, rng), slip


def sheet(dpi: int, width_mm: float = 148.0, height_mm: float = 210.0) -> Grey:
    """White paper."""
    return np.full((round(height_mm * dpi / 25.4), round(width_mm * dpi / 25.4)), 255, dtype=np.uint8)
