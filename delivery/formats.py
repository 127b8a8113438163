"""Rows for billing as a file: CSV, XLSX, JSON lines, or mapped for another program as CSV or XML."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from delivery.connections import ExchangeBilling
from delivery.rows import FIELDS, fields_of, for_spreadsheets
from delivery.xlsx import write_workbook
from domain.errors import StorageError
from domain.harmless import harmless
from services.placing import sync_folder
from storage.records.outbox import OutgoingRow

Rows = Iterable[OutgoingRow]


def write_durably(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file whose bytes are on the disk when this returns; raises ``StorageError``."""
    try:
        with path.open("wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageError(f"{path.parent} cannot be written to: {error.strerror}") from error


def write_rows(out: BinaryIO, rows: Rows, form: str) -> None:
    """All fields of ``rows`` as csv (UTF-8, commas), xlsx or jsonl, a row each, the header first."""
    if form == "xlsx":
        write_workbook(out, _table(rows))
    elif form == "jsonl":
        for row in rows:
            out.write(json.dumps(fields_of(row), ensure_ascii=False).encode() + b"\n")
    else:
        for cells in _table(rows):
            out.write(_line(cells, ",").encode())


def write_mapped(out: BinaryIO, rows: Rows, to: ExchangeBilling) -> None:
    """``rows`` as the other program wants them: its columns, constants, dates and encoding."""
    if to.format == "xml":
        _write_xml(out, rows, to)
        return
    names = [*to.columns, *to.constants]
    out.write(_line(names, to.delimiter).encode(to.encoding, "replace"))
    for row in rows:
        values = mapped(row, to)
        cells = [harmless(values[name]) for name in names]
        out.write(_line(cells, to.delimiter).encode(to.encoding, "replace"))


def mapped(row: OutgoingRow, to: ExchangeBilling) -> dict[str, str]:
    """The other program's column → its value."""
    values = fields_of(row)
    values["operation"] = to.operations.get(values["operation"], values["operation"])
    values["reading_date"] = date.fromisoformat(values["reading_date"]).strftime(to.date_format)
    received = datetime.fromisoformat(values["received_at"])
    values["received_at"] = received.strftime(f"{to.date_format} %H:%M:%S")
    return {column: values[name] for column, name in to.columns.items()} | dict(to.constants)


def _write_xml(out: BinaryIO, rows: Rows, to: ExchangeBilling) -> None:
    def write(text: str) -> None:
        # What the encoding lacks is written as a number, which every XML reader understands.
        out.write(text.encode(to.encoding, "xmlcharrefreplace"))

    name = "windows-1251" if to.encoding == "cp1251" else "UTF-8"
    write(f'<?xml version="1.0" encoding="{name}"?>\n<{to.root}>\n')
    for row in rows:
        write(f"  <{to.row}>")
        for column, value in mapped(row, to).items():
            write(f"<{column}>{escape(_printable(value))}</{column}>")
        write(f"</{to.row}>\n")
    write(f"</{to.root}>\n")


def _table(rows: Rows) -> Iterable[Sequence[str]]:
    yield FIELDS
    for row in rows:
        yield for_spreadsheets(row)


def _line(cells: Sequence[str], delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
