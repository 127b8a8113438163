"""Page images as the files that scanners and phones write. Grey uint8 pages in, bytes out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import numpy as np
import pikepdf
from PIL import Image

from simulate.paper import Grey


def jpeg(page: Grey, dpi: int, quality: int = 75) -> bytes:
    """A grey baseline JPEG that says its resolution."""
    out = io.BytesIO()
    Image.fromarray(page).save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return out.getvalue()


def pdf_of_jpegs(jpegs: Iterable[tuple[bytes, int]]) -> bytes:
    """A PDF as scanners write it: a page an image, its JPEG bytes embedded as they are. Items: bytes, dpi.

    Repeatable: no dates, no random identifiers.
    """
    pdf = pikepdf.new()
    for data, dpi in jpegs:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        points = (width * 72 / dpi, height * 72 / dpi)
        picture = pikepdf.Stream(pdf, data)
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width, picture.Height, picture.BitsPerComponent = width, height, 8
        picture.ColorSpace, picture.Filter = pikepdf.Name.DeviceGray, pikepdf.Name.DCTDecode
        page = pdf.add_blank_page(page_size=points)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.Contents = pikepdf.Stream(
            pdf, f"q {points[0]:.4f} 0 0 {points[1]:.4f} 0 0 cm /Im0 Do Q".encode()
        )
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def pdf(pages: Sequence[Grey], dpi: int, quality: int = 75) -> bytes:
    """Pages as one PDF of JPEGs."""
    return pdf_of_jpegs((jpeg(page, dpi, quality), dpi) for page in pages)


def tiff_g4(pages: Sequence[Grey], dpi: int) -> bytes:
    """Pages as a many-page black-and-white TIFF, CCITT group 4; grey pages are cut at 128."""
    images = [Image.fromarray(np.where(page < 128, 0, 255).astype(np.uint8)).convert("1") for page in pages]
    out = io.BytesIO()
    images[0].save(out, "TIFF", compression="group4", save_all=True, append_images=images[1:], dpi=(dpi, dpi))
    return out.getvalue()
