"""The page of evidence as HTML, complete in itself, and as PDF on A4."""

from __future__ import annotations

import base64
import io
from html import escape
from xml.sax.saxutils import escape as xml_escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus import Image as Picture

from delivery.evidence_words import Page, in_words, page_of
from domain.reason_texts import Language
from services.evidence import Evidence
from templates.printing.fonts import NAMES, register

_GREY = HexColor(0x555555)
_MARGIN, _LABELS = 18 * mm, 48 * mm
_MOST_HIGH = 110 * mm
_QUALITY = 85
_PICTURE, _NO_PICTURE = "Изображение оригинала", "Изображения нет: оригинал уничтожен или недоступен."
_STYLE = (
    "body{font:15px/1.45 'PT Sans',sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}dl{display:grid;"
    "grid-template-columns:minmax(9rem,16rem) 1fr;gap:.2rem 1rem;margin:0}dt{color:#555}dd{margin:0;"
    "overflow-wrap:anywhere}img{max-width:100%;border:1px solid #999}footer{margin-top:2rem;color:#555;"
    "font-size:.8rem;overflow-wrap:anywhere}"
)


def as_html(evidence: Evidence, language: Language = "ru") -> bytes:
    """The page as one file that needs no other."""
    page = page_of(evidence, language)
    parts = [
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">',
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(page.title)}</h1>",
    ]
    if evidence.picture is not None:
        data = base64.b64encode(_jpeg(evidence.picture)).decode()
        parts.append(
            f'<img alt="{escape(in_words(_PICTURE, language))}" src="data:image/jpeg;base64,{data}">'
        )
    else:
        parts.append(f"<p>{escape(in_words(_NO_PICTURE, language))}</p>")
    for section in page.sections:
        if section.lines:
            parts.append(f"<h2>{escape(section.title)}</h2><dl>")
            parts += [f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in section.lines]
            parts.append("</dl>")
    parts.append(f"<footer>{escape(page.proof)}</footer></body></html>\n")
    return "".join(parts).encode()


def as_pdf(evidence: Evidence, language: Language = "ru") -> bytes:
    """The page on A4; the same facts give the same bytes."""
    register()
    page = page_of(evidence, language)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=page.title,
        author="meterdrop",
        subject=page.proof,
        invariant=1,
        lang=language,
    )
    document.build(list(_flow(page, evidence.picture, document.width, in_words(_NO_PICTURE, language))))
    return out.getvalue()


def _flow(page: Page, picture: NDArray[np.uint8] | None, width: float, none: str) -> list[Flowable]:
    plain, bold = NAMES["regular"], NAMES["bold"]
    text = ParagraphStyle("text", fontName=plain, fontSize=9, leading=12, splitLongWords=1, wordWrap="CJK")
    label = ParagraphStyle("label", parent=text, textColor=_GREY, wordWrap=None)
    title = ParagraphStyle("title", fontName=bold, fontSize=15, leading=19, spaceAfter=3 * mm)
    head = ParagraphStyle(
        "head", fontName=bold, fontSize=10.5, leading=14, spaceBefore=4 * mm, spaceAfter=1 * mm
    )
    small = ParagraphStyle("small", parent=text, fontSize=7, leading=9, textColor=_GREY)
    flow: list[Flowable] = [Paragraph(xml_escape(page.title), title)]
    if picture is None:
        flow.append(Paragraph(xml_escape(none), text))
    else:
        height, across = picture.shape
        scale = min(width / across, _MOST_HIGH / height)
        flow.append(Picture(io.BytesIO(_jpeg(picture)), across * scale, height * scale))
    for section in page.sections:
        if not section.lines:
            continue
        flow.append(Paragraph(xml_escape(section.title), head))
        rows = [[Paragraph(xml_escape(a), label), Paragraph(xml_escape(b), text)] for a, b in section.lines]
        table = Table(rows, colWidths=[_LABELS, width - _LABELS])
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("TOPPADDING", (0, 0), (-1, -1), 1),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ]
            )
        )
        flow.append(table)
    return [*flow, Spacer(1, 5 * mm), Paragraph(xml_escape(page.proof), small)]


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
