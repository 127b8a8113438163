"""A cell as it comes out of a scanner or a phone: boxes, neighbours, dirt, light, and the cut of it.

``Scene`` draws labelled examples as cuts; ``training.cuts.prepared`` hands many of them at once through the
same preparation as at run time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ocr.cells.picture import views
from simulate.strokes import Ink, Pen, draw, lay, random_pen, vary
from training.cuts import Cut, Paper, cut_photo, cut_scan, jpeg, photo
from training.marks import blot, mark, side_by_side, stack, struck_out, written_over
from training.shapes import letter
from training.sources import Source

BLANK, OTHER = 10, 11
#: Paper around the cell that is drawn, in cells.
_AROUND = 0.5
#: A digit beneath another one shows this much beside it, as a share of that one's ink; so many are tried;
#: and the share of digits that are only gone over again.
_SHOWS, _TRIES, _AGAIN = 0.35, 6, 0.15


@dataclass(frozen=True)
class Conditions:
    """How badly a cell is written, printed, scanned and cut; chances are shares of examples.

    ``faint``: written fainter than pens write; ``spread``: how far off the middle digits stand, in cells;
    ``reach``: how far a neighbour's ink comes into the cell; ``boxes``: chances of a full, faded, dashed,
    comb-like and dropped-out box; ``misplaced``: standard deviation of the cut, in cells.
    """

    faint: float
    small: float
    spread: float
    neighbours: float
    reach: float
    boxes: tuple[float, float, float, float, float]
    shine: float
    stamps: float
    specks: float
    creases: float
    shadows: float
    one_bit: float
    noise: float
    misplaced: float


#: An ordinary slip or picture of a box, as most are.
PLAIN = Conditions(
    faint=0.02, small=0.05, spread=0.05, neighbours=0.6, reach=0.1, boxes=(0.8, 0.1, 0.0, 0.02, 0.08),
    shine=0.03, stamps=0.0, specks=0.05, creases=0.0, shadows=0.05, one_bit=0.05, noise=0.6, misplaced=0.015,
)  # fmt: skip
#: What goes wrong on paper, all of it more often than it does.
HARD = Conditions(
    faint=0.1, small=0.12, spread=0.07, neighbours=0.72, reach=0.32, boxes=(0.66, 0.14, 0.05, 0.05, 0.1),
    shine=0.1, stamps=0.05, specks=0.12, creases=0.05, shadows=0.2, one_bit=0.12, noise=1.0, misplaced=0.028,
)  # fmt: skip


class Scene:
    """Draws examples whose main ink comes from one source and whose neighbours come from ``around``."""

    def __init__(
        self, source: Source, letters: Source | None, around: Source, conditions: Conditions = HARD
    ) -> None:
        self.source = source
        self.letters = letters
        self.around = around
        self.conditions = conditions
        #: What ``other`` drew last: struck, letter and which, mark, two, over.
        self.drawn = ""
        self._pool: list[Ink] = []

    def digit(self, index: int, rng: np.random.Generator, picture: bool = False) -> tuple[Cut, int]:
        """Glyph ``index`` as written in a cell: (cut, class)."""
        pen = self._pen(rng)
        cell_w, cell_h = _cell(rng)
        height = self._height(rng) * cell_h
        ink = self.source.ink(index, height, pen, rng)
        ink = _fit(ink, cell_w, rng)
        return self._finish(ink, None, (cell_w, cell_h), pen, rng, picture), int(self.source.labels[index])

    def views(self, index: int, rng: np.random.Generator) -> list[Cut]:
        """Glyph ``index`` in a picture of its box alone: every view that is cut of it."""
        return views(photo(self.paper(index, rng), rng, self.conditions.shadows))

    def paper(self, index: int, rng: np.random.Generator) -> Paper:
        """Glyph ``index`` in its cell on paper, to be pictured alone."""
        pen = self._pen(rng)
        cell_w, cell_h = _cell(rng)
        ink = _fit(self.source.ink(index, self._height(rng) * cell_h, pen, rng), cell_w, rng)
        return self._paper(ink, None, (cell_w, cell_h), pen, rng, True)

    def other(self, index: int, rng: np.random.Generator, picture: bool = False) -> tuple[Cut, int]:
        """Something that is no digit, made with glyph ``index`` where it needs one.

        Where a second digit lies mostly outside, the cell owns the first alone: that digit's class. So it is
        where a digit was only gone over again.
        """
        pen = self._pen(rng)
        cell_w, cell_h = _cell(rng)
        height = self._height(rng) * cell_h
        kind = rng.choice(["struck", "letter", "mark", "two", "over"], p=[0.27, 0.24, 0.25, 0.09, 0.15])
        if kind == "letter" and self.letters is None:
            kind = "mark"
        self.drawn = str(kind)
        at: tuple[float, float] | None = None
        owned = OTHER
        if kind == "struck":
            ink = struck_out(self.source.ink(index, height, pen, rng), height, vary(pen, rng), rng)
            if rng.random() < 0.15:
                ink = stack(ink, blot(rng, height), int(rng.normal(0, 3)), int(rng.normal(0, 3)))
        elif kind == "letter" and self.letters is not None:
            if rng.random() < 0.35:
                ink = draw(letter(rng, float(rng.uniform(0.4, 1.4))), height, pen, rng)
            else:
                which = int(rng.integers(len(self.letters.labels)))
                ink = self.letters.ink(which, height, pen, rng)
                if self.letters.names is not None:
                    self.drawn = f"letter {self.letters.names[which]}"
            ink = _fit(ink, cell_w, rng)
        elif kind == "over":
            ink, owned = self._over(index, height, pen, rng)
            ink = _fit(ink, cell_w, rng)
        elif kind == "two":
            small = height * rng.uniform(0.5, 0.85)
            first = _narrow(self.source.ink(index, small, pen, rng), 0.5 * cell_w)
            second = _narrow(self._any(small, pen, rng), 0.5 * cell_w)
            ink, columns = side_by_side(first, second, rng)
            x = 0.5 + float(np.clip(rng.normal(0, 0.05), -0.08, 0.08))
            if rng.random() < 0.3:
                x, owned = _hanging_out(ink.shape[1], columns, cell_w, rng), int(self.source.labels[index])
            at = (x, 0.5 + _within(rng.normal(0, self.conditions.spread)))
        else:
            ink, at = mark(rng, cell_h, pen)
        return self._finish(ink, at, (cell_w, cell_h), pen, rng, picture, whole=True), owned

    def blank(self, rng: np.random.Generator, picture: bool = False) -> tuple[Cut, int]:
        """An empty cell, with specks, shine-through and bits of the neighbours."""
        return self._finish(None, None, _cell(rng), self._pen(rng), rng, picture), BLANK

    def _over(self, index: int, height: float, pen: Pen, rng: np.random.Generator) -> tuple[Ink, int]:
        """Glyph ``index`` written with force: over another digit that still shows, or over itself."""
        firm = replace(vary(pen, rng), width=pen.width * float(rng.uniform(0.9, 1.6)))
        second, right = self.source.ink(index, height, firm, rng), int(self.source.labels[index])
        for _ in range(_TRIES if rng.random() > _AGAIN else 0):
            other = int(rng.integers(len(self.source.labels)))
            first = self.source.ink(other, height * float(rng.uniform(0.8, 1.1)), pen, rng)
            ink, shows = written_over(first, second, rng)
            # A one over a nought is a slashed nought.
            if shows >= _SHOWS and {right, int(self.source.labels[other])} not in ({0, 1}, {right}):
                return ink, OTHER
        return written_over(self.source.ink(index, height, pen, rng), second, rng)[0], right

    def _any(self, height: float, pen: Pen, rng: np.random.Generator) -> Ink:
        """Some digit's ink; from a pool that is renewed slowly, for neighbours are only seen at the edge."""
        if len(self._pool) < 300 or rng.random() < 0.05:
            fresh = self.around.ink(int(rng.integers(len(self.around.labels))), 48.0, pen, rng)
            if len(self._pool) >= 300:
                self._pool.pop(int(rng.integers(300)))
            self._pool.append(fresh)
        ink = self._pool[int(rng.integers(len(self._pool)))]
        size = (max(3, round(ink.shape[1] * height / 50)), max(3, round(ink.shape[0] * height / 50)))
        return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), dtype=np.float32)

    def _finish(
        self,
        ink: Ink | None,
        at: tuple[float, float] | None,
        cell: tuple[int, int],
        pen: Pen,
        rng: np.random.Generator,
        picture: bool,
        *,
        whole: bool = False,
    ) -> Cut:
        paper = self._paper(ink, at, cell, pen, rng, picture)
        if picture:
            return cut_photo(paper, rng, self.conditions.shadows, whole=whole)
        return cut_scan(paper, rng, self.conditions.misplaced)

    def _pen(self, rng: np.random.Generator) -> Pen:
        pen = random_pen(rng)
        if rng.random() < self.conditions.faint:
            pen = replace(pen, shade=int(rng.integers(140, 195)), grain=float(rng.uniform(0.0, 0.4)))
        return pen

    def _height(self, rng: np.random.Generator) -> float:
        """Height of writing, in cell heights."""
        kind = rng.random()
        if kind < self.conditions.small:
            return float(rng.uniform(0.3, 0.5))
        if kind < 1 - 0.8 * self.conditions.small:
            return float(np.clip(rng.normal(0.68, 0.12), 0.45, 0.95))
        return float(rng.uniform(0.95, 1.2))

    def _paper(
        self,
        ink: Ink | None,
        at: tuple[float, float] | None,
        cell: tuple[int, int],
        pen: Pen,
        rng: np.random.Generator,
        picture: bool,
    ) -> Paper:
        cell_w, cell_h = cell
        how = self.conditions
        x0, y0 = round(_AROUND * cell_w), round(_AROUND * cell_h)
        shade = int(rng.integers(205, 256))
        grey = np.full((cell_h + 2 * y0, cell_w + 2 * x0), shade, dtype=np.uint8)
        pen, contrast = _visible(pen, shade, 60.0 if picture else 38.0)
        gap = 0.0 if rng.random() < 0.5 else rng.uniform(0.05, 0.3) * cell_w
        if rng.random() < how.shine:
            back = self._any(0.7 * cell_h, pen, rng)[:, ::-1] * rng.uniform(0.05, 0.2)
            _put(grey, cv2.GaussianBlur(back, (0, 0), 1.0), rng.uniform(0, 1, 2) * grey.shape[::-1], 60)
        boxes(grey, (x0, y0, cell_w, cell_h), gap, rng, how.boxes)
        for side in (-1, 1):
            if rng.random() < (0.25 if picture else how.neighbours):
                next_pen = vary(pen, rng)
                other = _fit(self._any(self._height(rng) * cell_h, next_pen, rng), cell_w, rng)
                x = x0 + cell_w / 2 + side * (cell_w + gap) + rng.normal(0, 0.1) * cell_w
                reach = min(0.2, how.reach) if ink is None else how.reach
                edge = (x0 + reach * cell_w) if side < 0 else (x0 + (1 - reach) * cell_w)
                half = other.shape[1] / 2
                x = min(x, edge - half) if side < 0 else max(x, edge + half)
                _put(grey, other, (x, y0 + cell_h / 2 + rng.normal(0, 0.08) * cell_h), pen.shade)
        if ink is not None:
            if at is None:
                spread = how.spread if rng.random() < 0.85 else 2.3 * how.spread
                at = (0.5 + _within(rng.normal(0, spread)), 0.5 + _within(rng.normal(0, spread)))
            _put(grey, ink, (x0 + at[0] * cell_w, y0 + at[1] * cell_h), pen.shade)
        if rng.random() < how.stamps:
            _stamp(grey, cell_h, rng)
        return Paper(_dirt(grey, cell_h, contrast, rng, how), (x0, y0, cell_w, cell_h), contrast)


