"""PDF: empty pages known as such, embedded scans taken out, the rest drawn by poppler."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pikepdf
from pikepdf.settings import set_qpdf_limits

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.geometry import Pixels
from ocr.load.limits import Limits
from ocr.load.native import decoding, listening
from ocr.load.pdf_bounds import LONGEST_LOOKED_AT, check_objects, check_pictures, content_length
from ocr.load.pdf_content import Drawing, Lost, Nothing, Placed, what_is_shown
from ocr.load.pdf_decode import decode_scan
from ocr.load.pdf_scan import Scan, find_scan
from ocr.load.pdf_tree import Leaf, leaves
from ocr.load.render import draw, drawing_dpi

_INFLATED = 16 << 20
_PARSER_BYTES = 300 << 20
_EMPTY_DPI = 36.0
_KEPT = ("/Contents", "/Resources", "/Rotate", "/Annots", "/Group")
_UNSEEN_NOTES = ("/Link", "/Popup")

# Bounds what qpdf inflates for itself: object streams, cross-reference streams, page contents.
set_qpdf_limits(
    doc_max_warnings=20_000,
    flate_max_memory=_INFLATED,
    png_max_memory=_INFLATED,
    run_length_max_memory=_INFLATED,
    tiff_max_memory=_INFLATED,
    dct_max_memory=_INFLATED,
    max_stream_filters=4,
)


class Pdf:
    """An opened PDF; ``file`` is closed with it."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.media_type = "application/pdf"
        self._file = file
        self._limits = limits
        check_objects(file)
        self._pdf, printed = _open(file)
        with decoding("the PDF", _PARSER_BYTES):
            self._damaged = any(_is_damage(str(warning)) for warning in self._pdf.get_warnings())
            lost = sum("non-dictionary object" in line for line in printed)
            self._leaves = leaves(self._pdf, lost, limits.pages)
        self.pages = len(self._leaves)
        self._drawn: list[bool] = []
        self._seconds_left = limits.file_render_seconds

    def close(self) -> None:
        """Close the file."""
        self._leaves = []
        self._pdf.close()
        self._file.close()

    def page(self, number: int, *, colour: bool) -> tuple[Pixels, float | None, bool]:
        """Page ``number``: its pixels, its dpi, and whether it is empty."""
        leaf = self._leaf(number)
        shown = self._shown(leaf)
        if isinstance(shown, Nothing):
            return _white(leaf, colour=colour), _EMPTY_DPI, True
        if isinstance(shown, Scan):
            pixels, dpi = decode_scan(shown, self._limits, colour=colour)
            return pixels, dpi, False
        if isinstance(shown, Lost):
            raise InputError(Reason.CORRUPT_FILE, f"page {number} is missing from the file; scan it again")
        self._count_drawings(number)
        pixels, dpi = self._draw(leaf, colour=colour)
        return pixels, dpi, False

    def _leaf(self, number: int) -> Leaf:
        leaf = self._leaves[number - 1]
        if leaf.page is None:
            raise InputError(Reason.CORRUPT_FILE, f"page {number} is missing from the file; scan it again")
        return leaf

    def _shown(self, leaf: Leaf) -> Scan | Nothing | Drawing | Lost:
        """What a page shows; whatever is broken about it is left to poppler."""
        try:
            with decoding("the page", _PARSER_BYTES):
                return self._look(leaf)
        except InputError as error:
            if error.reason is Reason.TOO_LARGE:
                raise
            return Drawing()

    def _look(self, leaf: Leaf) -> Scan | Nothing | Drawing | Lost:
        contents = leaf.page.get("/Contents")
        if contents is None and self._damaged:
            return Lost()  # not empty: what was on it is gone
        if content_length(contents) > LONGEST_LOOKED_AT:
            return Drawing()
        if _has_visible_notes(leaf.page):
            return Drawing()
        resources = leaf.get("/Resources")
        shown = what_is_shown(pikepdf.parse_content_stream(leaf.page), resources)
        if not isinstance(shown, Placed):
            return shown
        image: Any = resources["/XObject"][shown.name]
        return find_scan(image, shown, leaf.box, leaf.rotate, leaf.unit) or Drawing()

    def _count_drawings(self, number: int) -> None:
        """Refuse page ``number`` if too many pages before it must be drawn; the same in every process."""
        while len(self._drawn) < number - 1:
            self._drawn.append(self._must_draw(self._leaves[len(self._drawn)]))
        if sum(self._drawn[: number - 1]) >= self._limits.rendered_pages:
            raise InputError(
                Reason.TOO_MANY_PAGES,
                f"more than {self._limits.rendered_pages} pages that are not plain scans; split the file",
            )

    def _must_draw(self, leaf: Leaf) -> bool:
        try:
            return leaf.page is not None and isinstance(self._shown(leaf), Drawing)
        except InputError:  # refused when its own turn comes
            return False

    def _draw(self, leaf: Leaf, *, colour: bool) -> tuple[Pixels, float]:
        if self._seconds_left <= 0:
            raise InputError(
                Reason.TIMED_OUT, "drawing the pages of this file takes too long; split the file"
            )
        with decoding("the page", _PARSER_BYTES):
            check_pictures(leaf.get("/Resources"), self._limits)
        x0, y0, x1, y1 = leaf.box
        dpi = drawing_dpi(x1 - x0, y1 - y0, self._limits.render_dpi)
        with tempfile.NamedTemporaryFile(suffix=".pdf") as single:
            with decoding("the page"):
                self._save_alone(leaf, Path(single.name))
            started = time.monotonic()
            try:
                return draw(
                    Path(single.name), dpi, self._limits.render_seconds, colour=colour
                ), dpi / leaf.unit
            finally:
                self._seconds_left -= time.monotonic() - started

    def _save_alone(self, leaf: Leaf, path: Path) -> None:
        """The page as a PDF of its own: poppler sees neither the rest of the file nor its own numbering."""
        page = pikepdf.Dictionary({key: leaf.page[key] for key in _KEPT if key in leaf.page})
        for key, value in leaf.inherited.items():
            if key not in page:
                page[key] = value
        page["/Type"] = pikepdf.Name.Page
        page["/MediaBox"] = page["/CropBox"] = pikepdf.Array(list(leaf.box))
        with pikepdf.new() as alone:
            alone.pages.append(pikepdf.Page(self._pdf.make_indirect(page)))
            layers = self._pdf.Root.get("/OCProperties")
            if layers is not None and layers.is_indirect:
                alone.Root["/OCProperties"] = alone.copy_foreign(layers)
            alone.save(path, compress_streams=False)


