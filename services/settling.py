"""Settle one recognised slip: blank, unreadable, duplicate, or whatever the gate says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.gate import Verdict
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.fingerprint import same_slip
from ocr.results import SlipReading
from services import answers, backs, claims, headers, judging, lots, questionnaires, recognition, shadows
from services.context import Context, PageRead
from services.text import printable
from services.thresholds import in_force
from services.weighing import weighed
from storage.records import SheetRow, Transaction
from templates.model import Template

#: Unreadable for the machine, but a person may be able to key it from the picture.
FOR_A_PERSON = frozenset({Reason.TEMPLATE_NOT_FOUND, Reason.BADLY_REGISTERED, Reason.DECODER_CRASHED})
#: One and the same sheet of paper from this likeness of its ink on.
SAME_SLIP = 0.5
#: A slip lies in its box for weeks at most; the same hand writes the same account again next month.
SAME_SLIP_WITHIN = timedelta(days=62)
#: The gate's verdicts as states.
_STATES = {
    Verdict.ACCEPT: SheetState.ACCEPTED,
    Verdict.REVIEW: SheetState.REVIEW,
    Verdict.REJECT: SheetState.REJECTED,
    Verdict.DUPLICATE: SheetState.DUPLICATE,
}


def settle(
    ctx: Context,
    tx: Transaction,
    row: SheetRow,
    slip: SlipReading,
    page: PageRead,
    *,
    at: datetime,
    who: str,
) -> tuple[SheetState, tuple[Reason, ...]]:
    """Move a pending sheet to the state that its slip deserves, with its readings.

    Returns state and reasons.
    """
    account = slip.fields.get("account")
    seen: dict[str, Any] = {
        "template": slip.template,
        "model": slip.model or None,
        "account": (account.value or None) if account is not None else None,
        "recognition": recognition.to_json(slip),
        "pixel_hash": page.pixel_hash or None,
        "ink": slip.ink or None,
    }
    details = {"detail": printable(page.detail)} if page.detail else None

    def moved(
        state: SheetState, reasons: tuple[Reason, ...], **more: Any
    ) -> tuple[SheetState, tuple[Reason, ...]]:
        tx.sheets.move(row, state, reasons, at=at, who=who, details=details, **seen, **more)
        return state, reasons

    if slip.outcome == "blank":
        return moved(SheetState.BLANK, slip.reasons)
    if slip.outcome == "unreadable" and not FOR_A_PERSON.intersection(slip.reasons):
        return moved(SheetState.UNREADABLE, slip.reasons)
    if Reason.EMPTY not in slip.reasons:
        first = _first_scan(tx, row, seen)
        if first is not None:
            return moved(SheetState.DUPLICATE, (Reason.DUPLICATE,), duplicate_of=first)
    template = ctx.templates.get(slip.template or "")
    if slip.outcome == "unreadable" or template is None:
        return moved(SheetState.REVIEW, slip.reasons or (Reason.TEMPLATE_NOT_FOUND,))
    if backs.waits(ctx, tx, row, template):
        return backs.hold(tx, row, slip, seen, at=at, who=who)
    return conclude(ctx, tx, row, slip, template, at=at, who=who, seen=seen, details=details)


def conclude(
    ctx: Context,
    tx: Transaction,
    row: SheetRow,
    slip: SlipReading,
    template: Template,
    *,
    at: datetime,
    who: str,
    seen: Mapping[str, Any] | None = None,
    kept: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> tuple[SheetState, tuple[Reason, ...]]:
    """Judge what was read with ``template`` and move the sheet to where that leads.

    ``seen``: columns to set beside; ``kept``: what the recognition keeps beside the slip; ``details``: what
    the log says of the step. Returns state and reasons.
    """
    columns = {**(seen or {}), "template": template.key, "model": slip.model or None}

    def moved(
        state: SheetState, reasons: tuple[Reason, ...], **more: Any
    ) -> tuple[SheetState, tuple[Reason, ...]]:
        columns["recognition"] = {**recognition.to_json(slip), **(kept or {})}
        tx.sheets.move(row, state, reasons, at=at, who=who, details=details, **columns, **more)
        return state, reasons

    if template.back_of or template.purpose != "slip":
        return moved(*_no_slip(tx, row, slip, template, at=at, who=who))
    standing = in_force(ctx, tx, row.channel, template.key, slip.model)
    slip, known = weighed(ctx, tx, row, slip, template)
    claim = claims.from_reader(slip, template)
    decision = judging.decide(ctx, row, claim, known, standing.lowest)
    state = _STATES[decision.verdict]
    result = moved(state, decision.reasons + decision.flags, duplicate_of=decision.duplicate_of_sheet)
    if slip.shadow is not None:
        shadows.keep(ctx, tx, row, slip.shadow, template)
    judging.record(ctx, tx, row, claim, decision, who=who, at=at)
    if state is SheetState.ACCEPTED:
        lots.draw_accepted_by_machine(
            ctx,
            tx,
            row,
            answers.of_machine(template, slip),
            template=template.key,
            model=slip.model,
            floor=standing.main,
            at=at,
        )
    return result


def _no_slip(
    tx: Transaction, row: SheetRow, slip: SlipReading, template: Template, *, at: datetime, who: str
) -> tuple[SheetState, tuple[Reason, ...]]:
    """What becomes of a paper that brings no reading."""
    if template.back_of:
        # A back with fields has waited for its front, one without a front as well.
        return SheetState.BLANK, (Reason.BACK_OF_FORM,)
    if Reason.FORM_UNSURE in slip.reasons:
        # It would be taken at its word, and may be another paper.
        return SheetState.REVIEW, slip.reasons
    if questionnaires.is_one(template):
        return questionnaires.take(tx, row, template, slip)
    headers.take(tx, row, slip, at=at, who=who)
    return SheetState.BLANK, (Reason.BOX_HEADER,)


def _first_scan(tx: Transaction, row: SheetRow, seen: dict[str, Any]) -> int | None:
    """The earlier sheet that is the same picture, or another scan of the same paper."""
    if seen["pixel_hash"]:
        first = tx.sheets.same_pixels(row.supplier, seen["pixel_hash"], row.slip, row.id)
        if first is not None:
            return first
    if seen["ink"] and seen["account"]:
        since, until = row.collected - SAME_SLIP_WITHIN, row.collected + SAME_SLIP_WITHIN
        for other, ink in tx.sheets.inks(row.supplier, seen["account"], row.id, since, until):
            if same_slip(ink, seen["ink"]) >= SAME_SLIP:
                return other
    return None
