"""A printable PDF: vector, one ink, its typeface embedded, TrimBox and BleedBox set."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from templates.model import Template
from templates.printing import fonts
from templates.printing.copies import account_operators
from templates.printing.files import replacing
from templates.printing.pdf_stream import PageAppender
from templates.printing.sheet import MARK_LENGTH_MM, MARK_OFFSET_MM, Line, Sheet, crop_marks, sheet_for
from templates.printing.slip import draw_slip
from templates.printing.surface import Surface

_FORM = "slip"
_CUT_MM = 0.15
#: Every character that a personal slip's account can hold, so that the base PDF embeds them.
_ACCOUNT_CHARACTERS = "0123456789 -"


@dataclass(frozen=True)
class PrintOptions:
    """``copies``: of every page; ``per_page``: 1 or 2 slips; ``bleed_mm``: paper beyond the trimmed edge.

    With a bleed the page also gets crop marks outside of it, as a printing house wants; without one the page
    is the trimmed sheet itself, for an office printer.
    """

    copies: int = 1
    per_page: int = 1
    bleed_mm: float = 0.0


def print_pdf(
    template: Template,
    path: Path,
    options: PrintOptions = PrintOptions(),
    accounts: Iterable[str] | None = None,
) -> int:
    """Writes the PDF at ``path`` (whole or not at all) and returns its number of pages.

    ``accounts``: the accounts of personal slips, in order; they are taken one by one, so memory stays the
    same for any number. Without them the pages are blanks. Raises ``SettingsError`` without a typeface.
    """
    with replacing(path) as out:
        return write_pdf(template, out, options, accounts)


def write_pdf(
    template: Template,
    out: BinaryIO,
    options: PrintOptions = PrintOptions(),
    accounts: Iterable[str] | None = None,
) -> int:
    """The same into an open file, which needs no seeking."""
    sheet = sheet_for(template, options.per_page)
    margin = options.bleed_mm + MARK_OFFSET_MM + MARK_LENGTH_MM if options.bleed_mm else 0.0
    base, code_font = _base(template, sheet)
    pages = PageAppender(base, out, _boxes(sheet, options.bleed_mm, margin))
    frame = _cut_operators(sheet, margin, with_crop_marks=bool(options.bleed_mm))
    for slips in _pages_of(accounts, len(sheet.origins)):
        content = [frame]
        for (x, y), account in zip(sheet.origins, slips, strict=False):
            left, low = (margin + x) * mm, (margin + sheet.height_mm - y - template.height_mm) * mm
            drawn = f"/{code_font.form} Do\n"
            if account is not None:
                drawn += account_operators(template, account, code_font.font)
            content.append(f"q 1 0 0 1 {left:.3f} {low:.3f} cm\n{drawn}Q\n")
        page = "".join(content).encode("ascii")
        for _ in range(options.copies):
            pages.add(page)
    return pages.finish()


@dataclass(frozen=True)
class _Names:
    """What the base PDF calls the slip's form XObject and the account's font."""

    form: str
    font: str


def _pages_of(accounts: Iterable[str] | None, slips: int) -> Iterator[list[str | None]]:
    if accounts is None:
        yield [None] * slips
        return
    page: list[str | None] = []
    for account in accounts:
        page.append(account)
        if len(page) == slips:
            yield page
            page = []
    if page:
        yield page


def _base(template: Template, sheet: Sheet) -> tuple[bytes, _Names]:
    """A PDF of one page with all that the pages share."""
    fonts.register()
    buffer = io.BytesIO()
    # Without a first font of ours, ReportLab names Helvetica and embeds nothing of it.
    first_font: Any = fonts.NAMES["regular"]
    canvas = Canvas(
        buffer,
        pagesize=(sheet.width_mm * mm, sheet.height_mm * mm),
        invariant=1,
        lang="ru-RU",
        initialFontName=first_font,
    )
    canvas.setTitle(f"{template.title} ({template.key})")
    canvas.setSubject(f"Бланк {template.name}, версия {template.version}")
    canvas.setCreator("meterdrop")
    canvas.setAuthor(template.supplier)
    canvas.beginForm(_FORM, 0, 0, template.width_mm * mm, template.height_mm * mm)
    draw_slip(Surface(canvas, template.height_mm), template)
    canvas.endForm()
    canvas.doForm(_FORM)
    bold = fonts.NAMES["bold"]
    canvas.setFont(bold, 10)
    canvas.drawString(0, 0, _ACCOUNT_CHARACTERS)
    # ReportLab keeps ASCII at its own codes in a font's first subset, so page contents can use it directly.
    internals: Any = canvas
    font: Any = pdfmetrics.getFont(bold)
    subset = font.getSubsetInternalName(0, internals._doc).lstrip("/")
    canvas.save()
    with pikepdf.open(io.BytesIO(buffer.getvalue())) as pdf:
        form = next(iter(pdf.pages[0].obj.Resources.XObject.keys())).lstrip("/")
        resources = pdf.make_indirect(pdf.pages[0].obj.Resources)
        pdf.pages[0].obj.Resources = resources
        for key in ("/CreationDate", "/ModDate"):  # the same form prints the same bytes on any day
            del pdf.docinfo[key]
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(
            PrintScaling=pikepdf.Name("/None"), DisplayDocTitle=True
        )
        clean = io.BytesIO()
        pdf.save(clean, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return clean.getvalue(), _Names(form, subset)


def _boxes(sheet: Sheet, bleed: float, margin: float) -> dict[str, tuple[float, float, float, float]]:
    def box(grow: float) -> tuple[float, float, float, float]:
        low = (margin - grow) * mm
        return (low, low, (margin + sheet.width_mm + grow) * mm, (margin + sheet.height_mm + grow) * mm)

    return {"MediaBox": box(margin), "CropBox": box(margin), "BleedBox": box(bleed), "TrimBox": box(0.0)}


def _cut_operators(sheet: Sheet, margin: float, *, with_crop_marks: bool) -> str:
    lines = sheet.cuts + (crop_marks(sheet) if with_crop_marks else ())
    if not lines:
        return ""

    def point(x: float, y: float) -> str:
        return f"{(margin + x) * mm:.3f} {(margin + sheet.height_mm - y) * mm:.3f}"

    def draw(line: Line) -> str:
        return f"{point(line.x1_mm, line.y1_mm)} m {point(line.x2_mm, line.y2_mm)} l S\n"

    return f"q 0 0 0 1 K {_CUT_MM * mm:.3f} w\n" + "".join(draw(line) for line in lines) + "Q\n"
