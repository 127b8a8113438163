"""A supplier's rules as dated settings: what held on the day a slip was dropped decides about that slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from domain.errors import SettingsError
from domain.window import Window


@dataclass(frozen=True)
class AccountFormat:
    """What an account number looks like. ``digits_max`` equals ``digits_min`` where the length is fixed."""

    digits_min: int
    digits_max: int
    name: str = "лицевой счёт"
    aliases: tuple[str, ...] = ()

    def accepts(self, account: str) -> bool:
        """Whether ``account`` (text) has this format."""
        return account.isascii() and account.isdigit() and self.digits_min <= len(account) <= self.digits_max


@dataclass(frozen=True)
class NoReadingRule:
    """What is billed without a reading: the average for ``average_months``, then the norm."""

    average_months: int = 3
    then: Literal["norm"] = "norm"


@dataclass(frozen=True)
class DatedRules:
    """The rules in force from ``since`` on. ``windows`` maps a channel to its days of the month.

    A channel that is not named is not offered. ``outside_window`` says what happens to a slip that came on
    another day: a person decides, or it is rejected at once. ``portal_asks``: what the public page asks beside
    the account, so that nobody sends for another's.
    """

    since: date
    windows: Mapping[str, Window]
    no_reading: NoReadingRule = field(default_factory=NoReadingRule)
    outside_window: Literal["review", "reject"] = "review"
    portal_asks: tuple[Literal["meter_serial", "surname"], ...] = ()


@dataclass(frozen=True)
class SupplierRules:
    """A supplier: names, account format, and its rules over time (oldest first)."""

    name: str
    title: str
    account: AccountFormat
    periods: tuple[DatedRules, ...]

    def at(self, day: date) -> DatedRules:
        """The rules in force on ``day``; the oldest ones for days before any; raises ``SettingsError``."""
        if not self.periods:
            raise SettingsError(f"supplier {self.name} has no dated rules; add one to its supplier.yaml")
        in_force = self.periods[0]
        for period in self.periods:
            if period.since <= day:
                in_force = period
        return in_force
