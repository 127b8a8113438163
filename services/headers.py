"""The header sheet of a box: what it says goes into its batch's papers, for a person to look over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ocr.results import SlipReading
from storage.records import SheetRow, Transaction
from storage.records.papers import CLOSED, PapersRow

#: What the sheet says with digits alone, and the papers have under the same name.
_NUMBERS = ("box", "seal", "collector")


def take(tx: Transaction, row: SheetRow, slip: SlipReading, *, at: datetime, who: str) -> None:
    """Fill in what the station has not typed; the first header sheet of a batch counts.

    A batch that no station opened gets its papers from the sheet.
    """
    papers = tx.papers.of_batch(row.batch_id)
    if papers is None:
        papers = PapersRow(
            row.batch_id, f"batch{row.batch_id}", who, CLOSED, bag=f"{row.collected:%Y%m%d}-{row.batch_id}"
        )
        tx.papers.add(papers)
    if papers.header_sheet is not None:
        return
    values: dict[str, Any] = {"header_sheet": row.id}
    said = {name: _said(slip, name) for name in _NUMBERS} | {"emptied": _moment(slip)}
    values |= {name: value for name, value in said.items() if value and not getattr(papers, name)}
    count = _said(slip, "count")
    if count and papers.declared is None:
        values["declared"] = int(count)
    tx.papers.change(row.batch_id, **values)
    details = {"batch": row.batch_id, "read": values}
    tx.audits.add(at, who, "batch.header", supplier=row.supplier, sheet_id=row.id, details=details)


def _moment(slip: SlipReading) -> str:
    """Day and time of the emptying, as far as they are written."""
    day, time = slip.fields.get("date"), _said(slip, "emptied")
    shown = "" if day is None or not day.value else ".".join(reversed(day.value.split("-")))
    return f"{shown} {time[:2]}:{time[2:]}".strip() if len(time) == 4 else shown


def _said(slip: SlipReading, name: str) -> str:
    """A field's digits, where all of them are digits."""
    result = slip.fields.get(name)
    value = "" if result is None else result.value or ""
    return value if value.isascii() and value.isdigit() else ""
