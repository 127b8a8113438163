"""Pictures with their truth in one file: JPEG bytes, and the rows as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from simulate.meters.model import Digit, Picture, Row

FOLDER = Path(__file__).parent.parent / "cache"


@dataclass(frozen=True)
class Stored:
    """One picture, not decoded yet. ``group``: the meter, folder or drawing that it comes from."""

    data: bytes
    rows: tuple[Row, ...]
    group: str

    def picture(self) -> Picture:
        """Decoded, with its truth."""
        image = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        return Picture(np.asarray(image, np.uint8), self.rows)


def encoded(picture: Picture, group: str, quality: int = 94) -> Stored:
    """A picture as it is kept."""
    ok, data = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError("cannot encode a picture")
    return Stored(data.tobytes(), picture.rows, group)


def write(path: Path, kept: Iterable[Stored]) -> int:
    """Write a file, whole or not at all; returns how many pictures it holds."""
    every = list(kept)
    truth = json.dumps([[each.group, [_row_out(row) for row in each.rows]] for each in every])
    draft = path.with_suffix(".part.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        draft,
        blob=np.frombuffer(b"".join(each.data for each in every), np.uint8),
        sizes=np.array([len(each.data) for each in every]),
        truth=np.frombuffer(truth.encode(), np.uint8),
    )
    draft.replace(path)
    return len(every)


def read(path: Path) -> list[Stored]:
    """Every picture of a file."""
    with np.load(path) as data:
        blob, sizes = data["blob"].tobytes(), data["sizes"]
        truth = json.loads(data["truth"].tobytes())
    ends = np.cumsum(sizes)
    return [
        Stored(blob[end - size : end], tuple(_row_in(row) for row in rows), group)
        for end, size, (group, rows) in zip(ends.tolist(), sizes.tolist(), truth, strict=True)
    ]


def _row_out(row: Row) -> list[object]:
    digits = [
        [digit.value, np.round(digit.quad, 2).ravel().tolist(), round(digit.turn, 3), digit.decimal]
        for digit in row.digits
    ]
    return [row.kind, row.means, row.tariff, digits]


def _row_in(row: list) -> Row:  # type: ignore[type-arg]
    kind, means, tariff, digits = row
    return Row(
        kind,
        tuple(
            Digit(value, np.array(quad, np.float32).reshape(4, 2), turn, decimal)
            for value, quad, turn, decimal in digits
        ),
        means,
        tariff,
    )
