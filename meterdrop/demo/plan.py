"""What the demo puts into the box, and how each sheet may end.

A plan is honest: a slip that is hard to read may be accepted only with the right values, and may always go
to a person; a slip that breaks a rule must not be accepted at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

import numpy as np

from domain.reasons import Reason
from domain.sheet import SheetState
from simulate.registers import Entry

Where = Literal["feeder", "flatbed", "photo"]


class Kind(StrEnum):
    """What is special about a slip."""

    PLAIN = "plain"
    PERSONAL = "personal"
    BELOW_ESTIMATE = "below estimate"
    UNKNOWN_ACCOUNT = "unknown account"
    LOWER = "lower than last"
    HIGH = "implausibly high"
    STRUCK_READING = "digit struck out in the reading"
    STRUCK_ACCOUNT = "digit struck out in the account"
    NO_SIGNATURE = "no signature"
    OLD_DATE = "dated long ago"
    OUTSIDE = "box emptied outside the window"
    EMPTY = "nothing written"


#: Kinds whose rule a machine must not set aside: they end with a person, for this reason (others may add to
#: it).
MUST_REVIEW = {
    Kind.UNKNOWN_ACCOUNT: frozenset(
        {Reason.ACCOUNT_UNKNOWN, Reason.ACCOUNT_UNCLEAR, Reason.ACCOUNT_NEIGHBOUR}
    ),
    Kind.LOWER: frozenset({Reason.LOWER_THAN_LAST}),
    Kind.HIGH: frozenset({Reason.IMPLAUSIBLY_HIGH}),
    Kind.STRUCK_READING: frozenset({Reason.READING_UNCLEAR}),
    Kind.NO_SIGNATURE: frozenset({Reason.SIGNATURE_MISSING}),
    Kind.OLD_DATE: frozenset({Reason.DATE_IMPLAUSIBLE}),
    Kind.OUTSIDE: frozenset({Reason.OUTSIDE_WINDOW}),
}


@dataclass(frozen=True)
class Slip:
    """One slip to be filled: whose, what is written on it, by which hand, and where it is scanned."""

    number: int
    kind: Kind
    entry: Entry
    reading: str
    written_on: date
    hand: str
    align: Literal["left", "right"]
    where: Where

    @property
    def values(self) -> dict[str, str]:
        """Field name → what is written."""
        if self.kind is Kind.EMPTY:
            return {}
        written = {
            "account": self.entry.account,
            "address": self.entry.address,
            "reading": self.reading,
            "date": self.written_on.strftime("%d%m%Y"),
            "signature": "" if self.kind is Kind.NO_SIGNATURE else "yes",
        }
        if self.kind is Kind.PERSONAL:
            del written["account"], written["address"]
        return written


@dataclass(frozen=True)
class Expectation:
    """How a sheet may end: in which states, and for which reasons at least one of (in review)."""

    what: str
    states: frozenset[SheetState]
    reasons: frozenset[Reason] = field(default_factory=frozenset)
    account: str = ""
    reading: str = ""


#: What a machine may say instead when the ink is too unclear for it to see the broken rule.
UNCLEAR = frozenset(
    {
        Reason.ACCOUNT_UNCLEAR,
        Reason.ACCOUNT_NEIGHBOUR,
        Reason.ACCOUNT_MISSING,
        Reason.READING_UNCLEAR,
        Reason.DATE_UNCLEAR,
        Reason.BADLY_REGISTERED,
        Reason.NO_THRESHOLD,
    }
)


def expectation(slip: Slip) -> Expectation:
    """What the demo allows to become of ``slip``."""
    if slip.kind is Kind.EMPTY:
        # A speck in a cell is enough to have a person look; what matters is that it becomes no reading.
        ends = frozenset({SheetState.REJECTED, SheetState.REVIEW})
        return Expectation(slip.kind, ends, frozenset({Reason.EMPTY, Reason.ACCOUNT_MISSING}))
    if slip.kind in MUST_REVIEW:
        return Expectation(slip.kind, frozenset({SheetState.REVIEW}), MUST_REVIEW[slip.kind])
    may = frozenset({SheetState.ACCEPTED, SheetState.REVIEW})
    return Expectation(slip.kind, may, account=slip.entry.account, reading=slip.reading)


#: How many slips of each kind, out of sixty; the rest are plain.
SPECIAL = {
    Kind.PERSONAL: 12,
    Kind.BELOW_ESTIMATE: 2,
    Kind.UNKNOWN_ACCOUNT: 3,
    Kind.LOWER: 3,
    Kind.HIGH: 2,
    Kind.STRUCK_READING: 2,
    Kind.STRUCK_ACCOUNT: 2,
    Kind.NO_SIGNATURE: 1,
    Kind.OLD_DATE: 1,
    Kind.OUTSIDE: 1,
    Kind.EMPTY: 1,
}


def kinds(n: int) -> list[Kind]:
    """The kinds of ``n`` slips, plain ones and one of each other at least, in proportion to ``SPECIAL``."""
    listed = [kind for kind, count in SPECIAL.items() for _ in range(max(1, round(count * n / 60)))]
    return listed + [Kind.PLAIN] * max(4, n - len(listed))


def plan(
    n: int,
    register: Sequence[Entry],
    strangers: Sequence[str],
    *,
    collected: date,
    late: date,
    hands: Sequence[str],
    rng: np.random.Generator,
) -> list[Slip]:
    """``n`` slips (a few more where ``n`` is too small for one of each kind) of customers in ``register``.

    ``strangers``: accounts that are in no register, enough of them. ``collected``: the day the box was
    emptied; ``late``: the day another one was, outside the window.
    """
    order = kinds(n)
    rng.shuffle(order)
    # The first slip, which goes through the feeder, is the one that is scanned twice.
    first = order.index(Kind.PLAIN)
    order[0], order[first] = order[first], order[0]
    chosen = rng.choice(len(register), len(order), replace=False)
    slips = []
    stranger = iter(strangers)
    for number, (kind, index) in enumerate(zip(order, chosen, strict=True)):
        entry = register[int(index)]
        if kind is Kind.BELOW_ESTIMATE:
            entry = replace(entry, previous_kind="average")
        if kind is Kind.UNKNOWN_ACCOUNT:
            entry = replace(entry, account=next(stranger))
        days = 95 if kind is Kind.OLD_DATE else int(rng.integers(0, 3))
        slips.append(
            Slip(
                number=number,
                kind=kind,
                entry=entry,
                reading=_reading(kind, entry, rng),
                written_on=(late if kind is Kind.OUTSIDE else collected) - timedelta(days=days),
                hand=hands[number % len(hands)],
                align="right" if rng.random() < 0.3 else "left",
                where=_where(number, len(order)),
            )
        )
    return slips


def registered(register: Sequence[Entry], slips: Sequence[Slip]) -> list[Entry]:
    """The register in which the planned customers have the history that their slips need."""
    changed = {slip.entry.account: slip.entry for slip in slips if slip.kind is Kind.BELOW_ESTIMATE}
    return [changed.get(entry.account, entry) for entry in register]


def _where(number: int, n: int) -> Where:
    """Six tenths through the feeder (A5), three tenths two by two on the flatbed (A4), the rest by phone."""
    share = number / n
    return "feeder" if share < 0.6 else "flatbed" if share < 0.9 else "photo"


def _reading(kind: Kind, entry: Entry, rng: np.random.Generator) -> str:
    last = int(entry.previous_reading)
    if kind in (Kind.LOWER, Kind.BELOW_ESTIMATE):
        value = last - int(rng.integers(20, 200))
    elif kind is Kind.HIGH:
        value = last + 5000 + int(rng.integers(0, 900))
    else:
        value = last + int(entry.monthly_average * rng.uniform(0.6, 1.3)) + 1
    return f"{value:0{entry.digits}d}"
