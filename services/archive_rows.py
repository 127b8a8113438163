"""The manifest of an archive: past scans, keyed twice by the supplier's own staff."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import UsageError
from services.claims import normalise_date, normalise_digits
from services.register import detect_encoding

NEEDED = ("path", "account_1", "reading_1", "account_2", "reading_2")
OPTIONAL = ("page", "slip", "date_1", "date_2")


@dataclass(frozen=True)
class Keyed:
    """What one person keyed: canonical texts, ``reading`` without leading zeros."""

    account: str
    reading: str
    date: str


@dataclass(frozen=True)
class ManifestRow:
    """One slip: ``line`` of the manifest (the header is 1), its scan, page and slip (from 1), keyings."""

    line: int
    path: Path
    page: int
    slip: int
    first: Keyed
    second: Keyed

    @property
    def disputed(self) -> bool:
        """Whether the two people keyed another account or reading: then nobody knows the truth."""
        return (self.first.account, self.first.reading) != (self.second.account, self.second.reading)

    @property
    def date(self) -> str:
        """The date that both keyed, or ""."""
        return self.first.date if self.first.date == self.second.date else ""


@dataclass(frozen=True)
class Manifest:
    """The rows in their order; ``bad``: (line, problem) of rows that cannot be used."""

    sha256: str
    rows: Sequence[ManifestRow]
    bad: Sequence[tuple[int, str]]


def read_manifest(path: Path) -> Manifest:
    """A CSV (comma, semicolon or tab; UTF-8 or CP1251) with the columns ``NEEDED`` and perhaps ``OPTIONAL``.

    Paths are relative to the manifest's folder. Raises ``UsageError`` when it is no manifest at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; name a CSV file") from None
    lines = data.decode(detect_encoding(path)).splitlines()
    header = lines[0] if lines else ""
    separator = max(",;\t", key=header.count)
    names = [name.strip().strip('"').lower() for name in header.split(separator)]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UsageError(f"{path} has no column {missing[0]}; the first line names {', '.join(NEEDED)}")
    rows: list[ManifestRow] = []
    bad: list[tuple[int, str]] = []
    for number, cells in enumerate(csv.reader(lines[1:], delimiter=separator), start=2):
        if not any(cell.strip() for cell in cells):
            continue
        values = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        try:
            rows.append(_row(number, values, path.parent))
        except ValueError as error:
            bad.append((number, str(error)))
    return Manifest(hashlib.sha256(data).hexdigest(), rows, bad)


def _row(line: int, values: Mapping[str, str], folder: Path) -> ManifestRow:
    if not values.get("path"):
        raise ValueError("no path")
    keyings = [_keyed(values, "1"), _keyed(values, "2")]
    return ManifestRow(
        line, folder / values["path"], _number(values, "page"), _number(values, "slip"), *keyings
    )


def _keyed(values: Mapping[str, str], which: str) -> Keyed:
    account, reading = values.get(f"account_{which}", ""), values.get(f"reading_{which}", "")
    digits = normalise_digits(reading)
    if not normalise_digits(account).isdigit() or not digits.isdigit():
        raise ValueError(f"account_{which} or reading_{which} is not made of digits")
    date = values.get(f"date_{which}", "")
    return Keyed(normalise_digits(account), digits.lstrip("0") or "0", normalise_date(date) if date else "")


def _number(values: Mapping[str, str], name: str) -> int:
    text = values.get(name) or "1"
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name} is {text!r}, not a number from 1")
    return int(text)
