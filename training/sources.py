"""The data sets as glyphs: every digit (or letter) as ink of a wanted height, with the group it belongs to.

Where the sets lie is told by METERDROP_DATA (default ../shared/data). Only sets whose licence permits
training go into a mix; ``usps`` is for measuring alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from simulate.strokes import Ink, Pen, Stroke, draw
from training.shapes import shape

#: Letters that most people draw as others draw a digit (0 3 6 1 0 6 4 4 7): seen in sheets of every class.
SAME_AS_DIGITS = frozenset("озбіөьчһғ")
#: ... and those that some do (3 2 1 2). Taught as no digit, either would only teach to distrust digits; these
#: count as false digits all the same.
LIKE_DIGITS = SAME_AS_DIGITS | frozenset("эглә")
_RASTERS = ("bhmsds", "semeion", "optdigits", "mnist", "mnist-test", "usps")
_FILES = {
    "optdigits": "optdigits_train",
    "mnist": "mnist_train",
    "mnist-test": "mnist_test",
    "usps": "usps_test",
}


def data_folder() -> Path:
    """The folder with ``handwriting/``; raises ``FileNotFoundError`` with what to do."""
    folder = Path(os.environ.get("METERDROP_DATA", "../shared/data")) / "handwriting"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no data under {folder}: set METERDROP_DATA to the folder that has handwriting/"
        )
    return folder


@dataclass(frozen=True)
class Source:
    """A set of glyphs: ``labels`` (N,) 0-9 (letters: 11), ``group`` (N,) their writers, and their ink.

    ``places``: (N,) where each stands in its file, where some of the file was left out. ``names``: (N,) the
    letters.
    """

    name: str
    labels: np.ndarray
    group: np.ndarray
    images: np.ndarray | None = None
    strokes: list[list[Stroke]] | None = None
    places: np.ndarray | None = None
    names: np.ndarray | None = None

    def ink(self, index: int, height: float, pen: Pen, rng: np.random.Generator) -> Ink:
        """Glyph ``index`` as coverage, about ``height`` pixels high, cropped to its ink."""
        if self.strokes is not None:
            strokes = self.strokes[index]
            if rng.random() < 0.05 and len(strokes) == 1 and len(strokes[0]) > 12:
                strokes = _lift(strokes[0], rng)
            return draw(strokes, height, pen, rng)
        if self.images is not None:
            return raster_ink(self.images[index], height, pen, rng)
        return draw(
            shape(int(self.labels[index]), rng, amount=float(rng.uniform(0.4, 1.6))), height, pen, rng
        )


def _lift(stroke: Stroke, rng: np.random.Generator) -> list[Stroke]:
    cut = int(rng.integers(4, len(stroke) - 4))
    gap = int(rng.integers(0, 3))
    return [stroke[:cut], stroke[cut + gap :]]


def raster_ink(
    image: np.ndarray, height: float, pen: Pen, rng: np.random.Generator, level: float | None = None
) -> Ink:
    """A small picture, dark ink on white -> coverage at another size, width of line and slant.

    ``level``: the share of a stroke's darkest where its edge is put, 0.28 (wide) to 0.58; random by
    default.
    """
    cov = 1.0 - image.astype(np.float32) / 255.0
    rows, columns = np.flatnonzero(cov.max(axis=1) > 0.3), np.flatnonzero(cov.max(axis=0) > 0.3)
    if not len(rows) or not len(columns):
        return np.zeros((3, 3), dtype=np.float32)
    cov = np.pad(cov[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 3)
    body = cov.shape[0] - 6
    scale = height / max(body, 0.5 * (cov.shape[1] - 6))
    slant = float(rng.normal(0.0, 0.1))
    turn = float(rng.normal(0.0, 0.05))
    stretch = float(np.exp(rng.normal(0.0, 0.1)))
    a = scale * np.array([[stretch, -slant], [0, 1.0]])
    a = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ a
    out_w = int(cov.shape[1] * scale * stretch + 0.5 * height + 4)
    out_h = int(cov.shape[0] * scale + 0.2 * height + 4)
    centre = np.array([cov.shape[1] - 1, cov.shape[0] - 1]) / 2
    shift = np.array([out_w, out_h]) / 2 - a @ centre
    big = cv2.warpAffine(cov, np.column_stack([a, shift]), (out_w, out_h), flags=cv2.INTER_CUBIC)
    soft = max(0.4, 0.45 * scale)
    big = cv2.GaussianBlur(big, (0, 0), soft)
    if level is None:
        level = float(rng.uniform(0.28, 0.58))
    # A thin stroke of a small picture is grey all along: an edge put above that would break it into dots.
    level *= min(1.0, _ridge(big, round(scale)) / 0.85)
    ink = np.clip((big - level) / 0.25 + 0.5, 0.0, 1.0)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.2), np.flatnonzero(ink.max(axis=0) > 0.2)
    if not len(rows) or not len(columns):
        return np.zeros((3, 3), dtype=np.float32)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(np.pad(ink * pen.darkness, 2), dtype=np.float32)


def _ridge(coverage: np.ndarray, step: int) -> float:
    """How dark the fainter parts of the strokes' middles are, 0-1; ``step``: pixels of the small picture."""
    side = 2 * max(1, step) + 1
    top = cv2.dilate(coverage, np.ones((side, side), np.uint8))
    middles = coverage[(coverage >= top - 1e-3) & (coverage > 0.2)]
    return float(np.percentile(middles, 15)) if len(middles) else 1.0


