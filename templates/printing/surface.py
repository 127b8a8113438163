"""A ReportLab canvas measured in millimetres from the top left, with black ink (K) only."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import CMYKColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from templates.art import FontStyle
from templates.model import Box
from templates.printing import fonts

Point = tuple[float, float]


class Surface:
    """Draws on one slip; ``height_mm`` is the slip's. Lengths in millimetres, ``ink`` 0-1 of black."""

    def __init__(self, canvas: Canvas, height_mm: float) -> None:
        self._canvas = canvas
        self._height = height_mm

    def _y(self, y_mm: float) -> float:
        return (self._height - y_mm) * mm

    def line(
        self, start: Point, end: Point, weight_mm: float, ink: float, *, round_ends: bool = False
    ) -> None:
        """A straight line."""
        self._stroke(weight_mm, ink, round_ends)
        self._canvas.line(start[0] * mm, self._y(start[1]), end[0] * mm, self._y(end[1]))

    def frame(self, box: Box, weight_mm: float, ink: float) -> None:
        """A rectangle's outline, its line centred on the edge."""
        self._stroke(weight_mm, ink, False)
        self._canvas.rect(box.x_mm * mm, self._y(box.bottom_mm), box.w_mm * mm, box.h_mm * mm)

    def fill(self, boxes: Sequence[Box], ink: float = 1.0) -> None:
        """Filled rectangles, as one path so that no hairline shows between neighbours."""
        path = self._canvas.beginPath()
        for box in boxes:
            path.rect(box.x_mm * mm, self._y(box.bottom_mm), box.w_mm * mm, box.h_mm * mm)
        self._canvas.setFillColor(CMYKColor(0, 0, 0, ink))
        self._canvas.drawPath(path, stroke=0, fill=1)

    def disc(self, centre: Point, radius_mm: float, ink: float) -> None:
        """A filled circle."""
        self._canvas.setFillColor(CMYKColor(0, 0, 0, ink))
        self._canvas.circle(centre[0] * mm, self._y(centre[1]), radius_mm * mm, stroke=0, fill=1)

    def curve(self, points: Sequence[Point], weight_mm: float, ink: float) -> None:
        """A smooth stroke through ``points`` (a Catmull-Rom spline, as Bézier curves)."""
        self._stroke(weight_mm, ink, True)
        path = self._canvas.beginPath()
        path.moveTo(points[0][0] * mm, self._y(points[0][1]))
        for i in range(len(points) - 1):
            before, start = points[max(i - 1, 0)], points[i]
            end, after = points[i + 1], points[min(i + 2, len(points) - 1)]
            first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
            second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
            path.curveTo(
                first[0] * mm,
                self._y(first[1]),
                second[0] * mm,
                self._y(second[1]),
                end[0] * mm,
                self._y(end[1]),
            )
        self._canvas.drawPath(path, stroke=1, fill=0)

    def text(self, text: str, at: Point, style: FontStyle, size_pt: float, ink: float = 1.0) -> None:
        """A line of text; ``at`` is the left end of its baseline."""
        self._canvas.setFillColor(CMYKColor(0, 0, 0, ink))
        self._canvas.setFont(fonts.NAMES[style], size_pt)
        self._canvas.drawString(at[0] * mm, self._y(at[1]), text)

    def _stroke(self, weight_mm: float, ink: float, round_ends: bool) -> None:
        self._canvas.setStrokeColor(CMYKColor(0, 0, 0, ink))
        self._canvas.setLineWidth(weight_mm * mm)
        self._canvas.setLineCap(1 if round_ends else 0)
        self._canvas.setLineJoin(1 if round_ends else 0)