def _open(file: BinaryIO) -> tuple[pikepdf.Pdf, list[str]]:
    """The opened PDF and the lines that qpdf printed meanwhile."""
    try:
        with decoding("the PDF", _PARSER_BYTES), listening() as printed:
            try:
                return pikepdf.open(file, inherit_page_attributes=False), printed
            except pikepdf.PasswordError:
                raise InputError(
                    Reason.PASSWORD_PROTECTED, "this PDF asks for a password; save it without one"
                ) from None
            except pikepdf.PdfError as error:
                if "encryption" in str(error).lower():
                    raise InputError(
                        Reason.PASSWORD_PROTECTED, "encrypted in an unknown way; save it without encryption"
                    ) from None
                raise
    except InputError as error:
        if error.reason is not Reason.CORRUPT_FILE:
            raise
        raise InputError(
            Reason.CORRUPT_FILE, "the PDF is cut off or damaged; scan or send it again"
        ) from None


def _is_damage(warning: str) -> bool:
    """Whether a warning of qpdf means lost bytes, not just carelessness of the writer."""
    return any(sign in warning for sign in ("is damaged", "reconstruct", "endstream", "stream length", "EOF"))


def _has_visible_notes(page: Any) -> bool:
    notes: Any = page.get("/Annots")
    return notes is not None and any(str(note.get("/Subtype")) not in _UNSEEN_NOTES for note in notes)


def _white(leaf: Leaf, *, colour: bool) -> Pixels:
    x0, y0, x1, y1 = leaf.box
    width, height = x1 - x0, y1 - y0
    if leaf.rotate in (90, 270):
        width, height = height, width
    columns, rows = (min(2000, max(8, round(side * _EMPTY_DPI / 72))) for side in (width, height))
    shape = (rows, columns, 3) if colour else (rows, columns)
    return np.full(shape, 255, np.uint8)
