"""Forms: find the slips on a page, register them, cut their fields and read them.

``FormReader.read_page`` is the way in; ``rectify`` draws the upright picture that the review page shows.
"""

from __future__ import annotations

from ocr.forms.cutting import CELL_MARGIN, rectify
from ocr.forms.reader import FormReader
from ocr.forms.settings import CellReader, Page, ReaderSettings

__all__ = ["CELL_MARGIN", "CellReader", "FormReader", "Page", "ReaderSettings", "rectify"]
