"""The end of a month: accounts without a reading for billing, customers to remind, meters to look at.

One walk over the register writes three files. Each is complete or not there; nothing in the records changes
but the audit log, so that the same month may be closed again into other files.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TextIO

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from domain.month_end import last_day, looks, months_without, substitute
from domain.supplier import DatedRules
from domain.window import billing_period
from services.context import Context
from services.placing import put_in_place
from storage.records.month_ends import AccountLine

NO_READING: Final = "no-reading.csv"
REMINDERS: Final = "reminders.csv"
FIELD_CHECKS: Final = "field-checks.csv"
COLUMNS: Final = {
    NO_READING: "supplier,account,meter_serial,tariff,period,months_without,method,kwh,basis,surname,address",
    REMINDERS: "supplier,account,surname,notify,phone,email,months_without,last_day",
    FIELD_CHECKS: "supplier,route,address,account,surname,meter_serial,tariff,reasons,months_without,"
    "last_reading,last_date",
}
#: Readings of so many months are looked at: the same season of the year before, and the months before it.
_MONTHS: Final = 17
_WHO: Final = "month-end"


@dataclass(frozen=True)
class MonthEnd:
    """What was written: rows of each file, meters of the register that were looked at, and where.

    ``average`` and ``norm``: rows of the first file by method; ``unknown``: those whose kWh billing knows.
    """

    folder: str
    meters: int
    no_reading: int
    average: int
    norm: int
    unknown: int
    reminders: int
    field_checks: int


def close_month(
    ctx: Context,
    supplier: str,
    period: str,
    day: date,
    folder: Path,
    *,
    progress: Callable[[int], None] | None = None,
) -> MonthEnd:
    """Write the files of ``period`` (YYYY-MM) as it stands on ``day`` into ``folder``, which exists.

    Raises ``UsageError``, ``AlreadyExistsError`` when one of the files is there, ``StorageError``.
    """
    _check(ctx, supplier, period, folder)
    try:
        with ExitStack() as stack:
            writing = _Writing(folder, stack)
            walked = _Walk(ctx.suppliers[supplier].at(_within(period, day)), period, day)
            with ctx.records.read() as tx:
                for line in tx.month_ends.lines(supplier, period, _months_before(period, _MONTHS)):
                    walked.take(line, writing)
                    if progress is not None and walked.meters % 10_000 == 0:
                        progress(walked.meters)
            walked.end(writing)
        writing.put()
    except FileExistsError as error:
        raise AlreadyExistsError(f"{error.args[0]} exists; choose another folder") from None
    except OSError as error:
        raise StorageError(f"{folder} cannot be written to: {error.strerror}") from error
    result = MonthEnd(
        str(folder),
        walked.meters,
        writing.rows[NO_READING],
        walked.average,
        walked.norm,
        walked.unknown,
        writing.rows[REMINDERS],
        writing.rows[FIELD_CHECKS],
    )
    with ctx.records.begin() as tx:
        details = {**vars(result), "period": period, "day": day.isoformat()}
        tx.audits.add(ctx.clock(), _WHO, "month_end.written", supplier=supplier, details=details)
    return result


class _Walk:
    """What one line after the other gives; customers are reminded once an account."""

    def __init__(self, rules: DatedRules, period: str, day: date) -> None:
        self._rules, self._period, self._day = rules, period, day
        self._until = last_day(rules, day) if period == billing_period(day) else None
        self._account = ""
        self._reminded = False
        self._visits: list[tuple[str, ...]] = []
        self.meters = self.average = self.norm = self.unknown = 0

    def take(self, line: AccountLine, writing: _Writing) -> None:
        """One meter and tariff."""
        row = line.row
        self.meters += 1
        if row.account != self._account:
            self._account, self._reminded = row.account, False
        if row.status_on(self._day):
            return
        last = line.past[-1] if line.past else None
        months = months_without(row, last.day if last else None, line.estimated_months, self._period)
        if line.billed:
            months = 0
        # A reading that billing already had when the register was made.
        if months > 0:
            self._without(line, months, writing)
        reasons = looks(row, line.past, self._day, months)
        if reasons:
            reading, when = (last.reading, last.day) if last else (row.previous_reading, row.previous_date)
            self._visits.append(
                (
                    row.supplier,
                    line.route,
                    row.address,
                    row.account,
                    row.surname,
                    row.meter_serial,
                    row.tariff,
                    " ".join(reasons),
                    str(months),
                    reading or "",
                    when.isoformat() if when else "",
                )
            )

    def _without(self, line: AccountLine, months: int, writing: _Writing) -> None:
        row = line.row
        instead = substitute(
            self._rules.no_reading, months, row, line.past, day=self._day, norm=line.monthly_norm
        )
        if instead.method == "average":
            self.average += 1
        else:
            self.norm += 1
        self.unknown += instead.kwh is None
        kwh = "" if instead.kwh is None else f"{instead.kwh:.2f}"
        writing.add(
            NO_READING,
            (
                row.supplier,
                row.account,
                row.meter_serial,
                row.tariff,
                self._period,
                str(months),
                instead.method,
                kwh,
                instead.basis,
                row.surname,
                row.address,
            ),
        )
        reachable = line.phone or line.email
        if self._until is not None and reachable and line.notify != "none" and not self._reminded:
            self._reminded = True
            writing.add(
                REMINDERS,
                (
                    row.supplier,
                    row.account,
                    row.surname,
                    line.notify,
                    line.phone,
                    line.email,
                    str(months),
                    self._until.isoformat(),
                ),
            )

    def end(self, writing: _Writing) -> None:
        """The visits, by route and address, so that a controller can walk them."""
        for cells in sorted(self._visits, key=lambda cells: cells[1:7]):
            writing.add(FIELD_CHECKS, cells)


class _Writing:
    """Temporary files beside their places, durable before they get their names."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self.rows = dict.fromkeys(COLUMNS, 0)
        self._files: dict[str, TextIO] = {}
        self._writers: dict[str, Any] = {}
        for name, header in COLUMNS.items():
            file = stack.enter_context(self._temporary(name).open("w", encoding="utf-8", newline=""))
            file.write(f"{header}\n")
            self._files[name] = file
            self._writers[name] = csv.writer(file, lineterminator="\n")

    def add(self, name: str, cells: Iterable[str]) -> None:
        self.rows[name] += 1
        self._writers[name].writerow([harmless(cell) for cell in cells])

    def put(self) -> None:
        """Give the files their names; they are closed by now."""
        for name in COLUMNS:
            with self._temporary(name).open("rb+") as file:
                os.fsync(file.fileno())
        for name in COLUMNS:
            put_in_place(self._temporary(name), self._folder / name)

    def _temporary(self, name: str) -> Path:
        return self._folder / f".{name}.tmp"


def _check(ctx: Context, supplier: str, period: str, folder: Path) -> None:
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    try:
        date.fromisoformat(f"{period}-01")
    except ValueError:
        raise UsageError(f"{period!r} is no month; write YYYY-MM") from None
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; make it first")
    for name in COLUMNS:
        if (folder / name).exists():
            raise AlreadyExistsError(f"{folder / name} exists; choose another folder")


def _within(period: str, day: date) -> date:
    """The day whose rules hold: ``day``, or the period's last one where it is over."""
    first = date.fromisoformat(f"{period}-01")
    return day if billing_period(day) == period else first.replace(day=28)


def _months_before(period: str, months: int) -> str:
    number = 12 * int(period[:4]) + int(period[5:7]) - 1 - months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
