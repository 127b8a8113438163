"""The gate: accept, review or reject, each with reasons.

A sheet is accepted only if every required field is above its threshold *and* all rules hold. What a person
entered passes the same gate; a person may overrule some rules (``OVERRULABLE``) but never the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from domain.account import AccountState, RegisterRow, same_serial
from domain.plausibility import PlausibilityRules, check, pad
from domain.reasons import Reason
from domain.supplier import SupplierRules


class Verdict(StrEnum):
    """What the gate says about a sheet."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"
    DUPLICATE = "duplicate"


#: Reasons that a reviewer, having looked at the slip, may set aside.
OVERRULABLE = frozenset(
    {
        Reason.IMPLAUSIBLY_HIGH,
        Reason.OUTSIDE_WINDOW,
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


@dataclass(frozen=True)
class Value:
    """What one field says. ``confidence`` is calibrated; a person's entry has confidence 1."""

    value: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class ClaimedReading:
    """A reading as written: digits before the decimal mark. ``tariff`` None means the only or first one."""

    value: Value
    tariff: str | None = None


@dataclass(frozen=True)
class Claim:
    """What a sheet claims, whoever read it.

    ``required`` names the required fields among account, reading, date, signature, address. ``reasons`` are
    those that the reader raised (unclear, overwritten …): any of them keeps the sheet in review unless a
    person entered the values.
    """

    account: Value = field(default_factory=Value)
    readings: tuple[ClaimedReading, ...] = ()
    reading_date: Value = field(default_factory=Value)
    signature_present: Value = field(default_factory=Value)
    address_present: Value = field(default_factory=Value)
    meter_serial: Value = field(default_factory=Value)
    required: frozenset[str] = frozenset({"account", "reading", "date", "signature"})
    reasons: tuple[Reason, ...] = ()
    by_person: bool = False
    confirmed: frozenset[Reason] = frozenset()


@dataclass(frozen=True)
class Thresholds:
    """Lowest confidence a field may have for the machine alone to accept; ``None``: no data, so never.

    Keys: account, reading, date, signature, address, meter_serial.
    """

    lowest: Mapping[str, float | None]

    def passes(self, name: str, confidence: float) -> bool:
        """Whether ``confidence`` suffices for the field ``name``."""
        threshold = self.lowest.get(name)
        return threshold is not None and confidence >= threshold


@dataclass(frozen=True)
class Circumstances:
    """Where and when a sheet came in. ``day`` is the day the box was emptied, never the scanner's clock."""

    supplier: SupplierRules
    channel: str
    day: date
    plausibility: PlausibilityRules = field(default_factory=PlausibilityRules)


@dataclass(frozen=True)
class JudgedReading:
    """A reading matched to its meter: ``reading`` has the meter's digit count, leading zeros kept."""

    row: RegisterRow
    reading: str
    rolled_over: bool = False
    flag: Reason | None = None


@dataclass(frozen=True)
class Decision:
    """The gate's answer. ``flags`` mark an accepted sheet without holding it."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()
    readings: tuple[JudgedReading, ...] = ()
    duplicate_of_sheet: int | None = None


def judge(
    claim: Claim, account: AccountState, circumstances: Circumstances, thresholds: Thresholds
) -> Decision:
    """Judge one sheet. Pure: everything that is known is passed in."""
    if Reason.EMPTY in claim.reasons and not claim.by_person:
        return Decision(Verdict.REJECT, (Reason.EMPTY,))
    reasons: list[Reason] = [] if claim.by_person else list(claim.reasons)
    reasons += _account_reasons(claim, account, circumstances, thresholds)
    readings, reading_reasons = _readings(claim, account, circumstances, thresholds)
    reasons += reading_reasons
    if _decimals_told_apart(claim, readings):
        reasons = [reason for reason in reasons if reason is not Reason.DECIMALS_WRITTEN]
    reasons += _paper_reasons(claim, circumstances, thresholds)
    rules = circumstances.supplier.at(circumstances.day)
    window = rules.windows.get(circumstances.channel)
    outside = window is None or not window.contains(circumstances.day)
    if outside:
        reasons.append(Reason.OUTSIDE_WINDOW)
    duplicate_of = None
    if readings and account.known:
        duplicate_of, contradiction = _earlier(readings, account)
        if contradiction:
            reasons.append(Reason.CONTRADICTS_EARLIER)
    left = tuple(dict.fromkeys(r for r in reasons if r not in _set_aside(claim)))
    flags = tuple(dict.fromkeys(r.flag for r in readings if r.flag is not None))
    if outside and rules.outside_window == "reject" and not claim.by_person:
        return Decision(Verdict.REJECT, left, flags, readings)
    if left:
        return Decision(Verdict.REVIEW, left, flags, readings)
    if duplicate_of is not None:
        return Decision(Verdict.DUPLICATE, (Reason.DUPLICATE,), flags, readings, duplicate_of)
    return Decision(Verdict.ACCEPT, (), flags, readings)


def _set_aside(claim: Claim) -> frozenset[Reason]:
    return claim.confirmed & OVERRULABLE if claim.by_person else frozenset()


def _account_reasons(
    claim: Claim, account: AccountState, circumstances: Circumstances, thresholds: Thresholds
) -> list[Reason]:
    if not claim.account.value:
        return [Reason.ACCOUNT_MISSING]
    reasons = []
    if not account.known or not circumstances.supplier.account.accepts(claim.account.value):
        reasons.append(Reason.ACCOUNT_UNKNOWN)
    if not claim.by_person:
        reasons += _below("account", claim.account, Reason.ACCOUNT_UNCLEAR, thresholds)
    return reasons


def _below(name: str, value: Value, unclear: Reason, thresholds: Thresholds) -> list[Reason]:
    """``unclear`` when under the threshold; ``no_threshold`` when there is no data to have one."""
    if thresholds.lowest.get(name) is None:
        return [Reason.NO_THRESHOLD]
    return [] if thresholds.passes(name, value.confidence) else [unclear]


def _readings(
    claim: Claim, account: AccountState, circumstances: Circumstances, thresholds: Thresholds
) -> tuple[tuple[JudgedReading, ...], list[Reason]]:
    """Match each written reading to its meter and tariff, and check it against that row's history."""
    reasons: list[Reason] = []
    judged: list[JudgedReading] = []
    written = [r for r in claim.readings if r.value.value]
    if not written or all(r.tariff not in (None, "", "T1") for r in written):
        reasons.append(Reason.READING_MISSING)
    for reading in claim.readings:
        # An optional reading that looks empty is not asked for its confidence: most slips leave it so.
        if not claim.by_person and (reading.value.value or reading.tariff in (None, "", "T1")):
            reasons += _below("reading", reading.value, Reason.READING_UNCLEAR, thresholds)
    if not account.known:
        return (), reasons
    rows, meter_reasons = _rows_of_meter(claim, account, thresholds)
    reasons += meter_reasons
    if meter_reasons:
        return (), reasons
    by_tariff = {row.tariff or "T1": row for row in rows}
    for reading in written:
        row = by_tariff.get(reading.tariff or "T1")
        if row is None:
            reasons.append(Reason.METER_UNKNOWN)
            continue
        if not (reading.value.value.isascii() and reading.value.value.isdigit()):
            reasons.append(Reason.READING_UNCLEAR)
            continue
        plain = check(reading.value.value, row, circumstances.day, circumstances.plausibility)
        if plain.blocking is not None:
            reasons.append(plain.blocking)
        text = reading.value.value
        if row.digits is not None and len(text) > row.digits:
            text = text.lstrip("0")
        judged.append(JudgedReading(row, pad(text, row.digits), plain.rolled_over, plain.flag))
    if len(judged) < len(by_tariff) and written:
        reasons.append(Reason.READING_MISSING)
    return tuple(judged), reasons


def _decimals_told_apart(claim: Claim, readings: tuple[JudgedReading, ...]) -> bool:
    """Whether each reading without its decimals has just the digits that its meter shows.

    Then two witnesses agree on where the decimals begin: the comma on the paper and the register.
    """
    written = [reading.value.value for reading in claim.readings if reading.value.value]
    counts = [judged.row.digits for judged in readings]
    return bool(written) and [len(value) for value in written] == counts


def _rows_of_meter(
    claim: Claim, account: AccountState, thresholds: Thresholds
) -> tuple[tuple[RegisterRow, ...], list[Reason]]:
    """The register rows of the slip's meter; with several meters, the number written must say which.

    The machine must have read that number surely enough: meters that were bought together differ in one
    digit. With one meter the number may be left out, but a clear one that names another speaks against the
    account, or the meter was changed.
    """
    written = claim.meter_serial
    serials = {row.meter_serial for row in account.rows}
    rows = tuple(row for row in account.rows if same_serial(row.meter_serial, written.value))
    if len(serials) <= 1:
        clear = bool(written.value) and thresholds.passes("meter_serial", written.confidence)
        contradicts = clear and not claim.by_person and any(serials) and not rows
        return ((), [Reason.METER_UNKNOWN]) if contradicts else (account.rows, [])
    if not rows:
        return (), [Reason.METER_UNKNOWN]
    unsure = [] if claim.by_person else _below("meter_serial", written, Reason.METER_UNKNOWN, thresholds)
    return ((), unsure) if unsure else (rows, [])


def _paper_reasons(claim: Claim, circumstances: Circumstances, thresholds: Thresholds) -> list[Reason]:
    """Date, signature and address: required on the blank, checked for presence and sense."""
    reasons: list[Reason] = []
    if claim.reading_date.value:
        if not claim.by_person and "date" in claim.required:
            reasons += _below("date", claim.reading_date, Reason.DATE_UNCLEAR, thresholds)
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
        elif not claim.by_person:
            reasons += _below(name, value, missing, thresholds)
    return reasons


def _earlier(readings: tuple[JudgedReading, ...], account: AccountState) -> tuple[int | None, bool]:
    """The sheet that already brought all these readings, and whether any earlier reading differs."""
    known = {(e.meter_serial, e.tariff): e for e in account.earlier}
    same: list[int] = []
    contradiction = False
    for judged in readings:
        earlier = known.get((judged.row.meter_serial, judged.row.tariff))
        if earlier is None:
            continue
        if int(earlier.reading) == int(judged.reading):
            same.append(earlier.sheet_id)
        else:
            contradiction = True
    complete = bool(readings) and len(same) == len(readings)
    # Half known, half new: a person decides what the second slip adds.
    return (same[0] if complete else None), contradiction or (bool(same) and not complete)
