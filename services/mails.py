"""A mail: its words go the way of a text message, its pictures the way of scans and photos; one answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from domain.errors import InputError, UsageError
from domain.messages import Message, parse_message
from domain.notices import NoticeKind, Told
from domain.reasons import Reason
from domain.sheet import SheetState
from domain.supplier import AccountFormat
from services import digitise, telling
from services.context import Context
from services.incoming import Incoming, Spoken
from services.judging import sheets_lock
from services.messages import add_message, receive_message
from services.photo_intake import PhotoClaim, receive_photo
from services.receive import receive_file
from services.results import BatchOrder
from services.standing import WAITING
from services.text import printable
from storage.records import SheetRow, Transaction
from storage.records.messages import MessageRow

CHANNEL = "email"
#: Mails of one sender within a day that are answered: no loop of machines lasts.
MOST_ANSWERS = 20
#: Larger mails are not kept beside the reading that was in them.
MOST_ORIGINAL = 1 << 20
#: Attachments of one mail that are read.
MOST_ATTACHMENTS = 10
_NUMBER = re.compile(r"(?<![0-9])[0-9]{5,14}(?![0-9])")
_SUFFIX = re.compile(r"[.][A-Za-z0-9]{1,5}$")
_WAITING = frozenset({SheetState.PENDING})
_TAKEN = frozenset({SheetState.ACCEPTED, SheetState.REVIEW, SheetState.DELIVERED})

Handled = Literal["ignored", "reading", "not_understood", "pictures", "known"]


@dataclass(frozen=True)
class Attachment:
    """A picture or PDF that came with a mail."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """A mail. ``text``: its sender's own words; ``automatic``: why no machine must answer it."""

    message_id: str
    sender: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    automatic: str
    raw: bytes


def receive_mail(ctx: Context, mail: Mail, supplier: str, mailbox: str, day: date) -> Handled:
    """Handle a mail once; its answer is queued at once, or once its pictures are read (``finish``)."""
    incoming = Incoming(supplier, CHANNEL, mailbox, mail.message_id, mail.sender, _shown(mail), day)
    with ctx.records.read() as tx:
        if tx.messages.known(supplier, CHANNEL, mailbox, mail.message_id) is not None:
            return "known"
    if mail.automatic:
        _note(ctx, incoming, "ignored", mail.automatic)
        return "ignored"
    form = ctx.suppliers[supplier].account
    said = _said(mail, form)
    if mail.attachments and len(said.readings) <= 1:
        return _pictures(ctx, incoming, mail, said)
    if said.reasons:
        return _not_understood(ctx, incoming, said.reasons)
    spoken = Spoken(said.account, tuple((r, "") for r in said.readings), name=said.surname)
    here = _often(ctx, incoming)
    # The mail itself, with its signatures, is the reading's original; one with pictures in it is too large.
    original = mail.raw if len(mail.raw) <= MOST_ORIGINAL else b""
    receive_message(ctx, replace(incoming, spoken=spoken, answered_here=here, original=original))
    return "reading"


def finish(ctx: Context) -> int:
    """Read the pictures of mails that wait for it and queue their answers; returns how many were answered."""
    with ctx.records.read() as tx:
        waiting = tx.messages.waiting(CHANNEL)
    done = 0
    for message in waiting:
        with ctx.records.read() as tx:
            files = tx.messages.files_of(message.id)
        for file_id in files:
            digitise.split(ctx, file_id)
        with ctx.records.read() as tx:
            sheets = tx.sheets.get(tx.messages.sheets_of(message.id))
        pending = [sheet.id for sheet in sheets if sheet.state in _WAITING]
        if pending:
            digitise.digitise_chunk(ctx, pending)
        done += _answer(ctx, message)
    return done


def _said(mail: Mail, form: AccountFormat) -> Message:
    """What subject and body say together; two different readings are not understood."""
    found = [parse_message(mail.subject, form, subject=True)] if mail.subject.strip() else []
    if mail.text:
        whole = parse_message(mail.text, form)
        # Greetings and thanks stand in lines of their own; a second line with digits may be a doubt.
        lines = [line for line in mail.text.splitlines() if any(c.isdigit() for c in line)]
        found.append(parse_message(lines[0], form) if whole.reasons and len(lines) == 1 else whole)
    good = {(m.account, m.readings): m for m in found if not m.reasons}
    if len(good) == 1:
        return next(iter(good.values()))
    if good:
        return Message(reasons=(Reason.NOT_UNDERSTOOD,))
    doubts = [m for m in found if Reason.NOT_UNDERSTOOD not in m.reasons and m.reasons]
    return doubts[0] if doubts else Message(reasons=(Reason.NOT_UNDERSTOOD,))


def _account_in(mail: Mail, form: AccountFormat) -> str:
    """The one number in subject and text that can be an account; "" where there is none or several."""
    numbers = {n for n in _NUMBER.findall(f"{mail.subject}\n{mail.text}") if form.may_name(n)}
    return numbers.pop() if len(numbers) == 1 else ""


