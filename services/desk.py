"""The desk that answers customers: all that is known of an account, and readings told by telephone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.gate import OVERRULABLE, Verdict
from domain.reasons import Reason
from domain.sheet import SheetState
from services import claims, judging, review_view
from services.context import Context
from services.judging import sheets_lock
from services.photos import PHOTO
from services.portal import canonical
from services.results import AccountView, ReviewAnswer
from services.text import clean, printable
from storage.records import Transaction
from storage.records.accounts import Accounts, CaseRow

CHANNEL = "desk"
#: Fields of a reading told by telephone, as ``services.photos.PHOTO`` names them.
FIELDS = ("reading", "reading_t2", "reading_t3", "meter_serial")


@dataclass(frozen=True)
class Came:
    """A sheet that came for the account; ``sent``: the readings in it, whatever became of them."""

    row: CaseRow
    sent: tuple[str, ...]


@dataclass(frozen=True)
class AccountCase:
    """An account with everything that came for it; ``view`` None: the register does not have it."""

    supplier: str
    account: str
    view: AccountView | None
    cases: tuple[Came, ...]


def find(ctx: Context, user: str, supplier: str, number: str, day: date) -> AccountCase | None:
    """By account, or by a customer's reference; None for what is neither. The look is audited."""
    text = "".join(clean(number).split())
    with ctx.records.begin() as tx:
        accounts = Accounts(tx.connection)
        found = accounts.of_reference(canonical(text)) if not text.isdigit() and text else None
        if found is not None:
            supplier, text = found
        if supplier not in ctx.suppliers or not (text.isascii() and text.isdigit()):
            return None
        state = judging.account_state(tx, supplier, text, day, 0)
        came = tuple(Came(row, _sent(row)) for row in accounts.cases(supplier, text))
        case = AccountCase(supplier, text, review_view.account_view(text, state), came)
        tx.audits.add(ctx.clock(), user, "desk.looked", supplier=supplier, details={"account": text})
    return case


def _sent(row: CaseRow) -> tuple[str, ...]:
    """Readings as the customer typed them, else as a person did, else as the machine read them."""
    read = (row.sheet.recognition or {}).get("fields") or {}
    machine = {name: (field or {}).get("value") for name, field in read.items()}
    for source in (row.typed, row.sheet.entered, machine):
        values = [str(value) for name, value in sorted((source or {}).items()) if _is_reading(name) and value]
        if values:
            return tuple(values)
    return ()


def _is_reading(field: str) -> bool:
    return field == "reading" or field.startswith("reading_")


def is_of_account(ctx: Context, sheet_id: int) -> bool:
    """Whether the desk may see the sheet: one that names an account."""
    with ctx.records.read() as tx:
        rows = tx.sheets.get([sheet_id])
    return bool(rows) and rows[0].account is not None


def key_in(
    ctx: Context,
    user: str,
    supplier: str,
    account: str,
    values: Mapping[str, str],
    *,
    day: date,
    confirmed: Collection[Reason] = (),
) -> ReviewAnswer:
    """A reading told by telephone, through the same gate; recorded only when it is accepted, or known.

    ``values``: of ``FIELDS``. What is recorded as its evidence is who keyed what, when.
    """
    at = ctx.clock()
    entered = {name: clean(values.get(name, "")) for name in FIELDS if clean(values.get(name, ""))}
    entered["account"] = account
    note = {"told_to": user, "at": at.isoformat(), "values": entered}
    key = ctx.objects.put(json.dumps(note, ensure_ascii=False, sort_keys=True).encode())
    try:
        with ctx.records.begin() as tx:
            tx.lock(sheets_lock(supplier))
            return _recorded(ctx, tx, (user, supplier, key), entered, confirmed, day=day, at=at)
    except _NotAccepted as refusal:
        return refusal.answer


class _NotAccepted(Exception):  # noqa: N818 - takes back what was written to ask the gate
    def __init__(self, answer: ReviewAnswer) -> None:
        super().__init__()
        self.answer = answer


def _recorded(
    ctx: Context,
    tx: Transaction,
    source: tuple[str, str, str],
    entered: dict[str, str],
    confirmed: Collection[Reason],
    *,
    day: date,
    at: datetime,
) -> ReviewAnswer:
    user, supplier, key = source
    claim = claims.from_person(entered, PHOTO, confirmed)
    batch = tx.files.add_batch(supplier, CHANNEL, user, day, at)
    name = printable(f"{user} {at:%Y-%m-%d %H%M%S}.json")
    file, _ = tx.files.add_file(supplier, key, name, size=len(ctx.objects.get(key)), batch_id=batch, at=at)
    tx.files.add_receipt(supplier, file.id, batch, name, at)
    details = {"file": file.id, "batch": batch, "name": name, "again": False}
    tx.audits.add(at, user, "file.received", supplier=supplier, details=details)
    tx.sheets.add(file, {"channel": CHANNEL, "station": user, "collected": day}, [(1, 1)], at)
    tx.files.close(file.id, "split", 1)
    [row] = tx.sheets.at(file.id, 1)
    state = judging.state_for(ctx, tx, row, claim.account.value)
    decision = judging.decide(ctx, row, claim, state, judging.NO_THRESHOLDS)
    account = review_view.account_view(claim.account.value, state)
    if decision.verdict not in (Verdict.ACCEPT, Verdict.DUPLICATE):
        blocking = tuple(reason for reason in decision.reasons if reason not in OVERRULABLE)
        outcome: Literal["refused", "confirm"] = "refused" if blocking else "confirm"
        raise _NotAccepted(ReviewAnswer(outcome, decision.reasons, blocking, account=account))
    accepted = decision.verdict is Verdict.ACCEPT
    tx.sheets.move(
        row,
        SheetState.ACCEPTED if accepted else SheetState.DUPLICATE,
        decision.flags if accepted else (Reason.DUPLICATE,),
        at=at,
        who=user,
        details={"values": entered, "confirmed": sorted(reason.value for reason in claim.confirmed)},
        template=PHOTO.key,
        entered=entered,
        account=claim.account.value,
        duplicate_of=decision.duplicate_of_sheet,
    )
    judging.record(ctx, tx, row, claim, decision, who=user, at=at)
    if accepted:
        return ReviewAnswer("accepted", flags=decision.flags, account=account)
    return ReviewAnswer("duplicate", account=account, duplicate_of=decision.duplicate_of_sheet)
