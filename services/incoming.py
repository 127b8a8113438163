"""A typed reading as it came in: whose, by which channel, in which words; and how it is kept."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import date

from services.text import printable


@dataclass(frozen=True)
class Spoken:
    """What a program says that it was told. ``readings``: (digits before the mark, tariff or "").

    ``name``: the surname or organisation that was given.
    """

    account: str
    readings: tuple[tuple[str, str], ...]
    meter_serial: str = ""
    name: str = ""


@dataclass(frozen=True)
class Incoming:
    """A message as it came in.

    ``source`` and ``external_id``: who hands it over, and its own name for it. ``sender``: the number or
    address that is answered; "" where nobody is. ``day``: on which it came in, in the supplier's own time.
    ``spoken``: what a program says; None: ``text`` is a person's. ``subject``: the text is a mail's subject.
    ``answered_here``: whoever hands it over passes the answer on, so that no notice is queued for it.
    ``original``: the mail that it was taken from.
    """

    supplier: str
    channel: str
    source: str
    external_id: str
    sender: str
    text: str
    day: date
    language: str = "ru"
    spoken: Spoken | None = None
    subject: bool = False
    answered_here: bool = False
    original: bytes = b""


def words_of(incoming: Incoming) -> str:
    """What was said, as the records keep it: the same words are the same text."""
    if incoming.spoken is None:
        return "\n".join(printable(line, 1000) for line in incoming.text.splitlines()[:100])
    said = incoming.spoken
    values = {
        "account": said.account,
        "readings": [list(each) for each in said.readings],
        "meter_serial": said.meter_serial,
        "name": said.name,
    }
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def original_of(incoming: Incoming) -> bytes:
    """The message as it is kept; its name is in it, so that no two messages have the same bytes."""
    values = {
        "supplier": incoming.supplier,
        "channel": incoming.channel,
        "source": incoming.source,
        "id": incoming.external_id,
        "sender": incoming.sender,
        "day": incoming.day.isoformat(),
        "text": incoming.text,
        "mail": b64encode(incoming.original).decode(),
        "said": None if incoming.spoken is None else json.loads(words_of(incoming)),
    }
    return json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1).encode("utf-8", "replace")


def name_for(*parts: str) -> str:
    """A name for a message whose channel gives none: the same message has the same."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
