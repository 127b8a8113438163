"""The accounts of personal slips, taken row by row from a register file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import RegisterError
from domain.supplier import AccountFormat

_CHUNK = 1 << 20
_MAX_HEADER = 4096
_COLUMNS: tuple[str, ...] = ("account", "meter_serial", "tariff", "supplier")


@dataclass(frozen=True)
class BadRow:
    """A row that gets no slip. ``line`` counts the file's lines from 1, the header being the first."""

    line: int
    problem: str


def read_accounts(
    path: Path,
    supplier: str,
    account: AccountFormat,
    report: Callable[[BadRow], None],
    *,
    several_meters: bool = False,
) -> Iterator[str]:
    """The account of each row, in order, one at a time; rows without a usable one go to ``report``.

    A register has a row per meter and *tariff*: further tariffs of a meter share the slip of its first row,
    and so do an account's further meters where the form has room for ``several_meters``.
    UTF-8 (with or without a mark) or CP1251; comma or semicolon. Raises ``RegisterError`` where the file is
    not a register at all.
    """
    with _open(path) as text:
        rows = csv.reader(text, delimiter=_delimiter(text, path))
        header = [name.strip().lower() for name in next(rows, [])]
        if "account" not in header:
            raise RegisterError(
                f"{path}:1: нет столбца account (no column account); первая строка — имена столбцов"
            )
        columns = {name: header.index(name) for name in _COLUMNS if name in header}
        seen: set[tuple[str, str]] = set()
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                report(BadRow(line, f"строка не читается: {error} (unreadable row); проверьте кавычки"))
                continue
            if not any(cell.strip() for cell in row):
                continue
            cells = {name: row[i].strip() if i < len(row) else "" for name, i in columns.items()}
            problem = _problem(cells, supplier, account)
            if problem:
                report(BadRow(line, problem))
                continue
            meter = (cells["account"], "" if several_meters else cells.get("meter_serial", ""))
            if (cells.get("tariff") or several_meters) and meter in seen:
                continue
            if cells.get("tariff") or several_meters:
                seen.add(meter)
            yield cells["account"]


def _problem(cells: Mapping[str, str], supplier: str, account: AccountFormat) -> str:
    number = cells["account"]
    if cells.get("supplier") not in (None, "", supplier):
        return f"поставщик «{cells['supplier']}», а бланк для «{supplier}» (another supplier); уберите строку"
    if account.accepts(number):
        return ""
    if not number:
        return "пустой account (no account); впишите номер лицевого счёта"
    if "e+" in number.lower():
        return f"account «{number}» испорчен таблицей (spreadsheet number); сохраните столбец как текст"
    length = (
        str(account.digits_min)
        if account.digits_min == account.digits_max
        else f"от {account.digits_min} до {account.digits_max}"
    )
    return f"account «{number[:40]}» не похож на счёт (bad account); нужно цифр: {length}"


def _open(path: Path) -> io.TextIOWrapper:
    try:
        return path.open(encoding=_encoding(path), newline="")
    except OSError as error:
        raise RegisterError(
            f"{path}: не читается: {error.strerror} (cannot read); проверьте имя файла"
        ) from None


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, else CP1251; read in pieces, so that a large register is no burden."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while piece := file.read(_CHUNK):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig"


def _delimiter(text: io.TextIOWrapper, path: Path) -> str:
    try:
        first = text.readline(_MAX_HEADER)
    except UnicodeDecodeError:
        raise RegisterError(
            f"{path}: не UTF-8 и не CP1251 (unknown encoding); сохраните файл в UTF-8"
        ) from None
    text.seek(0)
    return ";" if first.count(";") > first.count(",") else ","
