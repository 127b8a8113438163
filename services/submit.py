"""A customer hands in a photo: a draft with what was read, then the customer's word, then the gate.

What a customer is told depends on what the customer has proven to know: see ``SubmissionView``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.errors import ConflictError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import photos, receive, settling
from services.context import Context, PageRead, PageRef
from services.judging import sheets_lock
from services.photo_slip import remembered, slip_of, with_reason
from services.photos import CleanPhoto, PhotoRead, PhotoReader
from services.portal import CHANNEL, PhotoOrder, canonical, check_order, new_reference
from services.text import clean
from storage.records import Transaction
from storage.records.submissions import DRAFT, SENT, NewSubmission, SubmissionRow

_READING = re.compile(r"([0-9]{1,9})(?:[.,][0-9]{0,4})?")
#: A customer has so long to say that the reading is right.
CONFIRM_WITHIN = timedelta(hours=24)

#: Reasons that tell nothing about an account: anybody who sends a photo for it may hear them.
PUBLIC_REASONS = frozenset(
    {
        Reason.ACCOUNT_UNKNOWN,
        Reason.OUTSIDE_WINDOW,
        Reason.READING_MISSING,
        Reason.READING_UNCLEAR,
        Reason.ILLEGIBLE,
        Reason.RESCAN,
        Reason.NOT_A_METER,
        Reason.NO_DISPLAY_FOUND,
        Reason.BLURRED,
        Reason.TOO_DARK,
        Reason.TOO_SMALL,
        Reason.GLARE,
        Reason.CUT_OFF,
        Reason.DISPLAY_OFF,
        Reason.DISPLAY_TOO_SMALL,
        Reason.SEVERAL_METERS,
        Reason.NOT_A_READING,
        Reason.PHOTO_OF_SCREEN,
    }
)
#: Further ones, for customers who have proven that the account is theirs.
_OWN_REASONS = frozenset(
    {
        Reason.LOWER_THAN_LAST,
        Reason.IMPLAUSIBLY_HIGH,
        Reason.READING_TOO_LONG,
        Reason.CONTRADICTS_EARLIER,
        Reason.METER_UNKNOWN,
        Reason.ACCOUNT_CLOSED,
    }
)


@dataclass(frozen=True)
class DraftView:
    """A photo that waits for its customer's word."""

    reference: str
    supplier: str
    account: str
    photo: str
    read: PhotoRead


@dataclass(frozen=True)
class SubmissionView:
    """How a submission stands.

    ``outcome``: draft, checking (a person looks at it), received (on its way to billing), accepted (billing
    has acknowledged it) or refused. ``reasons``: those that this customer may hear: what
    the register or earlier readings say is told only to somebody who has proven to know more than the
    account's number.
    """

    reference: str
    outcome: str
    reasons: tuple[Reason, ...]
    created_at: datetime
    changed_at: datetime
    supplier: str


def begin(
    ctx: Context,
    order: PhotoOrder,
    photo: CleanPhoto,
    reader: PhotoReader | None,
    *,
    day: date,
) -> DraftView:
    """Keep the photo, read it, and record the draft; raises ``NotAccepted``. Not received until confirmed."""
    rows = check_order(ctx, order, day)
    key = ctx.objects.put(photo.jpeg)
    with receive.letting_go(ctx, key), ctx.records.read() as tx:
        known = tx.files.with_bytes(key)
        if known is not None:
            receive.refuse_destroyed(known)
    first = rows[0] if len(rows) == 1 else None
    read = photos.read_photo(
        reader, photo.picture, first.digits if first else None, first.decimals if first else None
    )
    read = photos.with_facts(read, photo)
    serial = "".join(filter(str.isdigit, order.meter_serial))
    while True:
        row = NewSubmission(
            reference=new_reference(),
            supplier=order.supplier,
            channel=CHANNEL,
            account=order.account,
            meter_serial=serial,
            identified=bool(ctx.suppliers[order.supplier].at(day).portal_asks),
            session=_hash(order.session),
            photo=key,
            read=photos.to_json(read),
            created_at=ctx.clock(),
        )
        with ctx.records.begin() as tx:
            if tx.submissions.add(row):
                return DraftView(row.reference, row.supplier, row.account, key, read)


def draft(ctx: Context, reference: str, session: str) -> DraftView | None:
    """The draft of that reference, if this session began it and it is not too old."""
    with ctx.records.read() as tx:
        row = tx.submissions.get(canonical(reference))
    if row is None or row.state != DRAFT or row.session != _hash(session):
        return None
    if ctx.clock() - row.created_at > CONFIRM_WITHIN:
        return None
    return DraftView(row.reference, row.supplier, row.account, row.photo, photos.from_json(row.read))


def photo_of(ctx: Context, reference: str, session: str) -> bytes:
    """The photo, for the session that sent it; raises ``UsageError``."""
    with ctx.records.read() as tx:
        row = tx.submissions.get(canonical(reference))
    if row is None or row.session != _hash(session):
        raise UsageError("there is no such photo")
    return ctx.objects.get(row.photo)


