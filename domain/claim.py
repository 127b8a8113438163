"""What a sheet or a message claims, where and when it came in, and what the gate answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from domain.account import RegisterRow
from domain.plausibility import PlausibilityRules
from domain.reasons import Reason
from domain.supplier import SupplierRules


class Verdict(StrEnum):
    """What the gate says about a sheet."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"
    DUPLICATE = "duplicate"


#: Why a reading that billing does not get is kept all the same.
Kept = Literal["", "outranked", "elsewhere", "confirms"]


@dataclass(frozen=True)
class Value:
    """What one field says. ``confidence`` is calibrated; a person's entry has confidence 1."""

    value: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class ClaimedReading:
    """A reading as written: digits before the decimal mark. ``tariff`` None means the only or first one.

    ``meter``: which of the sheet's meters, from 1.
    """

    value: Value
    tariff: str | None = None
    meter: int = 1


@dataclass(frozen=True)
class Claim:
    """What a sheet claims, whoever read it.

    ``required`` names the required fields among account, reading, date, signature, address. ``reasons`` are
    those that the reader raised (unclear, overwritten …): any of them keeps the sheet in review unless a
    person entered the values. ``by_person``: one of the staff entered them, and may have ``confirmed`` what
    the gate doubts. ``typed``: the customer typed them, so that nothing had to be recognised. ``in_order``:
    the readings name no tariff; they stand in the order of the account's meters and tariffs. ``surname``: as
    the customer gave it. ``meter_serial``: the first meter's; ``further_serials``: of a sheet's others.
    """

    account: Value = field(default_factory=Value)
    readings: tuple[ClaimedReading, ...] = ()
    reading_date: Value = field(default_factory=Value)
    signature_present: Value = field(default_factory=Value)
    address_present: Value = field(default_factory=Value)
    meter_serial: Value = field(default_factory=Value)
    further_serials: Mapping[int, Value] = field(default_factory=dict)
    required: frozenset[str] = frozenset({"account", "reading", "date", "signature"})
    reasons: tuple[Reason, ...] = ()
    by_person: bool = False
    confirmed: frozenset[Reason] = frozenset()
    typed: bool = False
    in_order: bool = False
    surname: str = ""

    @property
    def certain(self) -> bool:
        """Whether the values are what somebody typed, so that no threshold applies."""
        return self.by_person or self.typed


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

    def below(self, name: str, value: Value, unclear: Reason) -> list[Reason]:
        """``unclear`` when under the threshold; ``no_threshold`` when there is no data to have one."""
        if self.lowest.get(name) is None:
            return [Reason.NO_THRESHOLD]
        return [] if self.passes(name, value.confidence) else [unclear]


@dataclass(frozen=True)
class Circumstances:
    """Where and when a sheet came in. ``day`` is the day the box was emptied, never the scanner's clock."""

    supplier: SupplierRules
    channel: str
    day: date
    plausibility: PlausibilityRules = field(default_factory=PlausibilityRules)


@dataclass(frozen=True)
class JudgedReading:
    """A reading matched to its meter: ``reading`` has the meter's digit count, leading zeros kept.

    ``used``: since the previous reading, in units of the counter. ``usual``: its history confirms it.
    """

    row: RegisterRow
    reading: str
    rolled_over: bool = False
    flag: Reason | None = None
    used: int | None = None
    usual: bool = False


@dataclass(frozen=True)
class Decision:
    """The gate's answer. ``flags`` mark an accepted sheet without holding it.

    ``period``: the billing period (YYYY-MM) that the readings count for. ``replaces``: sheets whose readings
    these take the place of. ``kept``: the readings are recorded and never billed, and why.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()
    readings: tuple[JudgedReading, ...] = ()
    duplicate_of_sheet: int | None = None
    period: str = ""
    replaces: tuple[int, ...] = ()
    kept: Kept = ""
