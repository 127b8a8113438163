"""The first page as a picture, as a scanner would see a fresh print; poppler renders it, a process apart."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from pdf2image import convert_from_bytes
from PIL import Image

from templates.model import Template
from templates.printing.document import PrintOptions, write_pdf
from templates.printing.files import replacing
from templates.printing.sheet import sheet_for


def picture(
    template: Template,
    dpi: float,
    accounts: Sequence[str] | str | None = None,
    options: PrintOptions = PrintOptions(),
) -> Image.Image:
    """The first trimmed page, RGB; a millimetre is ``dpi / 25.4`` pixels, the top left corner is (0, 0).

    ``accounts`` fill the code areas of personal slips: the first page's, or one for all.
    """
    first = PrintOptions(per_page=options.per_page)
    sheet = sheet_for(template, options.per_page)
    buffer = io.BytesIO()
    if isinstance(accounts, str):
        accounts = [accounts] * options.per_page
    write_pdf(template, buffer, first, accounts)
    size = (round(sheet.width_mm / 25.4 * dpi), round(sheet.height_mm / 25.4 * dpi))
    return convert_from_bytes(buffer.getvalue(), dpi=round(dpi), size=size, first_page=1, last_page=1)[
        0
    ].convert("RGB")


def render_png(
    template: Template,
    path: Path,
    dpi: float = 300,
    accounts: Sequence[str] | str | None = None,
    options: PrintOptions = PrintOptions(),
) -> None:
    """Writes ``picture`` as a PNG that knows its resolution, whole or not at all."""
    image = picture(template, dpi, accounts, options)
    with replacing(path) as out:
        image.save(out, format="PNG", dpi=(dpi, dpi))
