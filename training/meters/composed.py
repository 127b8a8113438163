"""Whole displays put together from photographs of single drums or LCD digits (haverland_digits).

Drums of one folder of one camera look alike, so a row is drawn from one folder. A drum's label is how far it
has turned in tenths: the row is put together as a counter turns. The last drum stands anywhere; every other
one moves on only while all drums to its right pass from 9 to 0.
"""

from __future__ import annotations

import csv
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulate.meters.model import Digit, Kind, Picture, Row
from training.sources import data_folder

Image = NDArray[np.uint8]
#: A folder needs so many photographs to be drawn from.
_FEWEST = 40
#: How far a drum that should stand still may be off, in tenths of a turn of one digit.
_SLACK = 0.11
#: No drum stands later than this: "4.9" is the label of one that shows 5 as often as of one that shows 4.
_LATEST = 0.75


@dataclass(frozen=True)
class Shelf:
    """The single digits of one folder: ``turns`` in 0–10, ``images`` BGR; ``tints``: their mean BGR."""

    name: str
    kind: Kind
    turns: NDArray[np.float64]
    images: tuple[Image, ...]
    tints: NDArray[np.float64]
    whole: bool  # labels are whole digits, not tenths


def shelves() -> list[Shelf]:
    """Every folder of single digits that is large enough."""
    folder = data_folder().parent / "meters" / "haverland_digits"
    with (folder / "manifest.csv").open() as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    found: dict[tuple[str, Kind, bool], list[tuple[float, Image]]] = defaultdict(list)
    with tarfile.open(folder / "images.tar.gz") as archive:
        for member in archive:
            row = rows.get(member.name.removeprefix("./"))
            handle = archive.extractfile(member) if row else None
            if row is None or handle is None:
                continue
            image = cv2.imdecode(np.frombuffer(handle.read(), np.uint8), cv2.IMREAD_COLOR)
            if image is None or min(image.shape[:2]) < 10:
                continue
            kind: Kind = "lcd" if row["display"] == "lcd" else "drum"
            key = (str(Path(member.name).parent), kind, "." not in row["label"])
            found[key].append((float(row["label"]), np.asarray(image, np.uint8)))
    return [
        Shelf(
            name,
            kind,
            np.array([turn for turn, _ in each]),
            tuple(image for _, image in each),
            np.array([image.reshape(-1, 3).mean(axis=0) for _, image in each]),
            whole,
        )
        for (name, kind, whole), each in sorted(found.items(), key=lambda item: item[0])
        if len(each) >= _FEWEST
    ]


def compose(shelf: Shelf, rng: np.random.Generator, digits: int, decimals: int) -> Picture | None:
    """A row of ``digits`` + ``decimals`` places from one shelf; None where it lacks a digit of that turn."""
    count = digits + decimals
    last = float(rng.uniform(0, 10)) if shelf.kind == "drum" and not shelf.whole else float(rng.integers(10))
    if shelf.kind == "drum" and last % 1.0 > _LATEST:
        last -= 1.0 - _LATEST
    figures = rng.integers(0, 10, count)
    if rng.random() < 0.5:
        figures[: int(rng.integers(0, count))] = 0
    if count > 1 and rng.random() < 0.25:
        last = 9.0 + float(rng.uniform(0.05, _LATEST)) if not shelf.whole else 9.0
        figures[max(0, count - 1 - int(rng.integers(0, 3))) : count - 1] = 9
    turns = [last]
    for figure in reversed(figures[:-1].tolist()):
        passing = max(0.0, turns[0] - 9.0) if not shelf.whole and shelf.kind == "drum" else 0.0
        turns.insert(0, figure + passing)
    height = 64
    anchor = int(rng.integers(len(shelf.images)))
    pieces: list[Image] = []
    for turn in turns:
        image = _pick(shelf, turn, anchor, rng)
        if image is None:
            return None
        aspect = float(np.clip(image.shape[1] / image.shape[0], 0.35, 1.1))
        pieces.append(_levelled(cv2.resize(image, (max(16, round(height * aspect)), height)), pieces))
    if rng.random() < 0.7:
        wide = round(float(np.median([piece.shape[1] for piece in pieces])))
        pieces = [np.asarray(cv2.resize(piece, (wide, height)), np.uint8) for piece in pieces]
    if decimals:
        pieces[digits:] = _reddened(pieces[digits:], rng)
    gap = int(rng.integers(0, 14)) if rng.random() < 0.6 else 0
    return _joined(shelf.kind, pieces, turns, digits, gap, rng)


