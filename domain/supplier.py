"""A supplier's rules as dated settings: what held on the day a reading came in decides about that reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from domain.errors import SettingsError
from domain.window import ALWAYS, Window

#: What happens to a reading that comes outside its channel's window.
Outside = Literal["review", "reject", "next_period"]

#: Readings that the supplier takes himself, whenever it suits him: a controller's act, a meter read remotely.
CONTROL_CHANNELS: Final = frozenset({"act", "smart"})

#: How much a channel is worth beside another: control, a logged-in customer, a signature, anybody.
DEFAULT_RANKS: Final[Mapping[str, int]] = {
    "act": 4,
    "smart": 4,
    "portal": 3,
    "app": 3,
    "station": 2,
    "desk": 2,
    "receipt": 2,
}
_ANYBODY: Final = 1


@dataclass(frozen=True)
class AccountAlias:
    """Another number under which an account is known, such as ЕЛС or УИН, with its digit counts."""

    name: str
    digits_min: int
    digits_max: int


@dataclass(frozen=True)
class AccountFormat:
    """What an account number looks like. ``digits_max`` equals ``digits_min`` where the length is fixed.

    ``aliases``: other numbers that customers may write instead; the register says which account they name.
    """

    digits_min: int
    digits_max: int
    name: str = "лицевой счёт"
    aliases: tuple[AccountAlias, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether every number's length is fixed, so that it tells an account from a reading."""
        return all(low == high for low, high in self._lengths())

    @property
    def shortest(self) -> int:
        """Fewest digits that an account or another number for it has."""
        return min(low for low, _ in self._lengths())

    def accepts(self, account: str) -> bool:
        """Whether ``account`` (text) has the account's own format."""
        return account.isascii() and account.isdigit() and self.digits_min <= len(account) <= self.digits_max

    def may_name(self, number: str) -> bool:
        """Whether ``number`` has the format of an account or of one of its other numbers."""
        if not (number.isascii() and number.isdigit()):
            return False
        return any(low <= len(number) <= high for low, high in self._lengths())

    def _lengths(self) -> tuple[tuple[int, int], ...]:
        others = tuple((alias.digits_min, alias.digits_max) for alias in self.aliases)
        return ((self.digits_min, self.digits_max), *others)


@dataclass(frozen=True)
class NoReadingRule:
    """What is billed without a reading: the average for ``average_months``, then the norm.

    ``norm_kwh``: the norm of a month where the register has none for the account; None: billing knows it.
    """

    average_months: int = 3
    then: Literal["norm"] = "norm"
    norm_kwh: float | None = None


@dataclass(frozen=True)
class TariffChanges:
    """Days on which tariffs change, and the days around them on which high readings are looked at.

    Before a rise people report more than the meter shows, to pay for it at the old price. ``factor``: times
    the usual use that is high then.
    """

    days: tuple[date, ...] = ()
    before: int = 31
    after: int = 10
    factor: float = 2.0

    def near(self, day: date) -> bool:
        """Whether ``day`` lies around a change."""
        return any(-self.before <= (day - change).days <= self.after for change in self.days)


@dataclass(frozen=True)
class DatedRules:
    """The rules in force from ``since`` on.

    ``windows`` maps a channel, or channel/provider, to its days of the month; what is not named is not
    offered. ``outside_window`` says what happens to a reading that came on another day,
    ``outside_by_channel`` where that depends on the channel. ``ranks``: how much a channel is worth beside
    another. ``same_period``: whether a later reading by a channel of the same rank is looked at, or takes the
    place of the earlier one. ``season``: use of January to December beside a year's average. ``texts``: what
    notices say.
    ``portal_asks``: what the public page asks beside the account, so that nobody sends for another's.
    """

    since: date
    windows: Mapping[str, Window]
    no_reading: NoReadingRule = field(default_factory=NoReadingRule)
    outside_window: Outside = "review"
    outside_by_channel: Mapping[str, Outside] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)
    same_period: Literal["review", "newer"] = "review"
    season: tuple[float, ...] = (1.0,) * 12
    tariff_changes: TariffChanges = field(default_factory=TariffChanges)
    texts: Mapping[str, str] = field(default_factory=dict)
    portal_asks: tuple[Literal["meter_serial", "surname"], ...] = ()

    def window(self, channel: str) -> Window | None:
        """The days of ``channel`` or ``channel/provider``; None where readings are not taken this way."""
        found = self.windows.get(channel, self.windows.get(base(channel)))
        return ALWAYS if found is None and base(channel) in CONTROL_CHANNELS else found

    def outside(self, channel: str) -> Outside:
        """What happens to a reading by ``channel`` outside its window."""
        by_channel = self.outside_by_channel
        return by_channel.get(channel, by_channel.get(base(channel), self.outside_window))

    def rank(self, channel: str) -> int:
        """The rank of a channel: a reading of a lower one never takes the place of one of a higher."""
        for ranks in (self.ranks, DEFAULT_RANKS):
            for name in (channel, base(channel)):
                if name in ranks:
                    return ranks[name]
        return _ANYBODY


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


def base(channel: str) -> str:
    """The channel without its provider: ``terminal`` for ``terminal/citypay``."""
    return channel.partition("/")[0]
