"""What a reviewer does with a slip.

Claim it, look, try values, accept or reject. Every verdict is audited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.account import AccountState
from domain.errors import LeaseLostError, UsageError
from domain.gate import OVERRULABLE, Claim, Decision, Verdict
from domain.reasons import Reason
from domain.sheet import SheetState
from services import answers, claims, judging, lots, questionnaires, review_view
from services.context import Context
from services.judging import sheets_lock
from services.results import Effort, ReviewAnswer, ReviewSheet, SlipPicture
from services.slip_picture import picture_of
from services.text import clean, printable
from storage.records import SheetRow, Transaction
from templates.model import Template

#: Who is given the slips that others leave to a supervisor.
SUPERVISORS = frozenset({"supervisor", "admin"})


def claim_next(
    ctx: Context, user: str, supplier: str | None = None, skip: Collection[int] = ()
) -> ReviewSheet | None:
    """The oldest slip in review that nobody holds (or that ``user`` already holds).

    None when the queue is empty. A supervisor is given first what was left to one, then high readings around
    a change of tariffs; others are given neither. ``skip``: sheets that the page already shows or has fetched
    ahead.
    """
    now, until = lease(ctx)
    with ctx.records.begin() as tx:
        asked = supervises(tx, user)
        sheet_id = tx.queue.take_next(user, now, until, supplier=supplier, skip=skip, supervises=asked)
        return None if sheet_id is None else review_view.sheet_view(ctx, tx, row_of(tx, sheet_id))


def claim(ctx: Context, user: str, sheet_id: int) -> ReviewSheet:
    """This slip, if it is in review and free.

    Raises ``LeaseLostError`` when somebody else holds it, has judged it or was asked about it,
    ``UsageError`` when there is none.
    """
    now, until = lease(ctx)
    with ctx.records.begin() as tx:
        row_of(tx, sheet_id)
        left = tx.questions.of_sheet(sheet_id) is not None and not supervises(tx, user)
        if left or not tx.queue.take(user, sheet_id, now, until):
            raise LeaseLostError(f"slip {sheet_id} is held by somebody else or no longer in review")
        return review_view.sheet_view(ctx, tx, row_of(tx, sheet_id))


def renew(ctx: Context, user: str, sheet_id: int) -> datetime:
    """Hold the slip for another lease; returns until when. Raises ``LeaseLostError``."""
    _, until = lease(ctx)
    with ctx.records.begin() as tx:
        if not tx.queue.renew(user, sheet_id, until):
            raise LeaseLostError(f"slip {sheet_id} is no longer yours")
    return until


def release(ctx: Context, user: str, sheet_id: int) -> None:
    """Put the slip back; nothing happens when it is not held by ``user``."""
    with ctx.records.begin() as tx:
        tx.queue.release(user, sheet_id)


def queue_length(ctx: Context, supplier: str | None = None) -> int:
    """Slips in review."""
    with ctx.records.read() as tx:
        return tx.queue.length(supplier)


def sheet_picture(ctx: Context, sheet_id: int, dpi: int = 150) -> SlipPicture:
    """The slip from the stored original, upright, with its fields' boxes in picture pixels.

    Raises ``UsageError`` when there is no such sheet, ``InputError`` or ``StorageError`` when the original
    cannot be had.
    """
    with ctx.records.read() as tx:
        row = row_of(tx, sheet_id)
    return picture_of(ctx, row, dpi)


def preview(ctx: Context, sheet_id: int, values: Mapping[str, str]) -> ReviewAnswer:
    """What the gate says of ``values``: field name → text.

    Dates are YYYY-MM-DD or DD.MM.YYYY, a signature or address is "yes" or "". Nothing changes.
    """
    with ctx.records.read() as tx:
        row = row_of(tx, sheet_id)
        template = review_view.template_of(ctx, row)
        if questionnaires.is_one(template):
            return questionnaires.judge(ctx, tx, row, template, values)[0]
        return _answer(*_judged(ctx, tx, row, values, ()))


def accept(
    ctx: Context,
    user: str,
    sheet_id: int,
    values: Mapping[str, str],
    confirmed: Collection[Reason] = (),
    *,
    effort: Effort | None = None,
) -> ReviewAnswer:
    """Accept the slip with ``values`` if the gate lets them pass; see ``ReviewAnswer``.

    ``effort``: what it took, for the record. Raises ``LeaseLostError`` when the slip is not held by ``user``.
    """
    at = ctx.clock()
    entered = {clean(name): clean(text) for name, text in values.items()}
    with ctx.records.begin() as tx:
        # What another slip brings for the same account meanwhile must be seen. The lock comes before the row,
        # as where sheets are digitised: in another order the two could wait for each other.
        tx.lock(sheets_lock(row_of(tx, sheet_id).supplier))
        row = held(tx, user, sheet_id)
        template = review_view.template_of(ctx, row)
        if questionnaires.is_one(template):
            return _accept_questionnaire(
                ctx, tx, row, template, entered, confirmed=confirmed, who=user, at=at, effort=effort
            )
        claim, state, decision = _judged(ctx, tx, row, values, confirmed)
        answer = _answer(claim, state, decision)
        if answer.outcome not in {"accepted", "duplicate"}:
            return answer
        after = SheetState.ACCEPTED if answer.outcome == "accepted" else SheetState.DUPLICATE
        details = {
            "values": entered,
            "machine": review_view.machine_values(row),
            "confirmed": sorted(reason.value for reason in claim.confirmed),
            "machine_reasons": [reason.value for reason in row.reasons],
            **_effort(effort),
        }
        reasons = answer.flags if answer.outcome == "accepted" else (Reason.DUPLICATE,)
        tx.sheets.move(
            row,
            after,
            reasons,
            at=at,
            who=user,
            details=details,
            entered=entered,
            account=claim.account.value,
            duplicate_of=answer.duplicate_of,
        )
        tx.questions.close(sheet_id)
        judging.record(ctx, tx, row, claim, decision, who=user, at=at)
        if after is SheetState.ACCEPTED:
            answer_given = answers.canonical(review_view.template_of(ctx, row), entered)
            lots.draw_accepted_by_person(ctx, tx, row, answer_given, who=user, at=at)
    return answer


def reject(
    ctx: Context,
    user: str,
    sheet_id: int,
    reason: Reason,
    note: str = "",
    *,
    effort: Effort | None = None,
) -> None:
    """Reject the slip. Raises ``LeaseLostError``."""
    with ctx.records.begin() as tx:
        row = held(tx, user, sheet_id)
        details: dict[str, Any] = {
            "note": printable(note, 1000),
            "machine_reasons": [r.value for r in row.reasons],
        }
        details |= _effort(effort)
        tx.questions.close(sheet_id)
        tx.sheets.move(row, SheetState.REJECTED, (reason,), at=ctx.clock(), who=user, details=details)


def _accept_questionnaire(
    ctx: Context,
    tx: Transaction,
    row: SheetRow,
    template: Template,
    entered: Mapping[str, str],
    *,
    confirmed: Collection[Reason],
    who: str,
    at: datetime,
    effort: Effort | None,
) -> ReviewAnswer:
    """Keep a questionnaire's answers as ``who`` has checked them, if they can be kept."""
    answer, account, answers_given = questionnaires.judge(
        ctx, tx, row, template, entered, confirmed=confirmed
    )
    if answer.outcome not in {"accepted", "duplicate"}:
        return answer
    taken = answer.outcome == "accepted"
    details = {
        "values": dict(entered),
        "machine": review_view.machine_values(row),
        "confirmed": sorted(reason.value for reason in confirmed),
        "machine_reasons": [reason.value for reason in row.reasons],
        **_effort(effort),
    }
    tx.sheets.move(
        row,
        SheetState.ACCEPTED if taken else SheetState.DUPLICATE,
        answer.reasons,
        at=at,
        who=who,
        details=details,
        entered=dict(entered),
        account=account,
        duplicate_of=answer.duplicate_of,
    )
    tx.questions.close(row.id)
    if taken:
        questionnaires.accept(tx, row, account, answers_given, who=who, at=at)
    return answer


