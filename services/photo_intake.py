"""Photos of meters from any channel that cannot ask back: received, read in the reader processes, judged.

The customer page asks its customer at once (``services.submit``); mail, messages and files do not. A photo's
claim (whose account, which day) is kept as a submission from the moment it is received, so that whoever comes
later can read and judge it: it waits as a pending sheet like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from domain.account import RegisterRow, same_serial
from domain.errors import UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import cleaning, photos, receive, settling
from services.context import Context, MeterHint, PageRead
from services.photo_slip import remembered, slip_of, with_reason
from services.portal import new_reference
from services.results import Receipt
from services.text import clean, printable
from storage.records import SheetRow, Transaction
from storage.records.submissions import NewSubmission, SubmissionRow


@dataclass(frozen=True)
class PhotoClaim:
    """What is claimed of a photo. ``day``: for which its reading is; ``entered``: field → what was typed.

    ``meter_serial``: the meter's number, where the account has several and it is known.
    """

    supplier: str
    channel: str
    account: str
    day: date
    meter_serial: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PhotoReceipt(Receipt):
    """A photo was taken: ``sheet_id`` waits to be read; ``reference``: by which its customer may ask."""

    sheet_id: int = 0
    reference: str = ""


def receive_photo(
    ctx: Context, data: bytes, name: str, claim: PhotoClaim, batch_id: int | None = None
) -> PhotoReceipt:
    """Keep the photo, without its metadata, and its claim; when this returns, both are durable.

    The same photo with the same claim again gives another receipt and no further sheet. Raises
    ``UsageError`` for a supplier or an account that there cannot be, ``InputError`` for what is no photo and
    for one that was destroyed at the end of its term.
    """
    rules = ctx.suppliers.get(claim.supplier)
    if rules is None:
        known = ", ".join(sorted(ctx.suppliers))
        raise UsageError(f"there is no supplier {claim.supplier!r}; known are: {known}")
    if not rules.account.accepts(claim.account):
        raise UsageError(f"{claim.account!r} is no account of {rules.title}; check its digits")
    photo = cleaning.clean_photo(data, name)
    key = ctx.objects.put(photo.jpeg)
    at, shown = ctx.clock(), printable(clean(name)) or "photo.jpg"
    read = photos.with_facts(photos.PhotoRead(), photo)
    with receive.letting_go(ctx, key), ctx.records.begin() as tx:
        if batch_id is None:
            batch_id = tx.files.add_batch(claim.supplier, claim.channel, "", claim.day, at)
        file, new = tx.files.add_file(
            claim.supplier, key, shown, size=len(photo.jpeg), batch_id=batch_id, at=at
        )
        receive.refuse_destroyed(file)
        receipt = tx.files.add_receipt(claim.supplier, file.id, batch_id, shown, at)
        details = {"file": file.id, "batch": batch_id, "name": shown, "again": not new}
        tx.audits.add(at, claim.channel, "file.received", supplier=claim.supplier, details=details)
        if new:
            tx.files.close(file.id, "split", 1)
        earlier = tx.sheets.at(file.id, 1)
        sent = tx.submissions.of_sheets([sheet.id for sheet in earlier])
        for sheet in earlier:
            other = sent.get(sheet.id)
            if other is not None and _same(other, sheet, claim):
                before = Receipt(receipt, batch_id, file.id, key, shown, again=True)
                return _receipt(before, sheet.id, other.reference)
        number = len(earlier) + 1
        place = {"channel": claim.channel, "station": "", "collected": claim.day}
        tx.sheets.add(file, place, [(1, number)], at)
        added = next(sheet for sheet in tx.sheets.at(file.id, 1) if sheet.slip == number)
        reference = _submission(tx, claim, key, photos.to_json(read), sheet_id=added.id, at=at)
    taken = Receipt(receipt, batch_id, file.id, key, shown, again=False)
    return _receipt(taken, added.id, reference)


def hint(tx: Transaction, sent: SubmissionRow, *, plates: bool) -> MeterHint:
    """What the register knows of the meters that the photo may show.

    ``plates``: whether the number on the plate is looked for where the account has only one meter, too.
    """
    rows = _meters(tx.registers.rows(sent.supplier, sent.account), sent.meter_serial)
    counts = {(row.digits, row.decimals) for row in rows}
    digits, decimals = counts.pop() if len(counts) == 1 else (None, None)
    serials = tuple(dict.fromkeys(row.meter_serial for row in rows if row.meter_serial))
    wanted = serials if plates or len(serials) > 1 else ()
    return MeterHint(digits, decimals if digits is not None else None, wanted)


def settle(
    ctx: Context, tx: Transaction, sheet: SheetRow, sent: SubmissionRow, page: PageRead, *, at: datetime
) -> tuple[SheetState, tuple[Reason, ...]]:
    """Judge a photo that was read; returns its state and reasons."""
    known = photos.from_json(sent.read)
    read = replace(photos.from_json(page.photo), taken=known.taken, on_screen=known.on_screen)
    slip = slip_of(read, sent.account, sent.meter_serial, dict(sent.entered or {}), sheet.collected)
    if sheet.slip > 1:
        slip = with_reason(slip, Reason.PHOTO_SEEN_BEFORE)
    slip = remembered(ctx, tx, sheet, read, slip)
    return settling.settle(ctx, tx, sheet, slip, replace(page, slips=(slip,)), at=at, who="machine")


def _same(sent: SubmissionRow, sheet: SheetRow, claim: PhotoClaim) -> bool:
    return (
        sent.account == claim.account
        and sent.meter_serial == claim.meter_serial
        and sheet.collected == claim.day
        and dict(sent.entered or {}) == dict(claim.entered)
    )


def _receipt(taken: Receipt, sheet_id: int, reference: str) -> PhotoReceipt:
    return PhotoReceipt(**vars(taken), sheet_id=sheet_id, reference=reference)


def _submission(
    tx: Transaction, claim: PhotoClaim, key: str, read: Mapping[str, object], *, sheet_id: int, at: datetime
) -> str:
    """Record the claim as sent; returns its reference."""
    while True:
        row = NewSubmission(
            reference=new_reference(),
            supplier=claim.supplier,
            channel=claim.channel,
            account=claim.account,
            meter_serial=claim.meter_serial,
            identified=False,
            session="",
            photo=key,
            read=read,
            created_at=at,
        )
        if tx.submissions.add(row):
            added = tx.submissions.get(row.reference)
            assert added is not None
            tx.submissions.sent(added.id, claim.entered, sheet_id, at)
            return row.reference


def _meters(rows: Sequence[RegisterRow], serial: str) -> list[RegisterRow]:
    """The account's rows, of the named meter alone where one is named and known."""
    named = [row for row in rows if serial and same_serial(row.meter_serial, serial)]
    return named or list(rows)
