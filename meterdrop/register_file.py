"""A register that is only read beside pictures: its accounts, and what it knows of their meters."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.errors import UsageError

if TYPE_CHECKING:
    from domain.account import RegisterRow
    from ocr.decode import AccountIndex

#: Columns that say something of a reading; without any of them only the accounts are used.
_OF_METERS = ("digits", "previous_reading")


class RegisterFile:
    """The accounts of a CSV as an index, and each account's rows, read when they are asked for.

    A row with a mistake gives no history; ``complain`` is told its line and why. About the file's size is
    kept in memory.
    """

    def __init__(
        self,
        path: Path,
        length: int,
        complain: Callable[[str], None] = lambda _: None,
        option: str = "--register",
    ) -> None:
        """Read the CSV: a header with ``account`` at least, comma, semicolon or tab, UTF-8 or CP1251.

        ``length``: how many digits the accounts have. Raises ``UsageError``.
        """
        from ocr.decode import AccountIndex

        self._path, self._complain = path, complain
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{option} {path}: {error.strerror or error}; name a CSV file") from None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1251", errors="replace")
        self._lines = text.splitlines()
        header = self._lines[0] if self._lines else ""
        self._separator = max(",;\t", key=header.count)
        self._names = [name.strip().strip('"').lower() for name in header.split(self._separator)]
        if "account" not in self._names:
            raise UsageError(f"{option} {path}: no column account; the first line must name the columns")
        accounts, first_lines = self._accounts()
        self.index: AccountIndex = AccountIndex.build(accounts, length)
        if not len(self.index):
            raise UsageError(f"{option} {path}: no account with {length} digits; check the column account")
        self._has_meters = any(name in self._names for name in _OF_METERS)
        self._numbers, self._first_lines = (
            _sorted(accounts, first_lines) if self._has_meters else (np.zeros(0), np.zeros(0, np.int64))
        )
        if not self._has_meters:
            self._lines = []

    def rows(self, account: str) -> tuple[RegisterRow, ...]:
        """An account's meters and tariffs; none for an unknown account or a register of accounts alone."""
        if not (self._has_meters and account in self.index):
            return ()
        first, end = np.searchsorted(self._numbers, [float(account), np.nextafter(float(account), np.inf)])
        found = (self._row(int(line)) for line in self._first_lines[first:end])
        return tuple(row for row in found if row is not None and row.account == account)

    def _accounts(self) -> tuple[list[str], list[int]]:
        """Every row's account, and the number of its first line, from 0."""
        column = self._names.index("account")
        accounts, first_lines = [], []
        reader = csv.reader(self._lines[1:], delimiter=self._separator)
        begins = 1
        try:
            for row in reader:
                accounts.append(row[column].strip() if len(row) > column else "")
                first_lines.append(begins)
                begins = reader.line_num + 1
        except csv.Error as error:
            raise UsageError(f"{self._path}:{begins + 1}: {error}; export the register again") from None
        return accounts, first_lines

    def _row(self, line: int) -> RegisterRow | None:
        from domain.account import RegisterRow
        from domain.supplier import AccountFormat, SupplierRules
        from services.register_rows import REQUIRED, RowError, parse_row

        text = "\n".join(self._lines[line : line + 20])
        cells = next(csv.reader(io.StringIO(text), delimiter=self._separator), [])
        given = dict(zip(self._names, cells, strict=False))
        header = [*REQUIRED, "previous_kind", "ratio"]
        anyone = SupplierRules("", "", AccountFormat(1, 99), ())
        try:
            row = parse_row(header, [given.get(name, "") for name in header], "", {"": anyone})
        except RowError as error:
            self._complain(f"{self._path}:{line + 1}: {error}; this row's history is not used")
            return None
        names = RegisterRow.__dataclass_fields__
        return RegisterRow(**{name: value for name, value in row.items() if name in names})


def _sorted(
    accounts: Sequence[str], first_lines: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Accounts as numbers, ascending (rounded where they have more than 15 digits), with their lines."""
    numbers = np.array([float(a) if a.isascii() and a.isdigit() else -1.0 for a in accounts])
    order = np.argsort(numbers, kind="stable")
    return numbers[order], np.array(first_lines, dtype=np.int64)[order]
