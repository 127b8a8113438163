"""A channel's day file: CSV in UTF-8 or CP1251, a row a reading, each handled once however often it comes."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import ConflictError, UsageError
from domain.reasons import Reason
from services.context import Context
from services.incoming import Incoming, Spoken
from services.messages import receive_message
from services.standing import Answered
from services.text import clean, printable

#: Rows of one file.
MOST_ROWS = 100_000
_DELIMITERS = ";\t,"
#: Our name → what a file's header may call it, in lower case without blanks.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "account": ("account", "лицевойсчет", "лицевойсчёт", "лс", "счет", "счёт", "уин", "елс"),
    "reading": ("reading", "показание", "показания"),
    "tariff": ("tariff", "тариф", "зона"),
    "meter_serial": ("meter_serial", "счетчик", "счётчик", "номерсчетчика", "номерсчётчика"),
    "name": ("name", "surname", "фамилия", "фио", "организация"),
    "contact": ("contact", "phone", "email", "телефон", "почта"),
    "date": ("date", "day", "дата"),
    "id": ("id", "номер", "идентификатор"),
}
_TARIFFS = {"": "", "1": "T1", "2": "T2", "3": "T3", "t1": "T1", "t2": "T2", "t3": "T3"}
_DATES = ("%Y-%m-%d", "%d.%m.%Y")


@dataclass(frozen=True)
class DayRow:
    """What became of a row. ``line``: its first one in the file; ``problem``: why it was not taken."""

    line: int
    answered: Answered | None = None
    problem: str = ""
    reason: Reason | None = None


@dataclass(frozen=True)
class DayFile:
    """Where a day file comes from. ``day``: for rows without a date of their own."""

    supplier: str
    channel: str
    source: str
    day: date


def read_day_file(
    ctx: Context, data: bytes, file: DayFile, progress: Callable[[int], None] | None = None
) -> list[DayRow]:
    """Handle every row; raises ``UsageError`` when the file is none of that kind.

    Interrupted and called again with the same bytes, it goes on: rows that were handled are answered as they
    stand. Rows are told apart by their ``id``, or by the file and their line.
    """
    text = _text(data)
    names, rows = _table(text)
    stamp = hashlib.sha256(data).hexdigest()[:16]
    done: list[DayRow] = []
    for line, cells in rows:
        done.append(_row(ctx, dict(zip(names, cells, strict=False)), file, f"{stamp}:{line}", line))
        if len(done) > MOST_ROWS:
            raise UsageError(f"the file has more than {MOST_ROWS} rows; send it in parts")
        if progress is not None:
            progress(len(done))
    return done


def as_csv(rows: list[DayRow]) -> str:
    """The receipt of a day file: a line a row."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("line", "outcome", "reference", "reasons", "text"))
    for row in rows:
        if row.answered is None:
            writer.writerow((row.line, "not_taken", "", row.reason or "", row.problem))
        else:
            said = row.answered
            reasons = " ".join(reason.value for reason in said.reasons)
            writer.writerow((row.line, said.outcome, said.reference, reasons, said.text))
    return out.getvalue()


def _row(ctx: Context, cells: Mapping[str, str], file: DayFile, name: str, line: int) -> DayRow:
    values = {key: clean(cell) for key, cell in cells.items()}
    tariff = _TARIFFS.get(values.get("tariff", "").lower())
    if tariff is None:
        return DayRow(line, problem=f"tariff {printable(values['tariff'], 20)!r} is none of T1, T2, T3")
    day = _day(values.get("date", ""), file.day)
    if day is None:
        return DayRow(line, problem=f"date {printable(values['date'], 20)!r} is not YYYY-MM-DD or DD.MM.YYYY")
    if day > file.day:
        return DayRow(line, problem=f"date {day} is later than the file's day {file.day}")
    reading, _, decimals = values.get("reading", "").replace(",", ".").partition(".")
    if not (reading.isascii() and reading.isdigit()) or (decimals and not decimals.isdigit()):
        shown = printable(values.get("reading", ""), 20)
        return DayRow(line, problem=f"reading {shown!r} is no number", reason=Reason.READING_UNCLEAR)
    incoming = Incoming(
        supplier=file.supplier,
        channel=file.channel,
        source=file.source,
        external_id=values.get("id") or name,
        sender=values.get("contact", ""),
        text="",
        day=day,
        spoken=Spoken(
            values.get("account", ""),
            ((reading, tariff),),
            values.get("meter_serial", ""),
            values.get("name", ""),
        ),
        answered_here=True,
    )
    try:
        return DayRow(line, receive_message(ctx, incoming))
    except ConflictError:
        return DayRow(line, problem=f"another row came under the id {printable(incoming.external_id, 40)}")


def _day(text: str, otherwise: date) -> date | None:
    if not text:
        return otherwise
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    return None


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("the file is neither UTF-8 nor CP1251 text")


def _table(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = ["".join(clean(cell).lower().split()) for cell in next(reader, [])]
    known = {spelled: name for name, spellings in COLUMNS.items() for spelled in spellings}
    names = [known.get(cell, f"?{cell}") for cell in header]
    missing = [name for name in ("account", "reading") if name not in names]
    if missing:
        raise UsageError(
            f"the header has no column {' and '.join(missing)}; it needs account and reading, and may have "
            "tariff, meter_serial, name, contact, date and id"
        )
    return names, _rows(reader)


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    line = 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = getattr(reader, "line_num", line) + 1
    except csv.Error as error:
        raise UsageError(f"line {line}: {error}; write the file as CSV again") from error