def confirm(
    ctx: Context,
    reference: str,
    session: str,
    entered: Mapping[str, str],
    *,
    day: date,
    most_a_day: int = 8,
) -> SubmissionView:
    """Take the customer's word: the sheet is recorded and judged, and the answer is final or a person's.

    ``entered``: ``reading`` and, for further tariffs, ``reading_t2`` and ``reading_t3``. Confirming twice
    answers the same. ``most_a_day``: photos for one account within a day that the machine may accept;
    further ones wait for a person, so that nobody can use up another's. Raises ``UsageError`` for what is no
    reading or no draft of this session.
    """
    values = {name: _digits(entered.get(name, "")) for name in ("reading", "reading_t2", "reading_t3")}
    if values["reading"] is None or any(value is None for value in values.values()):
        raise UsageError("a reading is 1 to 9 digits")
    kept = {name: value for name, value in values.items() if value}
    if "reading" not in kept:
        raise UsageError("a reading is 1 to 9 digits")
    at = ctx.clock()
    with ctx.records.begin() as tx:
        row = tx.submissions.get(canonical(reference), lock=True)
        if row is None or row.session != _hash(session):
            raise UsageError("there is no such photo")
        if row.state == SENT:
            return _view(tx, row)
        if row.state != DRAFT or at - row.created_at > CONFIRM_WITHIN:
            raise ConflictError("the photo was sent too long ago")
        tx.lock(sheets_lock(row.supplier))
        sheet_id = _sheet(ctx, tx, row, kept, day=day, at=at, most_a_day=most_a_day)
        tx.submissions.sent(row.id, kept, sheet_id, at)
        again = tx.submissions.get(row.reference)
        assert again is not None
        return _view(tx, again)


def status_of(ctx: Context, reference: str) -> SubmissionView | None:
    """How the submission of that reference stands; None when there is none."""
    with ctx.records.read() as tx:
        row = tx.submissions.get(canonical(reference))
        return None if row is None else _view(tx, row)


def _digits(text: str) -> str | None:
    """The digits before the mark; "" for nothing, None for what is no reading."""
    text = "".join(clean(text).split())
    if not text:
        return ""
    found = _READING.fullmatch(text) if text.isascii() else None
    return None if found is None else found[1]


def _hash(session: str) -> str:
    return hashlib.sha256(f"submission {session}".encode()).hexdigest()


def _sheet(
    ctx: Context,
    tx: Transaction,
    row: SubmissionRow,
    entered: Mapping[str, str],
    *,
    day: date,
    at: datetime,
    most_a_day: int,
) -> int:
    """Record the photo's sheet and let the gate judge it; the same photo and values have one sheet."""
    size = len(ctx.objects.get(row.photo))
    batch = tx.files.add_batch(row.supplier, CHANNEL, "", day, at)
    file, new = tx.files.add_file(
        row.supplier, row.photo, f"{row.reference}.jpg", size=size, batch_id=batch, at=at
    )
    tx.files.add_receipt(row.supplier, file.id, batch, f"{row.reference}.jpg", at)
    details = {"file": file.id, "batch": batch, "name": f"{row.reference}.jpg", "again": not new}
    tx.audits.add(at, CHANNEL, "file.received", supplier=row.supplier, details=details)
    earlier = tx.sheets.at(file.id, 1)
    read = photos.from_json(row.read)
    slip = slip_of(read, row.account, row.meter_serial, entered, day)
    for other in earlier:
        sent = tx.submissions.of_sheet(other.id)
        if sent is not None and sent.account == row.account and dict(sent.entered or {}) == dict(entered):
            return other.id
    if earlier:
        slip = with_reason(slip, Reason.PHOTO_SEEN_BEFORE)
    if tx.submissions.since(row.supplier, row.account, at - timedelta(days=1)) > most_a_day:
        slip = with_reason(slip, Reason.MANY_PHOTOS_TODAY)
    if new:
        tx.files.close(file.id, "split", 1)
    number = len(earlier) + 1
    tx.sheets.add(file, {"channel": CHANNEL, "station": "", "collected": day}, [(1, number)], at)
    sheet = next(each for each in tx.sheets.at(file.id, 1) if each.slip == number)
    slip = remembered(ctx, tx, sheet, read, slip)
    page = PageRead(PageRef(row.photo, file.name, 1, row.supplier), (slip,))
    settling.settle(ctx, tx, sheet, slip, page, at=at, who="machine")
    return sheet.id


def _view(tx: Transaction, row: SubmissionRow) -> SubmissionView:
    state: SheetState | None = None
    reasons: tuple[Reason, ...] = ()
    changed = row.sent_at or row.created_at
    if row.sheet_id is not None:
        sheet = tx.sheets.get([row.sheet_id])[0]
        state, reasons, changed = sheet.state, sheet.reasons, sheet.updated_at
        if state is SheetState.DUPLICATE and sheet.duplicate_of is not None:
            # The month has just this reading already: it stands as that one does.
            state = tx.sheets.get([sheet.duplicate_of])[0].state
    told = PUBLIC_REASONS | (_OWN_REASONS if row.identified else frozenset())
    return SubmissionView(
        reference=row.reference,
        outcome=_outcome(state),
        reasons=tuple(reason for reason in reasons if reason in told),
        created_at=row.created_at,
        changed_at=changed,
        supplier=row.supplier,
    )


def _outcome(state: SheetState | None) -> str:
    if state is None:
        return "draft"
    if state in (SheetState.PENDING, SheetState.REVIEW):
        return "checking"
    if state in (SheetState.ACCEPTED, SheetState.DUPLICATE):
        return "received"
    return "accepted" if state is SheetState.DELIVERED else "refused"
