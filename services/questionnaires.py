"""A customer's questionnaire: no reading, but answers that a person checks before they go out.

A machine accepts none: whether somebody has consented is not left to a confidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime

from domain.account import AccountState
from domain.reasons import Reason
from domain.sheet import SheetState
from domain.surnames import same_surname
from ocr.results import SlipReading
from services import judging, review_view
from services.claims import normalise_digits, normalised
from services.context import Context
from services.results import ReviewAnswer
from services.text import clean
from storage.records import SheetRow, Transaction
from templates.model import Field, Template

#: What a person may set aside, having looked at the paper.
_OVERRULABLE = frozenset({Reason.SURNAME_DIFFERS, Reason.DATE_MISSING, Reason.DATE_UNCLEAR})
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
#: Roles that are no answers: who answers, not what.
_NO_ANSWERS = frozenset({"account", "account_code"})


def is_one(template: Template) -> bool:
    """Whether the form is a questionnaire."""
    return template.purpose == "questionnaire"


def take(
    tx: Transaction, row: SheetRow, template: Template, slip: SlipReading
) -> tuple[SheetState, tuple[Reason, ...]]:
    """Note a recognised questionnaire; returns where its sheet goes: to a person, or nowhere if empty."""
    tx.questionnaires.add(row.id, row.supplier, template.key, row.evidence)
    if Reason.EMPTY in slip.reasons:
        return SheetState.REJECTED, (Reason.EMPTY,)
    doubts = [reason for result in slip.fields.values() for reason in result.reasons]
    return SheetState.REVIEW, tuple(dict.fromkeys((Reason.QUESTIONNAIRE, *slip.reasons, *doubts)))


def judge(
    ctx: Context,
    tx: Transaction,
    row: SheetRow,
    template: Template,
    values: Mapping[str, str],
    *,
    confirmed: Collection[Reason] = (),
) -> tuple[ReviewAnswer, str, dict[str, str]]:
    """What stands against a person's values; with them the account and the answers as they would be kept."""
    number = normalise_digits(values.get("account", ""))
    state = judging.state_for(ctx, tx, row, number)
    account = state.rows[0].account if state.rows else number
    answers = answers_of(template, values)
    reasons = [
        reason
        for reason in _reasons(template, number, state, answers)
        if not (reason in _OVERRULABLE and reason in confirmed)
    ]
    blocking = tuple(reason for reason in reasons if reason not in _OVERRULABLE)
    view = review_view.account_view(number, state)
    if reasons:
        outcome = ReviewAnswer("refused" if blocking else "confirm", tuple(reasons), blocking, account=view)
        return outcome, account, answers
    first = tx.questionnaires.newest_of(row.supplier, account, row.id)
    if first is not None and first.template == template.key and first.answers == answers:
        twice = ReviewAnswer("duplicate", (Reason.DUPLICATE,), account=view, duplicate_of=first.sheet_id)
        return twice, account, answers
    return ReviewAnswer("accepted", account=view), account, answers


def accept(
    tx: Transaction, row: SheetRow, account: str, answers: Mapping[str, str], *, who: str, at: datetime
) -> None:
    """Keep the answers that a person has checked."""
    tx.questionnaires.accept(row.id, account, answers, who, at)


def answers_of(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Field name → answer, in the form's order: text, YYYY-MM-DD, or "yes" and ""."""
    return {
        field.name: _answer(field, values.get(field.name, ""))
        for field in template.fields
        if field.role not in _NO_ANSWERS
    }


def _answer(field: Field, text: str) -> str:
    text = normalised(field, text)
    if field.check == "email":
        return text.lower()
    if field.check == "phone":
        return phone_of(text) or text
    return text


def _reasons(
    template: Template, number: str, state: AccountState, answers: Mapping[str, str]
) -> list[Reason]:
    reasons = []
    if not number:
        reasons.append(Reason.ACCOUNT_MISSING)
    elif not state.rows:
        reasons.append(Reason.ACCOUNT_UNKNOWN)
    for field in template.fields:
        text = answers.get(field.name, "")
        if field.role == "signature" and field.required and text != "yes":
            reasons.append(Reason.SIGNATURE_MISSING)
        elif field.role == "date" and not text and field.required:
            reasons.append(Reason.DATE_MISSING)
        elif field.role == "date" and text and not _is_day(text):
            reasons.append(Reason.DATE_UNCLEAR)
        elif field.role == "surname" and text and field.kind != "line" and state.rows:
            if not same_surname(state.rows[0].surname, clean(text)):
                reasons.append(Reason.SURNAME_DIFFERS)
        elif not _fits(field, text):
            reasons.append(Reason.CONTACT_UNCLEAR)
    return list(dict.fromkeys(reasons))


def _fits(field: Field, text: str) -> bool:
    """Whether an answer looks like what its field asks for; an empty one does."""
    if not text:
        return True
    if field.check == "email":
        return len(text) <= 254 and _EMAIL.fullmatch(text) is not None
    return bool(phone_of(text)) if field.check == "phone" else True


def phone_of(text: str) -> str:
    """A Russian telephone number as +7 and ten digits; "" for anything else."""
    digits = re.sub(r"[\s()+-]", "", text)
    if not (digits.isascii() and digits.isdigit()):
        return ""
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    return f"+7{digits}" if len(digits) == 10 else ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
