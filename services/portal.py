"""What the public page offers, whom it takes a photo from, and how its references are written."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from domain.account import RegisterRow, same_serial
from domain.supplier import SupplierRules
from domain.window import Window
from services.context import Context
from services.text import clean

CHANNEL = "portal"
#: Without letters and digits that are taken for one another.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE = 12


class NotAccepted(Exception):  # noqa: N818 - an answer for the customer, not a fault
    """The customer's entry cannot be taken. ``problem``: account or not_yours."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class PhotoOrder:
    """What a customer typed. ``session``: what only this browser has; kept as a hash."""

    supplier: str
    account: str
    meter_serial: str
    surname: str
    session: str


@dataclass(frozen=True)
class Offer:
    """A supplier that takes photos on the public page today; ``window`` of the month."""

    name: str
    title: str
    account_name: str
    digits_min: int
    digits_max: int
    asks: tuple[str, ...]
    window: Window
    open_today: bool


def offers(ctx: Context, day: date) -> list[Offer]:
    """The suppliers that take photos, those with a register first; one without is left out if another has."""
    found = []
    with ctx.records.read() as tx:
        known = {name for name in ctx.suppliers if tx.registers.version(name)}
    for name, rules in ctx.suppliers.items():
        window = rules.at(day).window(CHANNEL)
        if window is not None and (name in known or not known):
            found.append(_offer(name, rules, window, day))
    return found


def _offer(name: str, rules: SupplierRules, window: Window, day: date) -> Offer:
    form = rules.account
    return Offer(
        name,
        rules.title,
        form.name,
        form.digits_min,
        form.digits_max,
        rules.at(day).portal_asks,
        window,
        window.contains(day),
    )


def check_order(ctx: Context, order: PhotoOrder, day: date) -> tuple[RegisterRow, ...]:
    """The account's register rows; raises ``NotAccepted``.

    A wrong account and a wrong answer to what is asked beside it are told apart only where nothing is asked.
    """
    rules = ctx.suppliers.get(order.supplier)
    if rules is None or rules.at(day).window(CHANNEL) is None:
        raise NotAccepted("account")
    asks = rules.at(day).portal_asks
    with ctx.records.read() as tx:
        rows = (
            tx.registers.rows(order.supplier, order.account) if rules.account.accepts(order.account) else ()
        )
    if not rows and not asks:
        raise NotAccepted("account")
    if not rows or not all(_known(ask, order, rows) for ask in asks):
        raise NotAccepted("not_yours")
    return rows


def _known(ask: str, order: PhotoOrder, rows: tuple[RegisterRow, ...]) -> bool:
    if ask == "surname":
        return any(_name(row.surname) == _name(order.surname) != "" for row in rows)
    return any(
        same_serial(row.meter_serial, "".join(filter(str.isdigit, order.meter_serial))) for row in rows
    )


def _name(text: str) -> str:
    return "".join(clean(text).casefold().replace("ё", "е").split())


def new_reference() -> str:
    """A reference that nobody guesses: 60 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_REFERENCE))


def canonical(reference: str) -> str:
    """A reference as people copy it, as it is kept: capitals, no dashes, no letter that is no digit."""
    text = "".join(symbol for symbol in reference.upper() if symbol.isalnum())[:_REFERENCE]
    return text.replace("O", "0").replace("I", "1").replace("L", "1")


def spelled(reference: str) -> str:
    """A reference in groups of four."""
    return "-".join(reference[start : start + 4] for start in range(0, len(reference), 4))