def _pictures(ctx: Context, incoming: Incoming, mail: Mail, said: Message) -> Handled:
    account = said.account or _account_in(mail, ctx.suppliers[incoming.supplier].account)
    reading = said.readings[0] if said.readings else ""
    files: list[int] = []
    refused: list[Reason] = []
    for number, each in enumerate(mail.attachments[:MOST_ATTACHMENTS], 1):
        # People name files after themselves; the log, which nothing is taken out of, needs no names.
        named = replace(each, name=f"attachment-{number}{_suffix(each.name)}")
        try:
            files.append(_take(ctx, incoming, named, account, reading))
        except InputError as error:
            refused.append(error.reason)
    with ctx.records.begin() as tx:
        tx.lock(sheets_lock(incoming.supplier))
        if tx.messages.known(*_name(incoming)) is not None:
            return "known"
        message = add_message(tx, incoming, ctx.clock())
        tx.messages.add_files(message.id, files)
        _log(ctx, tx, message)
        outcome = WAITING if files else "not_understood"
        reasons = ",".join(dict.fromkeys(reason.value for reason in refused))
        tx.messages.set(message.id, outcome=outcome, reasons=reasons)
        if not files:
            telling.answer(
                ctx, tx, message, NoticeKind.NOT_ACCEPTED, reasons=refused, here=not _may(ctx, tx, message)
            )
            return "not_understood"
    return "pictures"


def _suffix(name: str) -> str:
    found = _SUFFIX.search(name)
    return found[0].lower() if found else ""


def _take(ctx: Context, incoming: Incoming, each: Attachment, account: str, reading: str) -> int:
    """A photo of a meter where the mail names an account; else it may be a slip."""
    if account and each.kind.startswith("image/"):
        entered = {"reading": reading} if reading else {}
        claim = PhotoClaim(incoming.supplier, CHANNEL, account, incoming.day, "", entered)
        try:
            return receive_photo(ctx, each.data, each.name, claim).file_id
        except UsageError:
            pass
    order = BatchOrder(incoming.supplier, CHANNEL, printable(incoming.source), incoming.day)
    return receive_file(ctx, each.data, each.name, order).file_id


def _answer(ctx: Context, message: MessageRow) -> int:
    """The answer to a mail's pictures, once all are read."""
    with ctx.records.begin() as tx:
        sheets = tx.sheets.get(tx.messages.sheets_of(message.id))
        if any(sheet.state in _WAITING for sheet in sheets):
            return 0
        tx.messages.set(message.id, outcome="pictures")
        seen = [sheet for sheet in sheets if sheet.state is not SheetState.BLANK]
        kind, told, account, reasons = _summary(tx, seen)
        telling.answer(
            ctx,
            tx,
            message,
            kind,
            account=account,
            told=told,
            reasons=reasons,
            here=not _may(ctx, tx, message),
        )
    return 1


def _summary(
    tx: Transaction, sheets: Sequence[SheetRow]
) -> tuple[NoticeKind, list[Told], str, tuple[Reason, ...]]:
    taken = [sheet for sheet in sheets if sheet.state in _TAKEN]
    account = next((sheet.account for sheet in taken or sheets if sheet.account), "") or ""
    if taken:
        told = [Told(r.reading, r.tariff) for sheet in taken for r in tx.readings.of_sheet(sheet.id)]
        return NoticeKind.RECEIVED, told, account, ()
    if sheets and all(sheet.state is SheetState.DUPLICATE for sheet in sheets):
        return NoticeKind.DUPLICATE, [], account, ()
    reasons = tuple(dict.fromkeys(reason for sheet in sheets for reason in sheet.reasons))
    return NoticeKind.NOT_ACCEPTED, [], account, reasons or (Reason.TEMPLATE_NOT_FOUND,)


def _not_understood(ctx: Context, incoming: Incoming, reasons: tuple[Reason, ...]) -> Handled:
    with ctx.records.begin() as tx:
        tx.lock(sheets_lock(incoming.supplier))
        if tx.messages.known(*_name(incoming)) is not None:
            return "known"
        message = add_message(tx, incoming, ctx.clock())
        _log(ctx, tx, message)
        tx.messages.set(message.id, outcome="not_understood", reasons=",".join(r.value for r in reasons))
        here = not _may(ctx, tx, message)
        telling.answer(ctx, tx, message, NoticeKind.NOT_UNDERSTOOD, reasons=reasons, here=here)
    return "not_understood"


def _note(ctx: Context, incoming: Incoming, outcome: str, why: str) -> None:
    with ctx.records.begin() as tx:
        tx.lock(sheets_lock(incoming.supplier))
        if tx.messages.known(*_name(incoming)) is None:
            message = add_message(tx, incoming, ctx.clock())
            tx.messages.set(message.id, outcome=outcome)
            _log(ctx, tx, message, why)


def _log(ctx: Context, tx: Transaction, message: MessageRow, why: str = "") -> None:
    details: dict[str, object] = {"message": message.id, "mailbox": message.source}
    details |= {"ignored": why} if why else {}
    tx.audits.add(ctx.clock(), CHANNEL, "mail.received", supplier=message.supplier, details=details)


def _often(ctx: Context, incoming: Incoming) -> bool:
    with ctx.records.read() as tx:
        lately = tx.messages.lately(incoming.supplier, incoming.sender, ctx.clock() - timedelta(days=1))
    return lately >= MOST_ANSWERS


def _may(ctx: Context, tx: Transaction, message: MessageRow) -> bool:
    lately = tx.messages.lately(message.supplier, message.sender, ctx.clock() - timedelta(days=1))
    return lately <= MOST_ANSWERS


def _name(incoming: Incoming) -> tuple[str, str, str, str]:
    return incoming.supplier, incoming.channel, incoming.source, incoming.external_id


def _shown(mail: Mail) -> str:
    return f"{mail.subject}\n{mail.text}".strip()
