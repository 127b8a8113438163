"""A small drawing surface with two backs: SVG text, and PNG through Pillow. Units are points, y down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from templates.printing.fonts import font_file

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
#: PNG pixels a point, and how much finer it is drawn before it is shrunk: Pillow does not smooth lines.
_SCALE, _FINER = 2, 3


class Canvas(Protocol):
    """What a chart draws on."""

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0, dash: float = 0.0) -> None:
        """A line through ``points``; ``dash``: length of its dashes, 0 for none."""
        ...

    def area(self, points: Sequence[Point], colour: str) -> None:
        """A filled polygon."""
        ...

    def dot(self, at: Point, radius: float, colour: str) -> None:
        """A filled circle."""
        ...

    def text(
        self,
        at: Point,
        text: str,
        size: float = 11.0,
        anchor: Anchor = "start",
        *,
        colour: str = "#222222",
        bold: bool = False,
        upwards: bool = False,
    ) -> None:
        """Text on the baseline ``at``; ``upwards`` turns it a quarter to the left."""
        ...

    def save(self, path: Path) -> None:
        """Write the file."""
        ...


def canvas(path: Path, width: float, height: float) -> Canvas:
    """The back for ``path``'s ending: ``.svg``, otherwise a PNG."""
    return Svg(width, height) if path.suffix.lower() == ".svg" else Png(width, height)


class Svg:
    """SVG 1.1 with text as text."""

    def __init__(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._parts: list[str] = []

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0, dash: float = 0.0) -> None:
        """See ``Canvas``."""
        dashes = f' stroke-dasharray="{dash:g}"' if dash else ""
        self._parts.append(
            f'<polyline points="{_points(points)}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
            f' stroke-linejoin="round"{dashes}/>'
        )

    def area(self, points: Sequence[Point], colour: str) -> None:
        """See ``Canvas``."""
        self._parts.append(f'<polygon points="{_points(points)}" fill="{colour}"/>')

    def dot(self, at: Point, radius: float, colour: str) -> None:
        """See ``Canvas``."""
        self._parts.append(f'<circle cx="{at[0]:.2f}" cy="{at[1]:.2f}" r="{radius:g}" fill="{colour}"/>')

    def text(
        self,
        at: Point,
        text: str,
        size: float = 11.0,
        anchor: Anchor = "start",
        *,
        colour: str = "#222222",
        bold: bool = False,
        upwards: bool = False,
    ) -> None:
        """See ``Canvas``."""
        turned = f' transform="rotate(-90 {at[0]:.2f} {at[1]:.2f})"' if upwards else ""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{at[0]:.2f}" y="{at[1]:.2f}" font-size="{size:g}" text-anchor="{anchor}"'
            f' fill="{colour}"{weight}{turned}>{escape(text)}</text>'
        )

    def save(self, path: Path) -> None:
        """See ``Canvas``."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" font-family="PT Sans, DejaVu Sans, Arial, sans-serif">'
        )
        paper = f'<rect width="{width:g}" height="{height:g}" fill="white"/>'
        path.write_text("\n".join((head, paper, *self._parts, "</svg>", "")), encoding="utf-8")


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


class Png:
    """A PNG of two pixels a point."""

    def __init__(self, width: float, height: float) -> None:
        self._scale = _SCALE * _FINER
        self._image = Image.new("RGB", (round(width * self._scale), round(height * self._scale)), "white")
        self._draw = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0, dash: float = 0.0) -> None:
        """See ``Canvas``."""
        thick = max(1, round(width * self._scale))
        for part in _dashes(points, dash) if dash else [points]:
            self._draw.line(self._pixels(part), fill=colour, width=thick, joint="curve")

    def area(self, points: Sequence[Point], colour: str) -> None:
        """See ``Canvas``."""
        self._draw.polygon(self._pixels(points), fill=colour)

    def dot(self, at: Point, radius: float, colour: str) -> None:
        """See ``Canvas``."""
        (x, y), r = self._pixels([at])[0], radius * self._scale
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def text(
        self,
        at: Point,
        text: str,
        size: float = 11.0,
        anchor: Anchor = "start",
        *,
        colour: str = "#222222",
        bold: bool = False,
        upwards: bool = False,
    ) -> None:
        """See ``Canvas``."""
        font = ImageFont.truetype(str(font_file("bold" if bold else "regular")), size * self._scale)
        x, y = self._pixels([at])[0]
        where = {"start": "l", "middle": "m", "end": "r"}[anchor]
        if not upwards:
            self._draw.text((x, y), text, fill=colour, font=font, anchor=where + "s")
            return
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        piece = Image.new("L", (round(right - left) + 2, round(bottom - top) + 2), 0)
        ImageDraw.Draw(piece).text((-left + 1, -top + 1), text, fill=255, font=font, anchor="ls")
        turned = piece.rotate(90, expand=True)
        above = {"l": turned.height, "m": turned.height / 2, "r": 0}[where]
        self._image.paste(colour, (round(x + top), round(y - above)), turned)

    def save(self, path: Path) -> None:
        """See ``Canvas``."""
        width, height = self._image.size
        small = self._image.resize((width // _FINER, height // _FINER), Image.Resampling.LANCZOS)
        small.save(path, format="PNG", optimize=True)

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]


def _dashes(points: Sequence[Point], dash: float) -> list[list[Point]]:
    """A line's dashes, each ``dash`` long with as much between them, round its corners too."""
    pieces: list[list[Point]] = []
    drawn, left = True, dash
    for (x0, y0), (x1, y1) in pairwise(points):
        length = max(math.hypot(x1 - x0, y1 - y0), 1e-9)
        at = 0.0
        while at < length:
            end = min(at + left, length)
            if drawn:
                pieces.append([(x0 + (x1 - x0) * t / length, y0 + (y1 - y0) * t / length) for t in (at, end)])
            left -= end - at
            if left <= 1e-9:
                drawn, left = not drawn, dash
            at = end
    return pieces
