"""The manifest of an evaluation: a CSV with a path and what is true of it in every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.errors import UsageError

#: Columns that may name the value of a cell or line.
_VALUE = ("value", "label")
#: Columns that may name what belongs together: a writer, a source, a meter.
GROUPS = ("group", "writer", "source", "meter")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d%m%Y")
_PRESENT = {"yes": "yes", "1": "yes", "true": "yes", "no": "no", "0": "no", "false": "no"}


@dataclass(frozen=True)
class Row:
    """One row: ``line`` in the manifest (from 1), which file, page and slip, and the true values by field.

    A cell, a line or a meter has the one field ``value``. A value "" is a field on which nothing is written;
    a field whose truth is not told is left out.
    """

    line: int
    path: Path
    truth: Mapping[str, str]
    page: int = 1
    slip: int = 1
    group: str = ""


@dataclass(frozen=True)
class Manifest:
    """``rows`` in their order; ``grouped``: the column of the groups; ``ignored``: columns not understood."""

    rows: tuple[Row, ...]
    grouped: str | None = None
    ignored: tuple[str, ...] = ()


def load_manifest(path: Path, kind: str, fields: Mapping[str, str]) -> Manifest:
    """Read a manifest (UTF-8 or CP1251; comma, semicolon or tab); raises ``UsageError`` naming the line.

    ``kind``: form, cell, line or meter. ``fields``: for forms, name → kind of every field that may be a
    column. Paths are relative to the manifest's folder.
    """
    text = _text(path)
    header, _, _ = text.partition("\n")
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[Row] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        truths = _columns(path, names, kind, fields)
        grouped = next((name for name in GROUPS if name in names and name not in truths), None)
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(path, begins, dict(zip(names, cells, strict=False)), truths, grouped))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: {error}; write the manifest as CSV again") from None
    if not rows:
        raise UsageError(f"{path}: no rows under the header")
    known = {"path", "page", "slip", grouped, *truths, *(_VALUE if kind != "form" else ())}
    return Manifest(tuple(rows), grouped, tuple(name for name in names if name and name not in known))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--manifest {path}: {error.strerror or error}; name a CSV file") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1251", errors="replace")


def _columns(path: Path, names: Sequence[str], kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Column → kind of its truth."""
    if "path" not in names:
        raise UsageError(f"{path}:1: no column path; the first line must name the columns")
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise UsageError(f"{path}:1: the column {twice} stands there twice")
    if kind == "form":
        truths = {name: fields[name] for name in names if name in fields}
        if not truths:
            raise UsageError(f"{path}:1: no column with a truth; there may be {', '.join(fields)}")
        return truths
    value = next((name for name in _VALUE if name in names), None)
    if value is None:
        raise UsageError(f"{path}:1: no column value (or label); it says what is true of each picture")
    return {value: kind} | ({"decimals": "decimals"} if kind == "meter" and "decimals" in names else {})


def _row(
    path: Path, line: int, cells: Mapping[str, str], truths: Mapping[str, str], grouped: str | None
) -> Row:
    where = f"{path}:{line}"
    cells = {name: cell.strip() for name, cell in cells.items()}
    if not cells.get("path"):
        raise UsageError(f"{where}: no path")
    truth: dict[str, str] = {}
    for name, kind in truths.items():
        text = cells.get(name, "")
        if kind in {"cell", "line", "meter"}:
            truth["value"] = _value(where, name, text, kind)
        elif text and kind == "decimals":
            truth[name] = _digits(where, name, text)
        elif text:
            truth[name] = _field(where, name, text, kind)
    if not truth:
        raise UsageError(f"{where}: no truth in {', '.join(truths)}; write _ where nothing is written")
    return Row(
        line,
        path.parent / cells["path"],
        truth,
        _number(where, "page", cells),
        _number(where, "slip", cells),
        "" if grouped is None else cells.get(grouped, ""),
    )


def _value(where: str, name: str, text: str, kind: str) -> str:
    """The truth of a cell (a digit, ``_`` or ``#``), or of a line or meter (digits; ``_``: nothing)."""
    if kind == "cell":
        if len(text) != 1 or text not in "0123456789_#":
            raise UsageError(
                f"{where}: {name} {text!r}; write a digit, _ for a blank cell, or # for what is no digit"
            )
        return text
    return _digits(where, name, text)


def _digits(where: str, name: str, text: str) -> str:
    if text == "_":
        return ""
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{where}: {name} {text!r}; write digits, or _ where nothing is written")
    return text


def _field(where: str, name: str, text: str, kind: str) -> str:
    """The truth of a form's field, as the reader writes it."""
    if kind == "text":
        return "" if text == "_" else text
    if kind == "signature":
        if text.lower() not in _PRESENT:
            raise UsageError(f"{where}: {name} {text!r}; write yes or no")
        return _PRESENT[text.lower()]
    if kind != "date":
        return _digits(where, name, text)
    if text == "_":
        return ""
    for pattern in _DATES:
        try:
            # Only the day matters: no zone is involved.
            return datetime.strptime(text, pattern).date().isoformat()
        except ValueError:
            continue
    raise UsageError(f"{where}: {name} {text!r}; write YYYY-MM-DD, or _ where nothing is written")


def _number(where: str, name: str, cells: Mapping[str, str]) -> int:
    text = cells.get(name, "")
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise UsageError(f"{where}: {name} {text!r}; write a whole number from 1 on")
    return int(text)
