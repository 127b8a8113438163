"""The gate: accept, review or reject, each with reasons.

A sheet or message is accepted only if every required field is above its threshold *and* all rules hold. What
a person entered passes the same gate; a person may overrule some rules (``OVERRULABLE``) but never the
register.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.account import AccountState, Status
from domain.claim import (
    Circumstances,
    Claim,
    ClaimedReading,
    Decision,
    JudgedReading,
    Kept,
    Thresholds,
    Value,
    Verdict,
)
from domain.matching import match
from domain.precedence import Precedence, precedence
from domain.reasons import Reason
from domain.supplier import CONTROL_CHANNELS, DatedRules, base
from domain.surnames import same_surname
from domain.window import billing_period, period_after

__all__ = [
    "OLDEST_DATE",
    "OVERRULABLE",
    "Circumstances",
    "Claim",
    "ClaimedReading",
    "Decision",
    "JudgedReading",
    "Thresholds",
    "Value",
    "Verdict",
    "judge",
    "period_of",
]

#: Reasons that a reviewer, having looked at the slip, may set aside.
OVERRULABLE = frozenset(
    {
        Reason.IMPLAUSIBLY_HIGH,
        Reason.HIGH_AT_TARIFF_CHANGE,
        Reason.RATIO_APPLIED,
        Reason.SURNAME_DIFFERS,
        Reason.CHANNEL_NOT_OFFERED,
        Reason.OUTSIDE_WINDOW,
        Reason.CONTRADICTS_EARLIER,
        Reason.SIGNATURE_MISSING,
        Reason.ADDRESS_MISSING,
        Reason.DATE_MISSING,
        Reason.DATE_UNCLEAR,
        Reason.DATE_IMPLAUSIBLE,
        Reason.ACCOUNT_CONTRADICTS_CODE,
    }
)

#: A slip's own date may lie this long before the day on which its box was emptied.
OLDEST_DATE = timedelta(days=62)

#: Accounts whose readings are not ours to bill, and what their customers are told.
_NOT_OURS: dict[Status, Reason] = {
    "closed": Reason.ACCOUNT_CLOSED,
    "managed": Reason.SERVED_ELSEWHERE,
    "remote": Reason.READ_REMOTELY,
}


def judge(
    claim: Claim, account: AccountState, circumstances: Circumstances, thresholds: Thresholds
) -> Decision:
    """Judge one sheet or message. Pure: everything that is known is passed in."""
    here = circumstances
    if Reason.EMPTY in claim.reasons and not claim.by_person:
        return Decision(Verdict.REJECT, (Reason.EMPTY,))
    rules = here.supplier.at(here.day)
    account_reasons = _account_reasons(claim, account, here, thresholds)
    readings, reading_reasons = match(claim, account, here, rules, thresholds)
    reasons: list[Reason] = [] if claim.by_person else list(claim.reasons)
    reasons += account_reasons + reading_reasons
    if _decimals_told_apart(claim, readings):
        reasons = [reason for reason in reasons if reason is not Reason.DECIMALS_WRITTEN]
    reasons += _paper_reasons(claim, here, thresholds)
    flags = [judged.flag for judged in readings if judged.flag is not None]
    if not same_surname(account.rows[0].surname if account.known else "", claim.surname):
        # Tenants write too. The meter's own history is the second witness; without it a person looks.
        usual = bool(readings) and all(judged.usual for judged in readings)
        (flags if usual else reasons).append(Reason.SURNAME_DIFFERS)
    closed = _window_reason(rules, here)
    if closed is Reason.NEXT_PERIOD:
        flags.append(closed)
    elif closed is not None:
        reasons.append(closed)
    weighed = Precedence()
    if readings:
        confirmed = claim.by_person and Reason.CONTRADICTS_EARLIER in claim.confirmed
        weighed = precedence(readings, account, rules, here.channel, here.day, confirmed=confirmed)
    if weighed.contradicts:
        reasons.append(Reason.CONTRADICTS_EARLIER)
    left = tuple(dict.fromkeys(r for r in reasons if r not in _set_aside(claim, weighed)))
    foreign = _not_ours(account, here)
    if foreign is not None and not account_reasons:
        kept: Kept = "" if foreign is Reason.ACCOUNT_CLOSED else "elsewhere"
        decided = Decision(Verdict.REJECT, (foreign,), kept=kept)
    else:
        left = left if foreign is None else (*left, foreign)
        rejects = not claim.by_person and rules.outside(here.channel) == "reject"
        decided = _decided(left, weighed, rejects_outside=rejects)
    return Decision(
        decided.verdict,
        decided.reasons,
        tuple(dict.fromkeys(flags)),
        readings,
        decided.duplicate_of_sheet,
        period_of(rules, here.channel, here.day),
        decided.replaces,
        decided.kept,
    )


def period_of(rules: DatedRules, channel: str, day: date) -> str:
    """The billing period (YYYY-MM) that a reading counts for.

    After the month's window it is the next one, where the supplier says so.
    """
    window, period = rules.window(channel), billing_period(day)
    if window is not None and window.is_past(day) and rules.outside(channel) == "next_period":
        return period_after(period)
    return period


def _decided(left: tuple[Reason, ...], weighed: Precedence, *, rejects_outside: bool) -> Decision:
    """The verdict from what is left of the reasons, and from what the period already has."""
    if rejects_outside and {Reason.OUTSIDE_WINDOW, Reason.CHANNEL_NOT_OFFERED} & set(left):
        return Decision(Verdict.REJECT, left)
    if left:
        return Decision(Verdict.REVIEW, left)
    if weighed.kept == "outranked":
        return Decision(Verdict.REJECT, (Reason.OUTRANKED,), kept="outranked")
    if weighed.duplicate_of is not None:
        return Decision(
            Verdict.DUPLICATE,
            (Reason.DUPLICATE,),
            duplicate_of_sheet=weighed.duplicate_of,
            kept=weighed.kept,
        )
    return Decision(Verdict.ACCEPT, replaces=weighed.replaces)


def _set_aside(claim: Claim, weighed: Precedence) -> frozenset[Reason]:
    """What a person has confirmed; a contradiction only where that settles it."""
    if not claim.by_person:
        return frozenset()
    settled = claim.confirmed & OVERRULABLE
    return settled - {Reason.CONTRADICTS_EARLIER} if weighed.contradicts else settled


def _not_ours(account: AccountState, here: Circumstances) -> Reason | None:
    """Why the account's readings are not billed by us; control readings always are."""
    if base(here.channel) in CONTROL_CHANNELS:
        return None
    states = {row.status_on(here.day) for row in account.rows}
    return next((reason for status, reason in _NOT_OURS.items() if status in states), None)


