"""The page tree of a PDF, walked within bounds: loops, repetitions and lost branches included."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.pdf_content import Box

INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_DEEPEST = 64
_A4: Box = (0.0, 0.0, 595.28, 841.89)


@dataclass(frozen=True)
class Leaf:
    """One page: its dictionary (None where the file lost it) and what it inherits."""

    page: Any
    inherited: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any:
        """An attribute of the page, its own or inherited, or None."""
        value = self.page.get(key)
        return value if value is not None else self.inherited.get(key)

    @property
    def box(self) -> Box:
        """The visible box in points; A4 where the file's is unusable."""
        media = _box(self.get("/MediaBox")) or _A4
        crop = _box(self.get("/CropBox")) or media
        cut = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
        return cut if cut[0] < cut[2] and cut[1] < cut[3] else media

    @property
    def rotate(self) -> int:
        """Degrees clockwise, 0-359; 0 where the file's is unusable."""
        try:
            return int(self.get("/Rotate") or 0) % 360
        except (TypeError, ValueError):
            return 0

    @property
    def unit(self) -> float:
        """Points a unit of user space."""
        try:
            unit = float(self.page.get("/UserUnit", 1))
        except (TypeError, ValueError):
            return 1.0
        return unit if 0.01 <= unit <= 100 else 1.0


def leaves(pdf: pikepdf.Pdf, lost: int, most: int) -> list[Leaf]:
    """The pages in order, then ``lost`` ones that the file names and does not hold.

    Raises ``too_many_pages`` beyond ``most``, ``corrupt_file`` if there is none.
    """
    root: Any = pdf.trailer.get("/Root")
    top: Any = root.get("/Pages") if _is_dictionary(root) else None
    walk = _Walk(most)
    if _is_dictionary(top):
        walk.down(top, {}, 0)
    for _ in range(lost):
        walk.add(Leaf(None))
    if not walk.found:
        raise InputError(Reason.CORRUPT_FILE, "no page can be found in this PDF; scan or send it again")
    return walk.found


class _Walk:
    def __init__(self, most: int) -> None:
        self.found: list[Leaf] = []
        self._most = most
        self._seen: set[tuple[int, int]] = set()

    def down(self, node: Any, above: dict[str, Any], depth: int) -> None:
        kids: Any = node.get("/Kids")
        if kids is None:
            self.add(Leaf(node, above))
            return
        if node.objgen in self._seen or depth > _DEEPEST:
            return  # a loop: its pages are counted already
        if node.is_indirect:
            self._seen.add(node.objgen)
        inherited = above | {key: node[key] for key in INHERITED if key in node}
        for kid in kids:
            if _is_dictionary(kid):
                self.down(kid, inherited, depth + 1)
            else:
                self.add(Leaf(None))

    def add(self, leaf: Leaf) -> None:
        self.found.append(leaf)
        if len(self.found) > self._most:
            raise InputError(Reason.TOO_MANY_PAGES, f"more than {self._most} pages; split the file")


def _box(value: Any) -> Box | None:
    try:
        x0, y0, x1, y1 = (float(number) for number in value)
    except (TypeError, ValueError):
        return None
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    usable = all(math.isfinite(number) for number in box) and box[2] - box[0] > 1 and box[3] - box[1] > 1
    return box if usable else None


def _is_dictionary(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary)
