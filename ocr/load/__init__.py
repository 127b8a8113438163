"""Bytes in, page images out: PDF, TIFF, JPEG, PNG, HEIC, WebP, BMP and GIF.

Every failure is an ``InputError`` with a ``Reason`` and one line of detail; nothing is written to standard
error, and no file takes more than 1 GB of memory (see ``Limits``).

    for item in pages(Path("batch.pdf")):          # one item a page, PageImage or InputError
        ...
    with open_document(data, "batch.pdf") as document:
        for n in range(1, document.pages + 1):
            picture = document.page(n)
"""

from ocr.load.document import Document, load_colour, load_page, open_document, pages, probe
from ocr.load.files import Missing, expand, read_file
from ocr.load.limits import Limits
from ocr.load.results import PageImage, Probe

__all__ = [
    "Document",
    "Limits",
    "Missing",
    "PageImage",
    "Probe",
    "expand",
    "load_colour",
    "load_page",
    "open_document",
    "pages",
    "probe",
    "read_file",
]
