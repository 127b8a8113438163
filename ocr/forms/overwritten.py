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

from ocr.forms.ink import area_of_strokes, ink_mask
from ocr.forms.settings import Grey
from templates.model import Box, CodeArea, Template
from templates.personal import code_text, printed_text

Mask = NDArray[np.bool_]

#: How far print may lie from where it should (mm): the registration's error and a soft scan.
_SLACK_MM = 0.45
_AROUND_MM = 3.0
#: Share of a code's dark modules that may be light when no part of it is gone.
_WHOLE = 0.03


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
    area = Box.around((code.text, code.qr, *printed)).grown(_AROUND_MM)
    rows, columns = _slices(area, slip.shape, scale)
    ink = ink_mask(slip[rows, columns], dpi, black)
    text = _text_print(template, code, account, slip.shape, dpi)[rows, columns]
    form = _blank_print(template, dpi)[rows, columns]
    allowed = _grown(text | form, _SLACK_MM * scale)
    # The code's modules are looked at one by one.
    beside = 0.6 if with_code else _AROUND_MM
    whole = np.zeros(slip.shape, dtype=np.bool_)
    whole[_slices(code.qr.grown(beside), slip.shape, scale)] = True
    foreign = area_of_strokes(ink & ~allowed & ~whole[rows, columns], scale)
    missing = float((text & ~_grown(ink, 0.25 * scale)).sum()) / max(int(text.sum()), 1)
    darkened, faded = _modules(slip, template, code, account, scale)
    if with_code:
        return Difference(foreign + darkened, max(missing, faded))
    # Torn, a code has lost dark modules; a whole one that cannot be read has been crossed out.
    return Difference(foreign + (darkened if faded < _WHOLE else 0.0), missing)


def _modules(
    slip: Grey, template: Template, code: CodeArea, account: str, scale: float
) -> tuple[float, float]:
    """Area (mm²) of the code's light modules that are dark, and the share of dark ones that are light."""
    from templates.printing import marks

    expected = np.array(marks.code_rows(code_text(template.supplier, account)), dtype=np.bool_)
    count = len(expected)
    module = code.qr.w_mm / count
    soft = cv2.blur(slip, (max(1, round(0.4 * module * scale)),) * 2)
    places = (np.arange(count) + 0.5) * module
    columns = np.round((code.qr.x_mm + places) * scale - 0.5).astype(int)
    rows = np.round((code.qr.y_mm + places) * scale - 0.5).astype(int)
    levels = soft[np.ix_(rows, columns)].astype(np.float64)
    middle = (np.median(levels[expected]) + np.median(levels[~expected])) / 2
    darkened = float(((levels < middle) & ~expected).sum()) * module**2
    return darkened, float(((levels >= middle) & expected).sum()) / max(int(expected.sum()), 1)


def _slices(box: Box, shape: tuple[int, ...], scale: float) -> tuple[slice, slice]:
    x0, y0 = max(0, round(box.x_mm * scale)), max(0, round(box.y_mm * scale))
    x1 = min(shape[1], round(box.right_mm * scale))
    y1 = min(shape[0], round(box.bottom_mm * scale))
    return slice(y0, y1), slice(x0, x1)


def _grown(mask: Mask, pixels: float) -> Mask:
    size = 2 * max(1, round(pixels)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)


@lru_cache(maxsize=8)
def blank_picture(template: Template, dpi: float) -> Grey:
    """The form as it is printed, uint8, for looking only; drawn once a process."""
    from templates.printing import picture

    return np.asarray(picture(template, dpi).convert("L"), dtype=np.uint8)


@lru_cache(maxsize=8)
def _blank_print(template: Template, dpi: float) -> Mask:
    """Where the form itself prints anything."""
    return np.asarray(blank_picture(template, dpi) < 215)


def _text_print(template: Template, code: CodeArea, account: str, shape: tuple[int, ...], dpi: float) -> Mask:
    """Where this account's digits are printed."""
    from templates.printing import fonts
    from templates.printing.copies import account_origin

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
    return np.asarray(np.asarray(page) > 127)
