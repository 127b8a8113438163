"""A page that may be one side of a paper with fields on both: it waits until its whole file has been read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.results import SlipReading
from services import taught
from services.context import Context
from storage.records import SheetRow, Transaction
from storage.records.sheets import WAITING_SIDE
from templates.model import Template
from templates.sides import backs_with_fields

#: If the file is not read through by then, people get them as they are.
WAITS = timedelta(hours=1)


def waits(ctx: Context, tx: Transaction, row: SheetRow, template: Template) -> bool:
    """Whether a recognised page has to wait for the rest of its file.

    A back on which nothing is to be written belongs to a front beside it, if one is there already.
    """
    if template.back_of:
        return bool(template.fields) or not beside_its_front(tx, row, template)
    return template.purpose != "header" and bool(backs_with_fields(taught.loaded(ctx), template))


def hold(
    tx: Transaction, row: SheetRow, slip: SlipReading, seen: dict[str, Any], *, at: datetime, who: str
) -> tuple[SheetState, tuple[Reason, ...]]:
    """Keep what was read of a page until ``services.sides.conclude`` knows its other side.

    It is in review meanwhile, so that a crash leaves nothing that nobody would look at.
    """
    reasons = (Reason.OTHER_SIDE_AWAITED, *slip.reasons)
    tx.sheets.move(row, SheetState.REVIEW, reasons, at=at, who=who, **seen)
    tx.queue.take(WAITING_SIDE, row.id, at, at + WAITS)
    return SheetState.REVIEW, reasons


def beside_its_front(tx: Transaction, row: SheetRow, template: Template) -> bool:
    """Whether the page before or after shows the form whose back ``template`` is."""
    beside = (*tx.sheets.at(row.file_id, row.page - 1), *tx.sheets.at(row.file_id, row.page + 1))
    return any((sheet.template or "").partition("@")[0] == template.back_of for sheet in beside)
