"""The order to pay in a receipt's QR code, by ГОСТ Р 56042-2014: ``ST00012|Name=…|PersAcc=…``.

After ``ST`` come the version (0001), the letters' coding (1 CP1251, 2 UTF-8, 3 KOI8-R) and the separator,
which is whatever stands there. Names are matched without regard to case: banks do, and printers write them
anyhow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_HEAD = re.compile(rb"ST0001([123])([^A-Za-z0-9=])")
_CODINGS = {b"1": "cp1251", b"2": "utf-8", b"3": "koi8-r"}
#: What every order to pay has to name, in this order.
REQUIRED = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
#: The payer's account with the payee.
ACCOUNT = "PersAcc"
_SEPARATOR = "|"
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Payment:
    """An order to pay as its code says it. ``values``: lower-case name → value."""

    values: Mapping[str, str]

    @property
    def account(self) -> str:
        """The payer's account, blanks taken out; "" where the code names none."""
        return re.sub(r"\s", "", self.values.get(ACCOUNT.lower(), ""))

    def pays(self, payee: Sequence[tuple[str, str]]) -> bool:
        """Whether it goes to this payee, as far as both name a bank account or a taxpayer's number."""
        return all(
            self.values.get(name.lower(), value) == value
            for name, value in payee
            if name in ("PersonalAcc", "PayeeINN")
        )


def payment_text(payee: Sequence[tuple[str, str]], account: str) -> str:
    """The content of a code that we print, in UTF-8; raises ``ValueError`` where it cannot be said."""
    pairs = [*payee, (ACCOUNT, account)]
    missing = [name for name in REQUIRED if name not in dict(payee)]
    if missing:
        raise ValueError(f"the payee has no {missing[0]}")
    if any(_SEPARATOR in part or "=" in part for pair in pairs for part in pair):
        raise ValueError("a payee's requisites have neither | nor =")
    return "ST00012|" + _SEPARATOR.join(f"{name}={value}" for name, value in pairs)


def parse_payment(content: bytes) -> Payment | None:
    """What a code's bytes say; None for a code that is no order to pay.

    Letters that are not coded as the head says become U+FFFD: the account is digits in any coding.
    """
    head = _HEAD.match(content)
    if head is None or len(content) > _MOST_BYTES or not head[2].isascii():
        return None
    text = content[head.end() :].decode(_CODINGS[head[1]], errors="replace")
    separator = head[2].decode("ascii")
    values: dict[str, str] = {}
    for part in text.split(separator):
        name, found, value = part.partition("=")
        if found and name.strip().lower() not in values:
            values[name.strip().lower()] = value.strip()
    return Payment(values)