def _judged(
    ctx: Context, tx: Transaction, row: SheetRow, values: Mapping[str, str], confirmed: Collection[Reason]
) -> tuple[Claim, AccountState, Decision]:
    claim = claims.from_person(values, review_view.template_of(ctx, row), confirmed)
    state = judging.state_for(ctx, tx, row, claim.account.value)
    return claim, state, judging.decide(ctx, row, claim, state, judging.NO_THRESHOLDS)


def _answer(claim: Claim, state: AccountState, decision: Decision) -> ReviewAnswer:
    blocking = tuple(reason for reason in decision.reasons if reason not in OVERRULABLE)
    account = review_view.account_view(claim.account.value, state)
    if decision.verdict is Verdict.ACCEPT:
        return ReviewAnswer("accepted", flags=decision.flags, account=account)
    if decision.verdict is Verdict.DUPLICATE:
        return ReviewAnswer(
            "duplicate", decision.reasons, account=account, duplicate_of=decision.duplicate_of_sheet
        )
    return ReviewAnswer(
        "refused" if blocking else "confirm", decision.reasons, blocking, decision.flags, account
    )


def lease(ctx: Context) -> tuple[datetime, datetime]:
    """Now, and until when a slip claimed now is held."""
    now = ctx.clock()
    return now, now + timedelta(seconds=ctx.settings.lease_seconds)


def supervises(tx: Transaction, user: str) -> bool:
    """Whether ``user`` is given what was left to a supervisor."""
    member = tx.staff.get(user)
    return member is not None and member.role in SUPERVISORS


def row_of(tx: Transaction, sheet_id: int) -> SheetRow:
    """The slip; raises ``UsageError``."""
    rows = tx.sheets.get([sheet_id])
    if not rows:
        raise UsageError(f"there is no sheet {sheet_id}")
    return rows[0]


def held(tx: Transaction, user: str, sheet_id: int) -> SheetRow:
    """The slip, locked, if ``user`` holds it; a lease that ran out counts while nobody else took the slip."""
    rows = tx.sheets.get([sheet_id], lock=True)
    if not rows or rows[0].state is not SheetState.REVIEW or rows[0].claimed_by != user:
        raise LeaseLostError(f"slip {sheet_id} is no longer yours: nothing was changed")
    return rows[0]


def _effort(effort: Effort | None) -> dict[str, Any]:
    return {} if effort is None else {"effort": vars(effort)}
