"""Letters and figures from whatever fonts this machine has, as masks.

Only families with a free licence (OFL, Apache, Bitstream Vera, EPL) are taken from the system's font folders,
so that what is rendered with them may train shipped weights. PT Sans comes with the application itself, so
that there is always one.
"""

from __future__ import annotations

import importlib.resources
import re
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]
Figures = tuple[Mask, ...]

FIGURE_HEIGHT = 96
_FOLDERS = (Path("/usr/share/fonts/truetype"), Path("/usr/share/fonts/opentype"))
_FAMILIES = frozenset({
    "b612", "bebas-neue", "cabin", "cantarell", "dejavu", "dosis", "firacode", "inconsolata", "inter",
    "jetbrains-mono", "jura", "karla", "lato", "league-mono", "liberation", "liberation2", "manrope",
    "national-park", "open-sans", "opendin", "paratype", "play", "quicksand", "roboto", "routed-gothic",
})  # fmt: skip
_NOTO = re.compile(r"Noto(Sans|Serif|SansMono|SansDisplay|SerifDisplay)-")
_SLANTED = re.compile(r"italic|oblique", re.IGNORECASE)
_UNFIT = re.compile(r"outline|math|thin", re.IGNORECASE)


@cache
def families() -> tuple[tuple[Path, ...], ...]:
    """The font files that may be used, by family, sorted: a seed draws the same on the same machine."""
    found: dict[str, list[Path]] = {}
    for folder in _FOLDERS:
        for family in sorted(folder.glob("*")):
            if family.name in _FAMILIES or family.name == "noto":
                for path in sorted(family.rglob("*.[to]tf")):
                    if not _UNFIT.search(path.name) and (family.name != "noto" or _NOTO.match(path.name)):
                        found.setdefault(family.name, []).append(path)
    return tuple(tuple(paths) for _, paths in sorted(found.items())) or (_packaged(),)


def _packaged() -> tuple[Path, ...]:
    root = importlib.resources.files("fontpkg_pt_sans")
    return tuple(sorted(Path(str(root)).rglob("*.[to]tf")))


def text_face(rng: np.random.Generator) -> Path:
    """A face that holds Cyrillic and Latin letters; every family is equally likely."""
    for _ in range(50):
        path = _any_face(rng)
        if _has_cyrillic(path):
            return path
    return _packaged()[-1]


def digit_face(rng: np.random.Generator) -> Path:
    """A face whose figures are upright, all of one height and neither hair-thin nor clotted."""
    for _ in range(50):
        path = _any_face(rng)
        if not _SLANTED.search(path.name) and _even(path):
            return path
    return _packaged()[-1]


def _any_face(rng: np.random.Generator) -> Path:
    every = families()
    family = every[int(rng.integers(len(every)))]
    return family[int(rng.integers(len(family)))]


@lru_cache(maxsize=512)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has_cyrillic(path: Path) -> bool:
    font = _font(path, 24)
    return bytes(font.getmask("Ж")) != bytes(font.getmask("\uffff")) and bytes(font.getmask("ч")) != b""


@cache
def figures(path: Path) -> Figures:
    """The digits 0–9 of a face, each cropped to its width and scaled to one height of ``FIGURE_HEIGHT``."""
    font = _font(path, 120)
    boxes = [font.getbbox(character) for character in "0123456789"]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    masks = []
    for character, box in zip("0123456789", boxes, strict=True):
        image = Image.new("L", (int(box[2] - box[0]) + 2, int(bottom - top)))
        ImageDraw.Draw(image).text((1 - box[0], -top), character, font=font, fill=255)
        mask = np.asarray(image, np.uint8)
        width = max(round(mask.shape[1] * FIGURE_HEIGHT / mask.shape[0]), 4)
        masks.append(cv2.resize(mask, (width, FIGURE_HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8))
    return tuple(masks)


@cache
def _even(path: Path) -> bool:
    masks = figures(path)
    for mask in masks:
        rows = np.flatnonzero(mask.max(axis=1) > 100)
        if len(rows) == 0 or len(rows) < 0.88 * FIGURE_HEIGHT:
            return False
    eight = float(masks[8].mean()) / 255.0
    return 0.25 < eight < 0.72


@lru_cache(maxsize=4096)
def text(words: str, path: Path, size: int) -> Mask:
    """One line of text as a mask, cropped to its ink; ``size`` is the em in pixels."""
    font = _font(path, max(size, 4))
    box = font.getbbox(words)
    width, height = max(int(box[2] - box[0]), 1) + 2, max(int(box[3] - box[1]), 1) + 2
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).text((1 - box[0], 1 - box[1]), words, font=font, fill=255)
    return np.asarray(image, np.uint8)