def _window_reason(rules: DatedRules, here: Circumstances) -> Reason | None:
    window = rules.window(here.channel)
    if window is None:
        return Reason.CHANNEL_NOT_OFFERED
    if window.contains(here.day):
        return None
    return Reason.NEXT_PERIOD if rules.outside(here.channel) == "next_period" else Reason.OUTSIDE_WINDOW


def _account_reasons(
    claim: Claim, account: AccountState, circumstances: Circumstances, thresholds: Thresholds
) -> list[Reason]:
    if not claim.account.value:
        return [Reason.ACCOUNT_MISSING]
    reasons = []
    number = claim.account.value
    # By another number of the account (ЕЛС, УИН) the register has found it, whatever its format.
    found = account.known and (account.alias == number or circumstances.supplier.account.accepts(number))
    if not found:
        reasons.append(Reason.ACCOUNT_UNKNOWN)
    if not claim.certain:
        reasons += thresholds.below("account", claim.account, Reason.ACCOUNT_UNCLEAR)
    return reasons


def _decimals_told_apart(claim: Claim, readings: tuple[JudgedReading, ...]) -> bool:
    """Whether each reading without its decimals has just the digits that its meter shows.

    Then two witnesses agree on where the decimals begin: the comma on the paper and the register.
    """
    written = [reading.value.value for reading in claim.readings if reading.value.value]
    counts = [judged.row.digits for judged in readings]
    return bool(written) and [len(value) for value in written] == counts


def _paper_reasons(claim: Claim, circumstances: Circumstances, thresholds: Thresholds) -> list[Reason]:
    """Date, signature and address: required on the blank, checked for presence and sense."""
    reasons: list[Reason] = []
    if claim.reading_date.value:
        if not claim.certain and "date" in claim.required:
            reasons += thresholds.below("date", claim.reading_date, Reason.DATE_UNCLEAR)
        try:
            written = date.fromisoformat(claim.reading_date.value)
        except ValueError:
            reasons.append(Reason.DATE_UNCLEAR)
        else:
            if not circumstances.day - OLDEST_DATE <= written <= circumstances.day:
                reasons.append(Reason.DATE_IMPLAUSIBLE)
    elif "date" in claim.required:
        reasons.append(Reason.DATE_MISSING)
    for name, value, missing in (
        ("signature", claim.signature_present, Reason.SIGNATURE_MISSING),
        ("address", claim.address_present, Reason.ADDRESS_MISSING),
    ):
        if name not in claim.required:
            continue
        if value.value != "yes":
            reasons.append(missing)
        elif not claim.certain:
            reasons += thresholds.below(name, value, missing)
    return reasons