def load(name: str) -> Source:
    """``unipen``, ``bhmsds``, ``semeion``, ``optdigits``, ``mnist``, ``shapes``, ``letters``; to measure
    with alone ``mnist-test``, ``usps`` or ``every-letter``, those that are drawn like digits, too.
    """
    if name == "shapes":
        labels = np.tile(np.arange(10, dtype=np.uint8), 1000)
        return Source(name, labels, np.zeros(len(labels), dtype=np.int32))
    folder = data_folder()
    if name == "unipen":
        return _unipen(folder)
    if name in ("letters", "every-letter"):
        data = np.load(folder / "cyrillic_letters.npz", allow_pickle=False)
        names = data["classes"][data["labels"]]
        keep = np.array([name == "every-letter" or letter not in LIKE_DIGITS for letter in names])
        return Source(
            name,
            np.full(keep.sum(), 11, np.uint8),
            np.zeros(keep.sum(), np.int32),
            data["images"][keep],
            names=names[keep],
        )
    if name not in _RASTERS:
        raise ValueError(f"no source {name}; there are unipen, shapes, letters, {', '.join(_RASTERS)}")
    data = np.load(folder / f"{_FILES.get(name, name)}.npz", allow_pickle=False)
    images, labels = data["images"], data["labels"]
    group = data["writer"] if "writer" in data.files else np.zeros(len(labels), np.int32)
    return Source(name, labels, group, images)


def _unipen(folder: Path) -> Source:
    data = np.load(folder / "unipen_strokes.npz", allow_pickle=False)
    points, strokes_at, samples_at = data["stroke_points"], data["stroke_offsets"], data["sample_offsets"]
    glyphs: list[list[Stroke]] = []
    for i in range(len(data["labels"])):
        parts = [
            points[strokes_at[s] : strokes_at[s + 1]].astype(np.float64)
            for s in range(samples_at[i], samples_at[i + 1])
        ]
        glyphs.append(_upright([part for part in parts if len(part)]))
    whole = np.setdiff1d(np.arange(len(glyphs)), _fragments())
    return Source(
        "unipen",
        data["labels"][whole],
        data["writer"][whole],
        strokes=[glyphs[i] for i in whole],
        places=whole,
    )


def _fragments() -> np.ndarray:
    """Samples that are one stroke of their digit; see the file for how they were found."""
    return _listed("unipen_fragments.txt")


def illegible(source: str) -> np.ndarray:
    """Samples of fold 0 (``unipen``) or the test set (``mnist``), by place, that a person read otherwise."""
    return _listed(f"{source}_illegible.txt")


def _listed(name: str) -> np.ndarray:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return np.array([int(line.split()[0]) for line in lines if not line.startswith("#")])


def fold(group: np.ndarray) -> np.ndarray:
    """Unipen's writers in five folds, by id."""
    return (group.astype(np.int64) * 2654435761 >> 7) % 5


def _upright(strokes: list[Stroke]) -> list[Stroke]:
    """Height 1 em, top at 0."""
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    size = max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-6)
    return [(part - low) / size for part in strokes]
