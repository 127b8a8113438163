"""How right the finder and the reader are on photographs of meters that a run did not see."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import cv2
import numpy as np

from ocr.meters.decode import decode
from ocr.meters.finder import Finder
from ocr.meters.reader import MeterReader, StripReader
from ocr.meters.strip import cut
from training.meters.read_train import gathered
from training.meters.strips import jittered
from training.sources import data_folder


@dataclass(frozen=True)
class Outcome:
    """One photograph: what it shows and what was read; ``overlap`` of the quads, ``turned``: wrong way up."""

    group: str
    truth: str
    value: str
    decimals: str
    confidence: float
    overlap: float
    turned: bool
    seconds: float

    @property
    def right(self) -> bool:
        """The digits before the mark are the true ones, as far as they are known."""
        return len(self.truth) == len(self.value) and all(
            a in ("?", b) for a, b in zip(self.truth, self.value, strict=True)
        )


def strips(reader: StripReader, name: str, seed: int = 1) -> list[Outcome]:
    """The reader alone on displays whose corners are known (moved a little at random)."""
    rng = np.random.default_rng(seed)
    out = []
    for stored in gathered(f"strip-{name}"):
        picture = stored.picture()
        row = picture.rows[0]
        if not set(row.value) - {"?"}:
            continue
        decoded = decode(reader.frames(cut(picture.image, jittered(row.quad, rng, 0.6))))
        best = decoded.texts[0] if decoded.texts else None
        value, decimals = (best.value, best.decimals) if best else ("", "")
        out.append(Outcome(stored.group, row.value, value, decimals, decoded.confidence, 1.0, False, 0.0))
    return out


def photos(reader: MeterReader, name: str, most: int | None = None, turn: int = 0) -> list[Outcome]:
    """Whole photographs, finder and reader; ``turn``: quarter turns before."""
    out = []
    for stored in gathered(f"photo-{name}")[:most]:
        picture = stored.picture()
        row = picture.rows[0]
        image = np.ascontiguousarray(np.rot90(picture.image, turn))
        read = reader.read(image)
        best = read.displays[0] if read.displays else None
        overlap, turned = 0.0, False
        if best is not None and turn == 0:
            quad = np.array(best.quad, np.float32)
            overlap = overlap_of(quad, row.quad)
            turned = float((quad[1] - quad[0]) @ (row.quad[1] - row.quad[0])) < 0
        out.append(
            Outcome(
                stored.group,
                row.value,
                best.value if best else "",
                best.decimals if best else "",
                best.confidence if best else 0.0,
                overlap,
                turned,
                read.seconds,
            )
        )
    return out


def screens(reader: MeterReader, name: str) -> list[Outcome]:
    """LCD panels of which only the digits are known, in one line or two: right is all of one line."""
    folder = data_folder().parent / "meters" / name
    out = []
    with (folder / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        image = cv2.imread(str(folder / row["path"]))
        read = reader.read(np.asarray(image, np.uint8))
        best = read.displays[0] if read.displays else None
        value = best.value + best.decimals if best else ""
        lines = [line.replace(".", "") for line in row["label"].split()]
        truth = value if value in lines else lines[0]
        confidence = best.confidence if best else 0.0
        out.append(Outcome(row["path"], truth, value, "", confidence, 1.0, False, read.seconds))
    return out


def hidden(reader: MeterReader, names: tuple[str, ...]) -> list[float]:
    """Photographs whose display is painted over: how sure of a reading the reader is all the same.

    Crops that show little else are left out.
    """
    out = []
    for stored in (each for name in names for each in gathered(f"photo-{name}")):
        picture = stored.picture()
        quad = picture.rows[0].quad
        grown = quad.mean(axis=0) + (quad - quad.mean(axis=0)) * 1.5
        mask = np.zeros(picture.image.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(grown).astype(np.int32), 255)
        if mask.mean() > 0.3 * 255:
            continue
        image = np.asarray(cv2.inpaint(picture.image, mask, 3, cv2.INPAINT_TELEA), np.uint8)
        read = reader.read(image)
        readings = [each.confidence for each in read.displays if each.means == "reading"]
        out.append(max(readings, default=0.0))
    return out


def found(finder: Finder, name: str, most: int | None = None) -> list[tuple[str, float, bool]]:
    """The finder alone: group, overlap of its best row with the true one, wrong way up."""
    out = []
    for stored in gathered(f"photo-{name}")[:most]:
        picture = stored.picture()
        true = picture.rows[0].quad
        rows = finder.find(picture.image)
        overlap = overlap_of(rows[0].quad, true) if rows else 0.0
        turned = bool(rows) and float((rows[0].quad[1] - rows[0].quad[0]) @ (true[1] - true[0])) < 0
        out.append((stored.group, overlap, turned))
    return out


def overlap_of(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two convex quads (4, 2)."""
    first, second = cv2.convexHull(one.astype(np.float32)), cv2.convexHull(other.astype(np.float32))
    common, _ = cv2.intersectConvexConvex(first, second)
    union = cv2.contourArea(first) + cv2.contourArea(second) - common
    return float(common) / max(float(union), 1e-6)
