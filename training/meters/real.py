"""Photographs of meters with their truth, as pictures with rows.

METERDROP_DATA names the folder of data sets. A digit that nobody could read is ``?``. Quads of whole displays
are divided evenly: drums stand at equal distances.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from simulate.meters.model import Digit, Kind, Picture, Points, Row
from training.sources import data_folder

#: Photographs are kept no larger than this, long side in pixels.
LONG = 1280


def row_of(quad: Points, value: str, decimals: str, kind: Kind = "drum") -> Row:
    """A row of equal digits in ``quad`` (4, 2): tl tr br bl as they are read."""
    text = value + decimals
    edges = np.linspace(0.0, 1.0, len(text) + 1)
    top = quad[0] + edges[:, None] * (quad[1] - quad[0])
    bottom = quad[3] + edges[:, None] * (quad[2] - quad[3])
    digits = tuple(
        Digit(
            character,
            np.stack([top[k], top[k + 1], bottom[k + 1], bottom[k]]).astype(np.float32),
            0.0,
            k >= len(value),
        )
        for k, character in enumerate(text)
    )
    return Row(kind, digits)


def chongqing() -> Iterator[tuple[str, Picture]]:
    """1,000 phone photographs of water meters, five drums.

    Its labels give a turning last drum the digit that shows more of itself, not the lower one as every other
    set does: that digit is not taught.
    """
    folder = data_folder().parent / "meters" / "chongqing_water"
    for row in _manifest(folder):
        # "00470.00479": between the two. Neither is taught.
        text = row["label"][:4] + "?" if re.fullmatch(r"\d{5}", row["label"]) else "?????"
        yield row["path"], _picture(folder / row["path"], _numbers(row["note"].split("=")[1]), text, "")


def lebanon() -> Iterator[tuple[str, Picture]]:
    """113 phone photographs and crops of electricity meters: five drums and a red one."""
    yield from _with_quads("lb_electricity_drum", 1)


def vietnam() -> Iterator[tuple[str, Picture]]:
    """141 photographs for measuring only: five drums and a red one."""
    yield from _with_quads("vn_electricity_drum_gelex", 1)


def japan() -> Iterator[tuple[str, Picture]]:
    """368 crops of one water meter's display."""
    folder = data_folder().parent / "meters" / "jp_water_drum_one_meter"
    for row in _manifest(folder):
        image = cv2.imread(str(folder / row["path"]))
        high, wide = image.shape[:2]
        # The camera is fixed: about here stand the six drums; two dark ones are behind the mark.
        left, right, top, bottom = 0.02 * wide, 0.88 * wide, 0.2 * high, 0.85 * high
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        text = row["label"]
        yield row["path"], Picture(np.asarray(image, np.uint8), (row_of(quad, text[:4], text[4:]),))


def _with_quads(name: str, decimals: int) -> Iterator[tuple[str, Picture]]:
    folder = data_folder().parent / "meters" / name
    labels = {row["path"]: row["label"] for row in _manifest(folder)}
    with (folder / "quads.csv").open() as file:
        for row in csv.DictReader(file):
            text = (row["label"] or labels.get(row["path"], "")) if row["certain"] == "yes" else ""
            text = text if len(text) == 6 else "??????"
            whole, rest = text[:-decimals], text[-decimals:]
            yield row["path"], _picture(folder / row["path"], _numbers(row["quad"]), whole, rest)


def _picture(path: Path, corners: list[float], value: str, decimals: str) -> Picture:
    image = cv2.imread(str(path))
    if image is None:
        raise FileNotFoundError(path)
    quad = np.array(corners, np.float32).reshape(4, 2)
    long = max(image.shape[:2])
    if long > LONG:
        image = cv2.resize(image, None, fx=LONG / long, fy=LONG / long, interpolation=cv2.INTER_AREA)
        quad = quad * np.float32(LONG / long)
    return Picture(np.asarray(image, np.uint8), (row_of(quad, value, decimals),))


def _manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open() as file:
        return list(csv.DictReader(file))


def _numbers(text: str) -> list[float]:
    return [float(each) for each in text.split()]
