"""What a personal slip carries of its account: the QR code's content and the printed text, with check digits.

The check digits are ISO/IEC 7064 MOD 97-10, those of an IBAN: two digits that find every wrong digit, every
swap of two digits and 99 % of anything else. A single digit (Luhn, Damm) lets a tenth of the grosser errors
pass, and a torn slip's printed text is read by a machine that may err in more than one place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREFIX = "MD1"
_CONTENT = re.compile(r"MD1:([A-Z0-9-]+):(\d{1,20}):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class PersonalCode:
    """What a personal slip's code says. ``account`` is text, leading zeros kept."""

    supplier: str
    account: str


def check_digits(account: str) -> str:
    """The two check digits of an account (decimal digits); raises ``ValueError`` for anything else."""
    if not (account.isascii() and account.isdigit()):
        raise ValueError(f"not an account number: {account!r}")
    return f"{98 - int(account) * 100 % 97:02d}"


def code_text(supplier: str, account: str) -> str:
    """The content of the QR code: ``MD1:SUPPLIER:account:check``.

    Only characters of QR's alphanumeric mode, so that the code stays small: 29 modules a side with a quarter
    of them to spare.
    """
    content = f"{_PREFIX}:{supplier.upper()}:{account}:{check_digits(account)}"
    if _CONTENT.fullmatch(content) is None:
        raise ValueError(f"a supplier's name is lower-case letters, digits and hyphens: {supplier!r}")
    return content


def parse_code(text: str) -> PersonalCode | None:
    """What ``code_text`` was made from; ``None`` for a foreign code or wrong check digits."""
    found = _CONTENT.fullmatch(text.strip())
    if found is None or check_digits(found[2]) != found[3]:
        return None
    return PersonalCode(supplier=found[1].lower(), account=found[2])


def printed_text(account: str) -> str:
    """The account as printed beside its code: groups, then the check digits: ``121 000 000 000 - 75``."""
    size = 3 if len(account) % 3 == 0 or len(account) % 4 else 4
    parts = [account[i : i + size] for i in range(0, len(account), size)]
    return " ".join(parts) + " - " + check_digits(account)


def parse_printed(text: str) -> str | None:
    """The account in a printed text as a machine read it; ``None`` unless the check digits agree."""
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) < 3 or check_digits(digits[:-2]) != digits[-2:]:
        return None
    return digits[:-2]
