"""What the register knows about an account, and what was already accepted for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

ReadingKind = Literal["actual", "average", "norm"]


@dataclass(frozen=True)
class RegisterRow:
    """One meter and tariff of an account, as the supplier's register lists it.

    ``digits``: how many digits the meter shows before the decimal mark. ``previous_reading`` is text with its
    leading zeros. ``monthly_average`` is in kWh a month.
    """

    supplier: str
    account: str
    meter_serial: str = ""
    tariff: str = ""
    digits: int | None = None
    decimals: int = 0
    surname: str = ""
    address: str = ""
    previous_reading: str | None = None
    previous_date: date | None = None
    previous_kind: ReadingKind = "actual"
    monthly_average: float | None = None
    ratio: float = 1.0


def same_serial(registered: str, written: str) -> bool:
    """Whether a number written into cells names the registered meter.

    Cells hold digits alone, and people leave leading zeros out: ``СЕ-0088`` is written ``88`` or ``0088``.
    """
    digits = "".join(symbol for symbol in registered if symbol.isascii() and symbol.isdigit()).lstrip("0")
    return bool(digits) and written.lstrip("0") == digits


@dataclass(frozen=True)
class EarlierReading:
    """A reading already accepted for the account in the billing period under judgement."""

    sheet_id: int
    meter_serial: str
    tariff: str
    reading: str


@dataclass(frozen=True)
class AccountState:
    """Everything that the gate needs to know about one account."""

    rows: tuple[RegisterRow, ...] = ()
    earlier: tuple[EarlierReading, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the register has the account at all."""
        return bool(self.rows)
