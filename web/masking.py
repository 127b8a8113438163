"""Patterns of what no log may show in full: accounts, telephone numbers, addresses of mail, references.

Law 152-ФЗ asks to keep personal data where they are needed; an engineer who reads a log needs none of them.
"""

from __future__ import annotations

import re

#: Accounts and meter numbers: whole words of digits; a telephone number may be grouped.
_NUMBER = re.compile(r"(?<!\w)(?:\d{6,20}|(?:\+7|8)[ (-]{0,2}\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2})(?!\w)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: A customer's reference opens the status page.
_REFERENCE = re.compile(r"(/(?:status|confirm)/)[0-9A-Za-z-]{6,40}")
_KEPT = 2


def masked(text: str) -> str:
    """``text`` with all but the last two digits of long numbers, mail addresses and references hidden."""
    text = _REFERENCE.sub(r"\1…", text)
    text = _MAIL.sub(lambda found: "…@" + found[0].rsplit("@", 1)[1], text)
    return _NUMBER.sub(lambda found: "…" + found[0][-_KEPT:], text)
