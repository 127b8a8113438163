"""The known forms' print: pictures of the blanks, what on them is print, and their features."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms.cutting import warp
from ocr.forms.markerless.features import FEATURE_DPI, Features, features_of
from ocr.forms.settings import Grey
from templates.model import Box, Template

#: Resolution of the pictures that patches are compared at: 0.25 mm a pixel, and peaks are found between them.
BLANK_DPI = 100.0
#: What is left of a field's border when its inside is taken out (mm).
_BORDER_MM = 0.7
#: How much more than its box a customer's code may take (mm).
_STRAYS_MM = 1.0
#: Counts up when what is kept in the cache changes its meaning.
_VERSION = 4


@dataclass(frozen=True, eq=False)
class Blank:
    """One form as it is printed.

    ``grey``: uint8 at ``BLANK_DPI``, the form's page; ``writing``: bool of its shape, where people write, and
    what is there on the picture is not the form's; ``features`` lie in slip millimetres.
    """

    template: Template
    grey: Grey
    writing: NDArray[np.bool_]
    features: Features


def load_blank(template: Template, cache: Path | None = None) -> Blank:
    """The form's blank, from the cache where it is known.

    ``cache``: a folder; what cannot be kept there is made anew each time. Raises ``ValueError`` for a picture
    that cannot be opened.
    """
    changed = 0 if template.reference is None else template.reference.stat().st_mtime_ns
    return _load(template, cache, changed)


@lru_cache(maxsize=64)
def _load(template: Template, cache: Path | None, changed: int) -> Blank:
    path = None if cache is None else cache / f"{_fingerprint(template)}.npz"
    if path is not None:
        known = _kept(template, path)
        if known is not None:
            return known
    made = make_blank(
        template, _reference(template) if template.reference is not None else _rendered(template)
    )
    if path is not None:
        _keep(made, path)
    return made


def make_blank(template: Template, grey: Grey) -> Blank:
    """The blank of a form from its picture at any resolution: uint8, its whole area the form's page."""
    to_px = np.diag([grey.shape[1] / template.width_mm, grey.shape[0] / template.height_mm, 1.0])
    # Pixel centres: the corner of the page is half a pixel before the first one's.
    to_px[:2, 2] = -0.5
    found = features_of(warp(grey, to_px, template, FEATURE_DPI))
    mm = (found.places + 0.5) * 25.4 / FEATURE_DPI
    found = Features(mm, found.sizes * 25.4 / FEATURE_DPI, found.angles, found.words)
    inside = np.array([_written_on(template, x, y) for x, y in mm], dtype=np.bool_).reshape(-1)
    small = warp(grey, to_px, template, BLANK_DPI)
    writing = writing_areas(template, BLANK_DPI / 25.4, (small.shape[1], small.shape[0]))
    return Blank(template, small, writing, found.only(~inside))


def writing_areas(template: Template, scale: float, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where a form's fields are written in; ``scale``: pixels a millimetre; ``size``: (width, height)."""
    mask = np.zeros((size[1], size[0]), dtype=np.bool_)
    for box in _changing(template):
        rows = slice(max(0, round(box.y_mm * scale)), max(0, round(box.bottom_mm * scale)))
        mask[rows, max(0, round(box.x_mm * scale)) : max(0, round(box.right_mm * scale))] = True
    return mask


def _changing(template: Template) -> list[Box]:
    """What differs from slip to slip: the insides of fields, and what is printed for each customer."""
    boxes = [box.grown(-_BORDER_MM) for field in template.fields for box in field.cells or (field.box,)]
    if template.code is not None:
        boxes += [template.code.qr.grown(_STRAYS_MM), template.code.text.grown(_STRAYS_MM)]
    return boxes


def _written_on(template: Template, x: float, y: float) -> bool:
    spot = Box(x - 0.01, y - 0.01, 0.02, 0.02)
    return any(box.overlaps(spot) for box in _changing(template))


def _rendered(template: Template) -> Grey:
    from templates.printing import picture

    return np.asarray(picture(template, 2 * BLANK_DPI).convert("L"), dtype=np.uint8)


def _reference(template: Template) -> Grey:
    assert template.reference is not None
    data = np.frombuffer(template.reference.read_bytes(), dtype=np.uint8)
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError(f"{template.reference} is no picture that can be opened; save it again as PNG")
    return np.asarray(grey, dtype=np.uint8)


def _fingerprint(template: Template) -> str:
    """Everything that the blank is made from, as a file name."""
    digest = hashlib.sha256(f"{_VERSION} {template!r}".encode())
    if template.reference is not None:
        digest.update(template.reference.read_bytes())
    return digest.hexdigest()[:40]


def _kept(template: Template, path: Path) -> Blank | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            features = Features(kept["places"], kept["sizes"], kept["angles"], kept["words"])
            return Blank(template, kept["grey"], kept["writing"], features)
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _keep(blank: Blank, path: Path) -> None:
    """Written beside its name and renamed: several processes may do so at once."""
    features = blank.features
    draft = path.with_name(f"{path.stem}.{hashlib.sha256(str(id(blank)).encode()).hexdigest()[:8]}.tmp.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            draft,
            grey=blank.grey,
            writing=blank.writing,
            places=features.places,
            sizes=features.sizes,
            angles=features.angles,
            words=features.words,
        )
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
