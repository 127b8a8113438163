"""What the register knows about an account, and what was already accepted for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

ReadingKind = Literal["actual", "average", "norm"]

#: ``closed``, ``managed`` (a managing company takes the readings) and ``remote`` (the meter is read remotely)
#: hold for the account; ``replaced`` for one meter, which has been taken down.
Status = Literal["", "closed", "managed", "remote", "replaced"]


@dataclass(frozen=True)
class RegisterRow:
    """One meter and tariff of an account, as the supplier's register lists it.

    ``digits``: how many digits the meter shows before the decimal mark. ``previous_reading`` is text with its
    leading zeros. ``monthly_average`` is in kWh a month. ``ratio``: of a transformer, kWh to a unit of the
    counter. ``status`` holds from ``status_since`` on (None: always); ``report_to``: who takes the readings
    of an account that is not ours.
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
    status: Status = ""
    status_since: date | None = None
    report_to: str = ""

    def status_on(self, day: date) -> Status:
        """The status on ``day``."""
        return self.status if self.status_since is None or self.status_since <= day else ""

    @property
    def key(self) -> tuple[str, str]:
        """Meter and tariff: what tells the rows of an account apart."""
        return self.meter_serial, self.tariff


def same_serial(registered: str, written: str) -> bool:
    """Whether a number written into cells names the registered meter.

    Cells hold digits alone, and people leave leading zeros out: ``СЕ-0088`` is written ``88`` or ``0088``.
    """
    digits = "".join(symbol for symbol in registered if symbol.isascii() and symbol.isdigit()).lstrip("0")
    return bool(digits) and written.lstrip("0") == digits


@dataclass(frozen=True)
class EarlierReading:
    """A reading already accepted for the account in the billing period under judgement.

    ``day``: on which it was read; ``channel``: by which it came. ``fixed``: it is on its way to billing, so
    that nothing can take its place before billing has answered.
    """

    sheet_id: int
    meter_serial: str
    tariff: str
    reading: str
    channel: str = ""
    day: date | None = None
    fixed: bool = False


@dataclass(frozen=True)
class PastReading:
    """An actual reading of an earlier period: text with the meter's digit count.

    ``control``: a controller's or the meter's own, which no customer's reading shows to be false.
    """

    day: date
    reading: str
    control: bool = False


@dataclass(frozen=True)
class AccountState:
    """Everything that the gate needs to know about one account.

    ``past``: (meter, tariff) to its actual readings of earlier periods, oldest first. ``alias``: the other
    number by which the account was found, "" where it was named by its own.
    """

    rows: tuple[RegisterRow, ...] = ()
    earlier: tuple[EarlierReading, ...] = ()
    past: Mapping[tuple[str, str], tuple[PastReading, ...]] = field(default_factory=dict)
    alias: str = ""

    @property
    def known(self) -> bool:
        """Whether the register has the account at all."""
        return bool(self.rows)

    @property
    def number(self) -> str:
        """The account as the register names it, whatever other number was written; "" for an unknown one."""
        return self.rows[0].account if self.rows else ""
