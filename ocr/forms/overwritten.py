"""Did somebody write over a printed account? What should be printed there is known: the rest is ink.

The account is printed again in memory, with the blank around it, and laid over the scan. Dark where nothing
is printed is foreign ink; light where the account's digits or modules should be is print torn off or painted
over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocr.forms.ink import ink_mask
from ocr.forms.settings import Grey
from templates.model import Box, CodeArea, Template
from templates.personal import code_text, printed_text

Mask = NDArray[np.bool_]

#: How far print may lie from where it should (mm): the registration's error and a soft scan.
_SLACK_MM = 0.45
_AROUND_MM = 3.0


@dataclass(frozen=True)
class Difference:
    """``foreign_mm2``: area of ink where nothing is printed; ``missing``: share of the account's print not
    seen.
    """

    foreign_mm2: float
    missing: float


def compare(
    slip: Grey, template: Template, account: str, *, with_code: bool, dpi: float, black: float
) -> Difference:
    """Compare a rectified personal slip (uint8, ``dpi``) with its print for ``account``.

    ``with_code`` False leaves the QR code out, when it is torn and the text was read. ``black``: see ``ink``.
    """
    assert template.code is not None
    code = template.code
    scale = dpi / 25.4
    printed = [f.box for f in template.fields if f.kind == "printed"]
    area = Box.around((code.text, *printed, *((code.qr,) if with_code else ()))).grown(_AROUND_MM)
    rows, columns = _slices(area, slip.shape, scale)
    expected = _account_print(template, code, account, slip.shape, dpi, with_code=with_code)
    ink = ink_mask(slip[rows, columns], dpi, black)
    around = _blank_print(template, dpi)[: slip.shape[0], : slip.shape[1]] | expected
    allowed = _grown(around[rows, columns], _SLACK_MM * scale)
    if not with_code:
        torn = _slices(code.qr.grown(_AROUND_MM), slip.shape, scale)
        whole = np.zeros(slip.shape, dtype=np.bool_)
        whole[torn] = True
        allowed |= whole[rows, columns]
    core = expected[rows, columns]
    seen = _grown(ink, 0.25 * scale)
    missing = float((core & ~seen).sum()) / max(int(core.sum()), 1)
    return Difference(foreign_mm2=_area_of_strokes(ink & ~allowed, scale), missing=missing)


def _slices(box: Box, shape: tuple[int, ...], scale: float) -> tuple[slice, slice]:
    x0, y0 = max(0, round(box.x_mm * scale)), max(0, round(box.y_mm * scale))
    x1 = min(shape[1], round(box.right_mm * scale))
    y1 = min(shape[0], round(box.bottom_mm * scale))
    return slice(y0, y1), slice(x0, x1)


def _grown(mask: Mask, pixels: float) -> Mask:
    size = 2 * max(1, round(pixels)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)


def _area_of_strokes(mask: Mask, scale: float) -> float:
    """Area (mm²) of what is longer than dust."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area = 0.0
    for index in range(1, count):
        extent = max(stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_HEIGHT]) / scale
        if extent >= 0.9:
            area += float(stats[index, cv2.CC_STAT_AREA]) / scale**2
    return area


@lru_cache(maxsize=8)
def _blank_print(template: Template, dpi: float) -> Mask:
    """Where the form itself prints anything; drawn once a process."""
    from templates.printing import picture

    grey = np.asarray(picture(template, dpi).convert("L"), dtype=np.uint8)
    return np.asarray(grey < 215)


def _account_print(
    template: Template, code: CodeArea, account: str, shape: tuple[int, ...], dpi: float, *, with_code: bool
) -> Mask:
    """Where this account's text and modules are printed."""
    from templates.printing import fonts, marks
    from templates.printing.document import account_origin

    scale = dpi / 25.4
    page = Image.new("L", (shape[1], shape[0]), 0)
    draw = ImageDraw.Draw(page)
    size_pt = template.artwork.code_size_pt
    font = ImageFont.truetype(str(fonts.font_file("bold")), size_pt * dpi / 72)
    x, baseline = account_origin(code.text, size_pt)
    # Letter by letter, as the PDF sets them: no kerning.
    for letter in printed_text(account):
        draw.text((x * scale, baseline * scale), letter, fill=255, font=font, anchor="ls")
        x += fonts.width_mm(letter, "bold", size_pt)
    if with_code:
        rows = marks.code_rows(code_text(template.supplier, account))
        for run in marks.rectangles(rows, code.qr):
            draw.rectangle(
                (run.x_mm * scale, run.y_mm * scale, run.right_mm * scale - 1, run.bottom_mm * scale - 1),
                fill=255,
            )
    return np.asarray(np.asarray(page) > 127)
