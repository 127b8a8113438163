"""The other side of a form: it belongs to the sheet before it and brings nothing of its own."""

from __future__ import annotations

from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.results import SlipReading
from storage.records import SheetRow, Transaction
from templates.model import Template


def take(
    tx: Transaction, row: SheetRow, slip: SlipReading, template: Template
) -> tuple[SheetState, tuple[Reason, ...]]:
    """What becomes of a page that is the back of ``template.back_of``.

    With its front on the page before (or after, where that was read first) it is done with, unless the back
    has fields of its own: those a person reads, with the front at hand. A back whose front is not there goes
    to a person, for a slip may be missing.
    """
    if not _has_front(tx, row, template):
        return SheetState.REVIEW, (Reason.BACK_WITHOUT_FRONT, *slip.reasons)
    if template.fields and Reason.EMPTY not in slip.reasons:
        return SheetState.REVIEW, (Reason.BACK_OF_FORM, *slip.reasons)
    return SheetState.BLANK, (Reason.BACK_OF_FORM,)


def _has_front(tx: Transaction, row: SheetRow, template: Template) -> bool:
    beside = (*tx.sheets.at(row.file_id, row.page - 1), *tx.sheets.at(row.file_id, row.page + 1))
    return any((sheet.template or "").partition("@")[0] == template.back_of for sheet in beside)