def _pick(shelf: Shelf, turn: float, anchor: int, rng: np.random.Generator) -> Image | None:
    slack = 0.0 if shelf.whole else _SLACK
    away = np.abs((shelf.turns - turn + 5.0) % 10.0 - 5.0)
    fits = np.flatnonzero(away <= slack + 1e-6)
    if not len(fits):
        return None
    # Of the drums that fit, one of the like colour: a black drum beside black ones.
    order = np.argsort(np.linalg.norm(shelf.tints[fits] - shelf.tints[anchor], axis=1))
    fits = fits[order[: max(1, len(fits) // 4)]]
    return shelf.images[int(fits[rng.integers(len(fits))])]


def _levelled(piece: NDArray[np.generic], others: list[Image]) -> Image:
    """Half way to the brightness of the first: a row hangs in one light."""
    values = piece.astype(np.float32)
    if others:
        values += 0.6 * (float(others[0].mean()) - float(values.mean()))
    return np.clip(values, 0, 255).astype(np.uint8)


def _reddened(pieces: list[Image], rng: np.random.Generator) -> list[Image]:
    """The same drums as they look behind the mark: red where they were dark, or red digits on white."""
    dark = np.array([rng.uniform(10, 60), rng.uniform(10, 60), rng.uniform(120, 220)])
    light = np.array([rng.uniform(170, 240)] * 3)
    if rng.random() < 0.35:
        dark, light = light, dark
    out = []
    for piece in pieces:
        grey = piece.mean(axis=2, keepdims=True)
        low, high = np.percentile(grey, [5, 95])
        share = np.clip((grey - low) / max(float(high - low), 1.0), 0, 1)
        out.append(np.asarray(dark + (light - dark) * share, np.uint8))
    return out


def _joined(
    kind: Kind, pieces: list[Image], turns: list[float], digits: int, gap: int, rng: np.random.Generator
) -> Picture:
    height = pieces[0].shape[0]
    margin = height // 2
    width = sum(piece.shape[1] for piece in pieces) + gap * (len(pieces) - 1) + 2 * margin
    plate = np.array(pieces[0].reshape(-1, 3).mean(axis=0)) if rng.random() < 0.4 else rng.uniform(10, 245, 3)
    frame = np.array(pieces[0].reshape(-1, 3).mean(axis=0)) * float(rng.uniform(0.6, 1.1))
    image = np.empty((height + 2 * margin, width, 3), np.float32)
    image[:] = plate
    edge = int(rng.integers(0, margin - 4))
    image[margin - edge : margin + height + edge, margin - edge : width - margin + edge] = frame
    places: list[Digit] = []
    x = margin
    for k, (piece, turn) in enumerate(zip(pieces, turns, strict=True)):
        wide = piece.shape[1]
        image[margin : margin + height, x : x + wide] = piece
        quad = np.array([[x, 0], [x + wide, 0], [x + wide, height], [x, height]], np.float32)
        quad[:, 1] += margin
        places.append(Digit(str(int(turn + 1e-6) % 10), quad, turn % 1.0, k >= digits))
        x += wide + gap
    image += rng.normal(0, float(rng.uniform(0, 4)), image.shape).astype(np.float32)
    return Picture(np.clip(image, 0, 255).astype(np.uint8), (Row(kind, tuple(places)),))
