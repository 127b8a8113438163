"""Blind audits: another person reads an accepted slip without seeing the first answer.

The slip stays accepted and goes to billing meanwhile. If the second answer differs, a supervisor who gave
neither decides; his answer is the truth that bounds are made of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from domain.errors import LeaseLostError, UsageError
from services import answers, review_view
from services.claims import normalise_digits
from services.context import Context
from services.results import AccountView, ReviewField
from services.text import clean
from storage.records import BlindCount, BlindRow, SheetRow, Transaction
from storage.records.blind import DISPUTED, DONE, OPEN
from templates.model import Template

#: Who may give the second answer, and who decides between two.
AUDITORS = ("reviewer", "supervisor", "admin")
DECIDES = "supervisor"
#: In place of the fields that differ when nobody could read the slip.
ILLEGIBLE = "illegible"


@dataclass(frozen=True)
class AuditTask:
    """A slip to be read blindly; its picture is ``services.review.sheet_picture``.

    ``fields`` are empty. ``stage`` ``third``: two answers differ, and ``answers`` are both (field → canonical
    text), in an order that does not tell whose they are.
    """

    audit_id: int
    sheet_id: int
    supplier: str
    channel: str
    collected: date
    template: str | None
    fields: tuple[ReviewField, ...]
    stage: Literal["second", "third"]
    answers: tuple[Mapping[str, str], ...]
    held_until: datetime


@dataclass(frozen=True)
class AuditAnswer:
    """What became of an answer: ``agrees`` and ``decided`` end the audit, ``differs`` calls a supervisor.

    ``differing``: the fields in which the accepted values differ from this answer. ``wrong``: billing got
    something wrong; known when the audit has ended.
    """

    outcome: Literal["agrees", "differs", "decided"]
    differing: tuple[str, ...] = ()
    wrong: bool | None = None
    wrong_registered: bool | None = None


def claim_next(
    ctx: Context, user: str, supplier: str | None = None, skip: Collection[int] = ()
) -> AuditTask | None:
    """The oldest audit that ``user`` may answer, held for a lease; None when there is none.

    ``skip``: audits that the page already shows or has fetched ahead.
    A supervisor is given disputed ones first, and no open ones while he is the only supervisor: he would
    have nobody to decide about his own answer. Raises ``UsageError`` when ``user`` is no auditor.
    """
    now, until = _lease(ctx)
    with ctx.records.begin() as tx:
        for state in _states(tx, user):
            audit_id = tx.blind.take_next(user, state, now, until, supplier=supplier, skip=skip)
            if audit_id is not None:
                return _task(ctx, tx, _audit(tx, audit_id))
    return None


def claim(ctx: Context, user: str, audit_id: int) -> AuditTask:
    """This audit; raises ``LeaseLostError`` when it is not for ``user`` or somebody else holds it."""
    now, until = _lease(ctx)
    with ctx.records.begin() as tx:
        row = _audit(tx, audit_id)
        if row.state not in _states(tx, user) or not tx.blind.take(user, audit_id, now, until):
            raise LeaseLostError(f"audit {audit_id} is done, held by somebody else, or not for {user!r}")
        return _task(ctx, tx, _audit(tx, audit_id))


def release(ctx: Context, user: str, audit_id: int) -> None:
    """Put the audit back; nothing happens when it is not held by ``user``."""
    with ctx.records.begin() as tx:
        tx.blind.release(user, audit_id)


def sheet_of(ctx: Context, user: str, audit_id: int) -> int:
    """The sheet to be read; its picture is for whoever holds the audit. Raises ``LeaseLostError``."""
    with ctx.records.read() as tx:
        row = _audit(tx, audit_id)
    if row.claimed_by != user or row.state == DONE:
        raise LeaseLostError(f"audit {audit_id} is not held by {user!r}")
    return row.sheet_id


def registered(ctx: Context, user: str, audit_id: int, account: str) -> AccountView | None:
    """Whom the register knows under the account that ``user`` read: a slip of the finger shows at once.

    Without meters: their last readings would tell what to expect. Raises ``LeaseLostError``.
    """
    sheet_of(ctx, user, audit_id)
    with ctx.records.read() as tx:
        rows = tx.registers.rows(_audit(tx, audit_id).supplier, normalise_digits(account))
    return AccountView(rows[0].account, rows[0].surname, rows[0].address, ()) if rows else None


def submit(ctx: Context, user: str, audit_id: int, values: Mapping[str, str] | None) -> AuditAnswer:
    """Answer with ``values``, field name → text as in review; None: the slip cannot be read.

    What nobody can read counts as wrong. Raises ``LeaseLostError`` when ``user`` does not hold the audit.
    """
    at = ctx.clock()
    with ctx.records.begin() as tx:
        states = _states(tx, user)
        row = tx.blind.get(audit_id, lock=True)
        if row is None or row.claimed_by != user or row.state not in states:
            raise LeaseLostError(f"audit {audit_id} is not held by {user!r}: nothing was changed")
        sheet = _sheet(tx, row)
        template = review_view.template_of(ctx, sheet)
        given = None if values is None else _canonical(template, values)
        answer = _second(tx, row, template, given, user=user, at=at) if row.state == OPEN else None
        if answer is None:
            answer = _third(tx, row, template, given, user=user, at=at)
        details = {"audit": row.id, "outcome": answer.outcome, "wrong": answer.wrong, "answer": given}
        what = "blind.second" if row.state == OPEN else "blind.decided"
        tx.audits.add(at, user, what, supplier=row.supplier, sheet_id=row.sheet_id, details=details)
    return answer


def counts(ctx: Context, month: str | None = None) -> list[BlindCount]:
    """Exact counts by (supplier, channel, template, model, month, kind)."""
    with ctx.records.read() as tx:
        return tx.blind.counts(month)


def found_wrong(ctx: Context, month: str | None = None) -> list[tuple[BlindRow, SheetRow]]:
    """Accepted sheets found wrong, with their sheets: somebody has to put billing right."""
    with ctx.records.read() as tx:
        return [(row, _sheet(tx, row)) for row in tx.blind.found_wrong(month)]


def waiting(ctx: Context, supplier: str | None = None) -> tuple[int, int]:
    """How many audits wait for a second answer, and how many for a supervisor."""
    with ctx.records.read() as tx:
        return tx.blind.waiting(OPEN, supplier), tx.blind.waiting(DISPUTED, supplier)


def _second(
    tx: Transaction,
    row: BlindRow,
    template: Template,
    given: dict[str, str] | None,
    *,
    user: str,
    at: datetime,
) -> AuditAnswer:
    values: dict[str, Any] = {"second_by": user, "second": given, "second_at": at}
    if given is None or answers.differences(row.first, given):
        tx.blind.answer(row, DISPUTED, values)
        return AuditAnswer("differs", () if given is None else answers.differences(row.first, given))
    ended = _ended(tx, row, template, given)
    tx.blind.answer(row, DONE, values | ended)
    return AuditAnswer("agrees", (), ended["wrong"], ended["wrong_registered"])


def _third(
    tx: Transaction,
    row: BlindRow,
    template: Template,
    given: dict[str, str] | None,
    *,
    user: str,
    at: datetime,
) -> AuditAnswer:
    ended = _ended(tx, row, template, given)
    tx.blind.answer(row, DONE, {"third_by": user, "third": given, "third_at": at, **ended})
    differing = () if given is None else answers.differences(row.first, given)
    return AuditAnswer("decided", differing, ended["wrong"], ended["wrong_registered"])


def _ended(
    tx: Transaction, row: BlindRow, template: Template, truth: dict[str, str] | None
) -> dict[str, Any]:
    """The columns of an audit whose truth is known; None: nobody could read it, so it is taken for wrong."""
    if truth is None:
        return {"truth": None, "differs": ILLEGIBLE, "wrong": True, "wrong_registered": False}
    differing = answers.differences(row.first, truth)
    meters = {known.meter_serial for known in tx.registers.rows(row.supplier, row.first.get("account", ""))}
    return {
        "truth": truth,
        "differs": ",".join(differing),
        "wrong": answers.is_wrong(template, differing, several_meters=len(meters) > 1),
        # The gate accepts registered accounts alone: a wrong one is another customer's.
        "wrong_registered": "account" in differing,
    }


def _canonical(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    known = {"account", *(field.name for field in template.fields)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise UsageError(f"the form has no field {unknown[0]!r}; it has {', '.join(sorted(known))}")
    return answers.canonical(template, {clean(name): clean(text) for name, text in values.items()})


def _states(tx: Transaction, user: str) -> tuple[str, ...]:
    """The states in which ``user`` may answer, in the order in which they are given out."""
    staff = {member.name: member.role for member in tx.staff.all()}
    role = staff.get(user)
    if role not in AUDITORS:
        raise UsageError(f"{user!r} may not audit: name somebody who is one of {', '.join(AUDITORS)}")
    if role != DECIDES:
        return (OPEN,)
    return (DISPUTED, OPEN) if list(staff.values()).count(DECIDES) > 1 else (DISPUTED,)


def _task(ctx: Context, tx: Transaction, row: BlindRow) -> AuditTask:
    sheet = _sheet(tx, row)
    template = review_view.template_of(ctx, sheet)
    # Neither the answer nor its doubts: flags of the accepted reading would give it away.
    fields = review_view.fields_of(ctx, tx, replace(sheet, reasons=()), template, None)
    both = () if row.state == OPEN else tuple(sorted((row.first, row.second or {}), key=repr))
    assert row.claimed_until is not None
    return AuditTask(
        audit_id=row.id,
        sheet_id=row.sheet_id,
        supplier=row.supplier,
        channel=row.channel,
        collected=sheet.collected,
        template=sheet.template,
        fields=fields,
        stage="second" if row.state == OPEN else "third",
        answers=both,
        held_until=row.claimed_until,
    )


def _lease(ctx: Context) -> tuple[datetime, datetime]:
    now = ctx.clock()
    return now, now + timedelta(seconds=ctx.settings.lease_seconds)


def _audit(tx: Transaction, audit_id: int) -> BlindRow:
    row = tx.blind.get(audit_id)
    if row is None:
        raise UsageError(f"there is no audit {audit_id}")
    return row


def _sheet(tx: Transaction, row: BlindRow) -> SheetRow:
    return tx.sheets.get([row.sheet_id])[0]
