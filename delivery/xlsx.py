"""Workbooks for spreadsheets (ECMA-376, SpreadsheetML): one sheet of texts, written row by row.

Every cell is a text: account numbers keep their leading zeros, and nothing is taken for a formula or a date.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import BinaryIO
from xml.sax.saxutils import escape

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_LINKS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    "</Relationships>"
)
_WORKBOOK = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
#: The same bytes for the same rows: the archive's members carry no moment.
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: A sheet's last row.
MOST_ROWS = 1_048_576


def write_workbook(out: BinaryIO, rows: Iterable[Sequence[str]], name: str = "readings") -> None:
    """Write ``rows`` (the header first) as the only sheet of a workbook."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for path, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _LINKS.format(kind="officeDocument", target="xl/workbook.xml")),
            ("xl/workbook.xml", _WORKBOOK.format(name=escape(name))),
            ("xl/_rels/workbook.xml.rels", _LINKS.format(kind="worksheet", target="worksheets/sheet1.xml")),
        ):
            book.writestr(_member(path), text)
        with (
            book.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part,
            TextIOWrapper(part, encoding="utf-8") as sheet,
        ):
            sheet.write(_SHEET)
            for number, cells in enumerate(rows, 1):
                sheet.write(f'<row r="{number}">')
                sheet.writelines(_cell(text) for text in cells)
                sheet.write("</row>")
            sheet.write("</sheetData></worksheet>")


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _cell(text: str) -> str:
    # XML has no way to write most control characters.
    shown = "".join(c if c.isprintable() or c in "\t\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'
