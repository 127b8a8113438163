"""The picture that a reviewer sees: the slip upright with its fields' boxes, or the plain page."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.forms import rectify
from ocr.load import load_page
from services.context import Context
from services.message_form import MESSAGE
from services.message_form import picture_of as message_picture
from services.recognition import from_json, other_side
from services.results import FieldBox, SlipPicture
from storage.records import SheetRow
from templates.model import Box, Template
from templates.sides import back_top_mm, form_of, joined, sides_of

#: Longest side, in pixels, of a page that could not be registered.
LONGEST_SIDE = 2000
_MM_PER_INCH = 25.4


def picture_of(ctx: Context, row: SheetRow, dpi: int) -> SlipPicture:
    """The sheet's picture from the stored original; ``dpi`` of the upright slip."""
    if row.template == MESSAGE.key:
        return SlipPicture(message_picture(ctx.objects.get(row.sha256)), (), None, rectified=False)
    page = load_page(ctx.objects.get(row.sha256), row.file_name, row.page)
    slip = None if row.recognition is None else from_json(row.recognition)
    template = form_of(ctx.templates, row.template)
    if slip is None or slip.registration is None or template is None:
        return SlipPicture(_shrunk(page.grey), (), None, rectified=False)
    both = sides_of(ctx.templates, template.key)
    if both is None:
        grey = rectify(page.grey, slip.registration, template, dpi)
    else:
        grey = _both_sides(ctx, row, both, dpi, rectify(page.grey, slip.registration, both[0], dpi))
    return SlipPicture(grey, field_boxes(template, dpi), float(dpi), rectified=True)


def _both_sides(
    ctx: Context, row: SheetRow, both: tuple[Template, Template], dpi: int, front: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The front with the back below it, each from its own page, as the joined form has them."""
    whole, top = joined(*both), back_top_mm(both[0])
    height, width = (round(mm * dpi / _MM_PER_INCH) for mm in (whole.height_mm, whole.width_mm))
    canvas = np.full((height, width), 255, np.uint8)
    canvas[: front.shape[0], : front.shape[1]] = front[:height, :width]
    other = other_side(row.recognition)
    if other is not None:
        page = load_page(ctx.objects.get(row.sha256), row.file_name, other[0])
        back = rectify(page.grey, other[1], both[1], dpi)
        begin = round(top * dpi / _MM_PER_INCH)
        part = back[: height - begin, :width]
        canvas[begin : begin + part.shape[0], : part.shape[1]] = part
    return canvas


def field_boxes(template: Template, dpi: float) -> tuple[FieldBox, ...]:
    """Where the fields lie on the upright slip at ``dpi``; a printed account is where its text is."""

    def pixels(box: Box) -> tuple[int, int, int, int]:
        scale = dpi / _MM_PER_INCH
        left, top = round(box.x_mm * scale), round(box.y_mm * scale)
        right, bottom = round((box.x_mm + box.w_mm) * scale), round((box.y_mm + box.h_mm) * scale)
        return left, top, right - left, bottom - top

    boxes = [FieldBox(f.name, pixels(f.box), tuple(map(pixels, f.cells))) for f in template.fields]
    if template.code is not None and all(f.role != "account" for f in template.fields):
        boxes.insert(0, FieldBox("account", pixels(template.code.text)))
    return tuple(boxes)


def _shrunk(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = LONGEST_SIDE / max(grey.shape)
    if factor >= 1.0:
        return grey
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
