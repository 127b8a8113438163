"""Tell customers what became of their readings: notices are queued in the transaction that decides.

Whoever sent a message is answered the way it came; for a slip the register names a telephone or an address,
and without one the notice is a line of the customer's next receipt. "Accepted" is said only once billing has
acknowledged the reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.notices import NoticeKind, NoticeText, Told, text_of
from domain.reason_texts import Language
from domain.reasons import Reason
from services.context import Context
from storage.records import SheetRow, Transaction
from storage.records.messages import MessageRow
from storage.records.notices import DOUBTFUL, FAILED, QUEUED, NewNotice, NoticeRow
from storage.records.readings import ReadingRow

SMS, EMAIL, RECEIPT = "sms", "email", "receipt"
#: A verdict may be taken back for a while: its notice waits as long.
GRACE = timedelta(minutes=10)
#: Older verdicts are left alone when notices are switched on.
NOT_OLDER = timedelta(days=7)
#: Channels whose customers left no address with the reading.
_PAPER = frozenset({"station", "desk", "receipt"})


@dataclass(frozen=True)
class Destination:
    """Where a customer is told something: channel sms, email or receipt, and the number or address."""

    channel: str
    address: str
    language: Language = "ru"


@dataclass(frozen=True)
class NoticeView:
    """A notice as the review pages show it."""

    id: int
    kind: str
    channel: str
    address: str
    body: str
    state: str
    at: datetime
    error: str


def answer(
    ctx: Context,
    tx: Transaction,
    message: MessageRow,
    kind: NoticeKind,
    *,
    account: str = "",
    told: Sequence[Told] = (),
    reasons: Sequence[Reason] = (),
    report_to: str = "",
    here: bool = False,
) -> NoticeText:
    """What a message is answered at once; queued where its sender is not answered ``here`` and can be."""
    rules = ctx.suppliers[message.supplier].at(message.received_at.date())
    reference = message.reference if message.channel not in {SMS} else ""
    text = text_of(
        kind,
        language_of(message.language),
        account=account,
        told=told,
        reasons=reasons,
        reference=reference,
        hint=rules.texts.get("how_to_send", ""),
        report_to=report_to,
    )
    # Who called the API has the answer in hand.
    if not here and message.channel in {SMS, EMAIL} and (where := _reply_to(message)) is not None:
        queue(
            ctx,
            tx,
            message.supplier,
            f"message {message.id}",
            where,
            kind=kind,
            text=text,
            message=message.id,
        )
    return text


def accepted(ctx: Context, tx: Transaction, sheet: SheetRow, readings: Sequence[ReadingRow]) -> None:
    """Billing has acknowledged all readings of the sheet."""
    first = readings[0]
    where, message = destination(tx, sheet, first.account)
    if where is None:
        return
    told = [Told(each.reading, each.tariff) for each in readings]
    text = text_of(NoticeKind.ACCEPTED, where.language, account=first.account, told=told, month=first.period)
    key = f"sheet {sheet.id} revision {first.revision}"
    queue(
        ctx,
        tx,
        sheet.supplier,
        key,
        where,
        kind=NoticeKind.ACCEPTED,
        text=text,
        sheet=sheet.id,
        message=message,
    )


def rejected(ctx: Context, limit: int = 500) -> int:
    """Queue notices about sheets that were rejected since; returns how many.

    Derived from the records, like the outbox: whatever rejected a sheet, its customer is told once.
    """
    now = ctx.clock()
    told = 0
    with ctx.records.begin() as tx:
        for sheet_id in tx.notices.untold(now - NOT_OLDER, now - GRACE, limit):
            [sheet] = tx.sheets.get([sheet_id])
            where, message = destination(tx, sheet, sheet.account or "")
            text = text_of(
                NoticeKind.NOT_ACCEPTED,
                where.language if where is not None else "ru",
                account=sheet.account or "",
                reasons=sheet.reasons,
            )
            key = f"sheet {sheet.id} rejected {sheet.updated_at:%Y%m%d%H%M%S}"
            # Whom nobody can reach has a line in the records all the same: it is not looked for again.
            queue(
                ctx,
                tx,
                sheet.supplier,
                key,
                where or Destination("none", ""),
                kind=NoticeKind.NOT_ACCEPTED,
                text=text,
                sheet=sheet.id,
                message=message,
            )
            told += where is not None
    return told


def destination(tx: Transaction, sheet: SheetRow, account: str) -> tuple[Destination | None, int | None]:
    """Where the customer of a sheet is told something, and the message it came with."""
    message = tx.messages.of_sheet(sheet.id)
    if message is not None:
        where = _reply_to(message)
        if where is not None or message.channel in {SMS, EMAIL}:
            return where, message.id
    contact = tx.notices.contact(sheet.supplier, account) if account else None
    found = message.id if message is not None else None
    if contact is not None:
        phone, email, notify = contact
        wanted = notify.strip().lower()
        if email and (wanted == EMAIL or not phone):
            return Destination(EMAIL, email), found
        if phone and wanted not in {"no", "none", "нет"}:
            return Destination(SMS, phone), found
    return (Destination(RECEIPT, account), found) if account and sheet.channel in _PAPER else (None, found)


def queue(
    ctx: Context,
    tx: Transaction,
    supplier: str,
    key: str,
    where: Destination,
    *,
    kind: NoticeKind,
    text: NoticeText,
    sheet: int | None = None,
    message: int | None = None,
) -> bool:
    """Queue one notice; False when this one was queued before."""
    return tx.notices.add(
        NewNotice(
            supplier=supplier,
            key=f"{key} {kind.value}",
            kind=kind.value,
            channel=where.channel,
            address=where.address,
            language=where.language,
            subject=text.subject,
            body=text.body,
            created_at=ctx.clock(),
            sheet_id=sheet,
            message_id=message,
        )
    )


def notices_of_sheet(ctx: Context, sheet_id: int) -> list[NoticeView]:
    """What the customer of a sheet was or will be told, oldest first: for the review page."""
    with ctx.records.read() as tx:
        return told_of(tx, sheet_id)


def told_of(tx: Transaction, sheet_id: int) -> list[NoticeView]:
    """As ``notices_of_sheet``, inside a transaction."""
    rows = tx.notices.of_sheet(sheet_id)
    message = tx.messages.of_sheet(sheet_id)
    if message is not None:
        known = {row.id for row in rows}
        rows += [row for row in tx.notices.of_message(message.id) if row.id not in known]
    return [_view(row) for row in sorted(rows, key=lambda row: row.id)]


def stuck(ctx: Context, supplier: str | None = None, limit: int = 100) -> list[NoticeView]:
    """Notices that a person has to look at: failed, or nobody knows whether they went out."""
    with ctx.records.read() as tx:
        return [_view(row) for row in tx.notices.listed((FAILED, DOUBTFUL), supplier, limit)]


def send_again(ctx: Context, who: str, notice_id: int) -> bool:
    """A person decides that a failed or doubtful notice goes out once more; False when it is neither."""
    now = ctx.clock()
    with ctx.records.begin() as tx:
        row = tx.notices.get(notice_id)
        if row is None or row.state not in {FAILED, DOUBTFUL}:
            return False
        tx.notices.set(notice_id, row.state, QUEUED, next_at=now, attempts=0, error="")
        details = {"notice": notice_id, "was": row.state}
        tx.audits.add(now, who, "notice.again", supplier=row.supplier, sheet_id=row.sheet_id, details=details)
    return True


def language_of(code: str) -> Language:
    """The customer's language: English where that was asked for, else Russian."""
    return "en" if code == "en" else "ru"


def _reply_to(message: MessageRow) -> Destination | None:
    sender = message.sender.strip()
    if not sender:
        return None
    return Destination(EMAIL if "@" in sender else SMS, sender, language_of(message.language))


def _view(row: NoticeRow) -> NoticeView:
    return NoticeView(
        row.id,
        row.kind,
        row.channel,
        row.address,
        row.body,
        row.state,
        row.sent_at or row.created_at,
        row.error,
    )
