"""Receipts that a billing system leaves as files: a row a reading, as CSV, JSON lines or XML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from services.outbox import Answer

#: Larger files are no receipts.
MOST_BYTES = 256 << 20
_DELIMITERS = ";\t,"


@dataclass(frozen=True)
class ReceiptColumns:
    """``columns``: key, status, code, words, receipt → the file's column; ``row``: the XML element of a row.

    ``accepted``: what its status says of a row that was taken, in lower case; anything else is a refusal.
    """

    columns: Mapping[str, str]
    row: str
    accepted: frozenset[str]


def receipts_in(data: bytes, name: str, columns: ReceiptColumns) -> list[Answer] | None:
    """The answers in a receipt; None for what is none.

    A row without a key or a status answers nothing: it is left out, and its reading keeps waiting.
    """
    if not data.strip() or len(data) > MOST_BYTES:
        return None
    rows = _rows(data, name.rsplit(".", 1)[-1].lower(), columns)
    if rows is None:
        return None
    answers = []
    for row in rows:
        said = {ours: (row.get(theirs) or "").strip() for ours, theirs in columns.columns.items()}
        if said.get("key") and said.get("status"):
            answers.append(
                Answer(
                    key=said["key"],
                    accepted=said["status"].lower() in columns.accepted,
                    receipt=said.get("receipt", ""),
                    code=said.get("code", ""),
                    words=said.get("words", ""),
                )
            )
    return answers


def _rows(data: bytes, form: str, columns: ReceiptColumns) -> list[Mapping[str, str]] | None:
    if form == "xml":
        return _xml_rows(data, columns.row)
    text = _text(data)
    if text is None:
        return None
    if form == "jsonl":
        try:
            return [{name: str(value) for name, value in json.loads(line).items()} for line in _lines(text)]
        except (ValueError, AttributeError):
            return None
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    rows: list[Mapping[str, str]] = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    needed = {columns.columns["key"], columns.columns["status"]}
    names = {name.strip() for name in next(csv.reader([header.strip()], delimiter=delimiter), [])}
    return rows if needed <= names else None


def _xml_rows(data: bytes, row: str) -> list[Mapping[str, str]] | None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        # No receipt needs them, and they can be made to grow without end.
        return None
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - entities are refused above
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return [{**each.attrib, **{child.tag: child.text or "" for child in each}} for each in root.iter(row)]


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip())


def _text(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
