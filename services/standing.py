"""How a message stands, as its sender is told: by the channel that it came by, and under its reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.notices import NoticeKind, Told, text_of
from domain.reasons import Reason
from domain.sheet import SheetState
from services import telling
from services.context import Context
from services.portal import canonical
from storage.records import SheetRow, Transaction
from storage.records.messages import MessageRow
from storage.records.sheets import split_reasons

Outcome = Literal["received", "accepted", "not_accepted", "not_understood", "duplicate"]

KINDS = {
    SheetState.ACCEPTED: NoticeKind.RECEIVED,
    SheetState.REVIEW: NoticeKind.RECEIVED,
    SheetState.REJECTED: NoticeKind.NOT_ACCEPTED,
    SheetState.UNREADABLE: NoticeKind.NOT_ACCEPTED,
    SheetState.DUPLICATE: NoticeKind.DUPLICATE,
    SheetState.DELIVERED: NoticeKind.ACCEPTED,
}
_CHECKED = frozenset({SheetState.PENDING, SheetState.REVIEW})
#: Outcome of a mail whose pictures nobody has read yet.
WAITING = "waiting"
#: Of a mail with several pictures: the first of these that one of them is in says how the mail stands.
_FIRST = (
    SheetState.REVIEW,
    SheetState.PENDING,
    SheetState.ACCEPTED,
    SheetState.DELIVERED,
    SheetState.DUPLICATE,
    SheetState.REJECTED,
    SheetState.UNREADABLE,
)


@dataclass(frozen=True)
class Answered:
    """What the sender is told now. ``state`` of the sheet; None where none came of it. ``again``: known."""

    reference: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    text: str
    account: str = ""
    readings: tuple[str, ...] = ()
    sheet_id: int | None = None
    again: bool = False


@dataclass(frozen=True)
class MessageStanding:
    """What the page of a message's reference shows: nothing that its sender was not told.

    ``checking``: a person looks at it.
    """

    reference: str
    supplier: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    checking: bool
    created_at: datetime
    changed_at: datetime


def status_of(ctx: Context, reference: str, supplier: str | None = None) -> Answered | None:
    """How the message of that reference stands; None when there is none (of this supplier)."""
    with ctx.records.read() as tx:
        found = tx.messages.by_reference(canonical(reference))
        if found is None or supplier not in (None, found.supplier):
            return None
        return standing_of(ctx, tx, found)


def page_of(ctx: Context, reference: str) -> MessageStanding | None:
    """The same for everybody who has the reference: neither account nor reading."""
    with ctx.records.read() as tx:
        found = tx.messages.by_reference(canonical(reference))
        if found is None:
            return None
        answered = standing_of(ctx, tx, found)
        sheet = _deciding(_sheets(tx, found))
    waits = answered.outcome == "received" and (sheet is None or sheet.state in _CHECKED)
    return MessageStanding(
        found.reference,
        found.supplier,
        answered.outcome,
        answered.reasons,
        waits,
        found.received_at,
        found.received_at if sheet is None else sheet.updated_at,
    )


def standing_of(ctx: Context, tx: Transaction, message: MessageRow) -> Answered:
    """How a known message stands now, as its sender is told."""
    language = telling.language_of(message.language)
    sheets = _sheets(tx, message)
    sheet = _deciding(sheets)
    if sheet is None and message.outcome == WAITING:
        text = text_of(NoticeKind.RECEIVED, language)
        return Answered(message.reference, "received", (), text.body, again=True)
    if sheet is None:
        reasons = split_reasons(message.reasons)
        hint = ctx.suppliers[message.supplier].at(message.received_at.date()).texts.get("how_to_send", "")
        text = text_of(NoticeKind.NOT_UNDERSTOOD, language, reasons=reasons, hint=hint)
        return Answered(message.reference, "not_understood", reasons, text.body, again=True)
    said = told_reasons(sheet.state, sheet.reasons)
    kind = KINDS.get(sheet.state, NoticeKind.RECEIVED)
    readings = [each for one in sheets if one.state is sheet.state for each in tx.readings.of_sheet(one.id)]
    told = [Told(each.reading, each.tariff) for each in readings]
    text = text_of(kind, language, account=sheet.account or "", told=told, reasons=said)
    return Answered(
        message.reference,
        outcome_of(sheet.state),
        said,
        text.body,
        sheet.account or "",
        tuple(each.reading for each in readings),
        sheet.id,
        again=True,
    )


def outcome_of(state: SheetState) -> Outcome:
    """What a sheet's state is called where senders ask."""
    if state is SheetState.DELIVERED:
        return "accepted"
    if state in {SheetState.REJECTED, SheetState.UNREADABLE}:
        return "not_accepted"
    return "duplicate" if state is SheetState.DUPLICATE else "received"


def told_reasons(state: SheetState, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Why it was not accepted; what a person still looks into is not told."""
    final = {SheetState.REJECTED, SheetState.UNREADABLE, SheetState.DUPLICATE}
    return tuple(reasons) if state in final else ()


def _sheets(tx: Transaction, message: MessageRow) -> list[SheetRow]:
    """What the message said, or what was on the pictures that came with it, blank pages left out."""
    ids = tx.messages.sheets_of(message.id) if message.sheet_id is None else [message.sheet_id]
    return [sheet for sheet in tx.sheets.get(ids) if sheet.state is not SheetState.BLANK]


def _deciding(sheets: Sequence[SheetRow]) -> SheetRow | None:
    return min(sheets, key=lambda sheet: _FIRST.index(sheet.state), default=None)