def boxes(
    grey: np.ndarray,
    box: tuple[int, int, int, int],
    gap: float,
    rng: np.random.Generator,
    chances: tuple[float, ...] = HARD.boxes,
) -> None:
    """Print the cell's box and its neighbours' in place: full, faded, dashed, comb-like or dropped out."""
    x0, y0, w, h = box
    style = rng.choice(["full", "faded", "dashed", "comb", "none"], p=chances)
    if style == "none":
        return
    shade = int(rng.integers(170, 232)) if style == "faded" else int(rng.integers(0, 170))
    thick = max(1, round(rng.uniform(0.012, 0.06) * min(w, h)))
    layer = np.full_like(grey, 255)
    step = w + gap
    for k in (-1, 0, 1):
        left = round(x0 + k * step)
        if style == "comb":
            cv2.line(layer, (left, y0 + h), (left + w, y0 + h), shade, thick)
            cv2.line(layer, (left, y0 + h), (left, y0 + h - round(0.35 * h)), shade, thick)
            cv2.line(layer, (left + w, y0 + h), (left + w, y0 + h - round(0.35 * h)), shade, thick)
        else:
            cv2.rectangle(layer, (left, y0), (left + w, y0 + h), shade, thick)
    if style == "dashed":
        period = max(3, round(rng.uniform(0.06, 0.2) * h))
        y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
        layer[((x + y) // period) % 2 == 0] = 255
    elif rng.random() < 0.1:
        holes = cv2.resize(rng.random((5, 5)).astype(np.float32), grey.shape[::-1])
        layer[holes > rng.uniform(0.55, 0.8)] = 255
    np.minimum(grey, layer, out=grey)


def _hanging_out(wide: int, columns: tuple[int, int], cell_w: int, rng: np.random.Generator) -> float:
    """Where ink ``wide`` pixels wide must stand (x of its middle, in cells) so that most of what is in these
    columns lies outside the cell.
    """
    start, end = columns
    inside = rng.uniform(0.0, 0.35) * (end - start)
    left = inside - end if start == 0 else cell_w - inside - start
    return float((left + wide / 2) / cell_w)


def _within(shift: float, limit: float = 0.24) -> float:
    return float(np.clip(shift, -limit, limit))


def _visible(pen: Pen, paper: int, least: float) -> tuple[Pen, float]:
    """The pen made dark enough to be seen at all on this paper, and its contrast in grey levels."""
    strength = paper * pen.darkness * (1 - 0.5 * pen.grain)
    contrast = strength * (1 - pen.shade / 255)
    if contrast < least:
        pen = replace(pen, shade=max(0, int(255 * (1 - least / strength))))
    return pen, max(contrast, least)


def _dirt(
    grey: np.ndarray, cell: int, contrast: float, rng: np.random.Generator, how: Conditions
) -> np.ndarray:
    """Scanner's blur, noise, specks, JPEG or 1-bit."""
    if rng.random() < how.specks:
        for _ in range(int(rng.integers(1, 6))):
            at = rng.uniform(0, 1, 2) * grey.shape[::-1]
            cv2.circle(
                grey,
                (int(at[0]), int(at[1])),
                int(rng.integers(0, max(1, cell // 35) + 1)),
                int(rng.integers(30, 160)),
                -1,
            )
    values = grey.astype(np.float32)
    if rng.random() < how.creases:
        values = values * _crease(values.shape, cell, rng)
    if rng.random() < 0.7:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 0.022 * how.noise * cell + 0.35))
    if rng.random() < 0.15:
        y, x = np.mgrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
        values = values * (
            1 - rng.uniform(0, 0.3) * (1 + x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)) / 2
        )
    sigma = min(rng.gamma(1.5, 2.2) * how.noise, 0.17 * contrast)
    values = values + rng.normal(0, 1, values.shape).astype(np.float32) * sigma
    out = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < how.one_bit:
        level = float(np.percentile(out, 90)) - contrast * rng.uniform(0.3, 0.65)
        return np.where(out > level, 255, 0).astype(np.uint8)
    return jpeg(out, rng, 0.4)


def _crease(shape: tuple[int, ...], cell: int, rng: np.random.Generator) -> np.ndarray:
    """A fold through the cell: worn along the line, in shadow on one side of it."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    along, across = (x, y) if rng.random() < 0.6 else (y, x)
    line = rng.uniform(0.1, 0.9) * across.max() + rng.normal(0, 0.03) * (along - along.mean())
    distance = (across - line) / cell
    shadow = 1 - rng.uniform(0.05, 0.22) * np.exp(-np.abs(distance) / rng.uniform(0.2, 0.8)) * (distance >= 0)
    worn = 1 - rng.uniform(-0.1, 0.35) * np.exp(-((distance / 0.03) ** 2))
    return np.asarray(shadow * worn, dtype=np.float32)


def _stamp(grey: np.ndarray, cell: int, rng: np.random.Generator) -> None:
    """The arc of a round stamp or a signature's loop across the cell; lighter than ink."""
    layer = np.zeros(grey.shape, dtype=np.float32)
    centre = (rng.uniform(-0.8, 1.8, 2) * grey.shape[::-1]).astype(int)
    radius = int(rng.uniform(0.8, 2.5) * cell)
    thick = max(1, round(rng.uniform(0.02, 0.07) * cell))
    cv2.circle(layer, centre.tolist(), radius, float(rng.uniform(0.2, 0.6)), thick, cv2.LINE_AA)
    lay(grey, layer, 0, 0, int(rng.integers(40, 140)))


def _cell(rng: np.random.Generator) -> tuple[int, int]:
    """Width and height in pixels of a 5-10 mm cell at 150-300 dpi."""
    width = float(np.exp(rng.uniform(np.log(30), np.log(90))))
    ratio = 1.0 if rng.random() < 0.3 else float(rng.uniform(1.0, 1.5))
    return round(width), round(width * ratio)


def _fit(ink: Ink, cell_w: int, rng: np.random.Generator) -> Ink:
    """People write narrower where cells are narrow: at most about a cell wide."""
    return _narrow(ink, cell_w * float(rng.uniform(0.75, 1.1)))


def _narrow(ink: Ink, limit: float) -> Ink:
    if ink.shape[1] <= limit:
        return ink
    factor = limit / ink.shape[1]
    tall = factor if factor < 0.7 else (1 + factor) / 2
    size = (max(3, round(ink.shape[1] * factor)), max(3, round(ink.shape[0] * tall)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _put(grey: np.ndarray, ink: Ink, centre: tuple[float, float] | np.ndarray, shade: int) -> None:
    """Lay ink with its middle at ``centre`` (x, y)."""
    lay(grey, ink, round(centre[0] - ink.shape[1] / 2), round(centre[1] - ink.shape[0] / 2), shade)
