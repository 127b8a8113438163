"""Import the register of accounts: good rows are taken, bad ones listed with their line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, TextIO

from domain.errors import RegisterError, UsageError
from services.context import Context
from services.register_rows import REQUIRED, RowError, parse_row
from services.results import BadRow, ImportResult
from services.text import printable

#: Rows a transaction: other writers get their turn in between.
ROWS_A_TRANSACTION = 20_000
_DELIMITERS = ";\t,"
_READ = 1 << 20


def import_register(
    ctx: Context, path: Path, supplier: str, progress: Callable[[int], None] | None = None
) -> ImportResult:
    """Insert or update a row per meter and tariff.

    ``supplier`` is for rows that name none; ``progress`` is told the rows imported so far. Raises
    ``RegisterError`` when the file is not a register at all. Rows that are not in the file stay as they are.
    """
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    encoding = detect_encoding(path)
    good: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    lines: dict[bytes, int] = {}
    imported = 0
    with path.open(encoding=encoding, newline="") as text:
        header, delimiter = _header(path, text)
        for number, cells in _rows(path, text, delimiter):
            try:
                row = parse_row(header, cells, supplier, ctx.suppliers)
                _refuse_again(row, number, lines)
            except RowError as error:
                bad.append(BadRow(number, str(error)))
                continue
            good.append(row)
            if len(good) == ROWS_A_TRANSACTION:
                imported += _store(ctx, good)
                good = []
                if progress is not None:
                    progress(imported)
    imported += _store(ctx, good)
    with ctx.records.begin() as tx:
        details = {"file": printable(path.name), "rows": imported, "bad": len(bad)}
        tx.audits.add(ctx.clock(), "register", "register.imported", supplier=supplier, details=details)
    return ImportResult(imported, tuple(bad), encoding)


def detect_encoding(path: Path) -> str:
    """``utf-8-sig`` if every byte fits, else ``cp1251``; raises ``RegisterError`` if neither does."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            with path.open(encoding=encoding) as text:
                while text.read(_READ):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise RegisterError(f"{path} cannot be read: {error.strerror}") from error
        return encoding
    raise RegisterError(f"{path} is neither UTF-8 nor CP1251 text; export the register as CSV again")


def _header(path: Path, text: TextIO) -> tuple[list[str], str]:
    """The lower-case column names and the delimiter; leaves ``text`` at the first row."""
    line = text.readline()
    delimiter = max(_DELIMITERS, key=line.count)
    header = [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise RegisterError(
            f"{path}: the header has no column {', '.join(missing)}; it needs {','.join(REQUIRED)}"
        )
    return header, delimiter


def _rows(path: Path, text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row after the header."""
    reader = csv.reader(text, delimiter=delimiter)
    line = 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            # A quoted cell may hold line breaks: the row's first line is named.
            line = reader.line_num + 2
    except csv.Error as error:
        raise RegisterError(f"{path}:{line}: {error}; export the register as CSV again") from error


def _refuse_again(row: dict[str, Any], number: int, lines: dict[bytes, int]) -> None:
    key = "\x1f".join((row["supplier"], row["account"], row["meter_serial"], row["tariff"]))
    first = lines.setdefault(blake2b(key.encode(), digest_size=12).digest(), number)
    if first != number:
        raise RowError(f"the same account, meter and tariff as in line {first}")


def _store(ctx: Context, rows: list[dict[str, Any]]) -> int:
    if rows:
        with ctx.records.begin() as tx:
            tx.registers.upsert(rows)
            for supplier in sorted({row["supplier"] for row in rows}):
                tx.registers.bump(supplier, ctx.clock())
    return len(rows)
