"""Which fields there are, and of which kind each may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args

from templates.model import Border, FieldKind, FieldRole

#: Every kind, in the order in which they are offered.
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
WITH_CELLS: frozenset[FieldKind] = frozenset({"digits", "date"})
#: Kinds of a field of the role ``other``, whose name is free.
_OTHER: tuple[FieldKind, ...] = tuple(kind for kind in KINDS if kind != "printed")

_DIGITS: tuple[FieldKind, ...] = ("digits", "digits_line")
#: Role → the kinds that it may have, the usual one first.
ALLOWED: dict[FieldRole, tuple[FieldKind, ...]] = {
    "account": (*_DIGITS, "typed"),
    "account_code": ("code",),
    "reading": _DIGITS,
    "date": ("date", "date_line"),
    "signature": ("signature",),
    "address": ("line", "handwriting", "typed"),
    "surname": ("line", "handwriting", "typed"),
    "meter_serial": (*_DIGITS, "typed"),
    "other": _OTHER,
}
#: Of a personal form's account, which is printed on each copy.
PERSONAL_ACCOUNT: tuple[FieldKind, ...] = ("printed", "typed")

#: Names with a meaning: role and tariff. ``reading_m2_t1`` and the like are matched by ``meaning``.
_NAMES: dict[str, tuple[FieldRole, str | None]] = {
    "account": ("account", None),
    "account_code": ("account_code", None),
    "account_barcode": ("account_code", None),
    "address": ("address", None),
    "reading": ("reading", "T1"),
    "reading_t2": ("reading", "T2"),
    "reading_t3": ("reading", "T3"),
    "date": ("date", None),
    "signature": ("signature", None),
    "surname": ("surname", None),
    "meter_serial": ("meter_serial", None),
    # of a box's header sheet
    "box": ("other", None),
    "seal": ("other", None),
    "collector": ("other", None),
    "emptied": ("other", None),
    "count": ("other", None),
}
#: The fields of a sheet's further meters: ``reading_m2``, ``reading_m2_t2``, ``meter_serial_m2``.
_OF_METER = re.compile(r"(?P<what>reading|meter_serial)_m(?P<meter>[2-9])(?:_t(?P<zone>[23]))?")
#: A free name, of the role ``other``.
FREE_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_HEADER = frozenset({"box", "seal", "collector", "emptied", "count"})


@dataclass(frozen=True)
class Meaning:
    """What a field of some name is: ``meter`` counts from 1."""

    role: FieldRole
    tariff: str | None = None
    meter: int = 1


def known_names() -> tuple[str, ...]:
    """The names with a meaning, as an error lists them."""
    return tuple(_NAMES)


def meaning(name: str) -> Meaning | None:
    """What a field of that name is; None for a free name."""
    if name in _NAMES:
        return Meaning(*_NAMES[name])
    found = _OF_METER.fullmatch(name)
    if found is None or (found["what"] == "meter_serial" and found["zone"]):
        return None
    meter = int(found["meter"])
    if found["what"] == "meter_serial":
        return Meaning("meter_serial", None, meter)
    return Meaning("reading", f"T{found['zone'] or 1}", meter)


def kinds_of(name: str, role: FieldRole, *, personal: bool) -> tuple[FieldKind, ...]:
    """The kinds that a field may have, the usual one first."""
    if personal and role == "account":
        return PERSONAL_ACCOUNT
    return ("digits",) if name in _HEADER else ALLOWED[role]


def usual_border(kind: FieldKind) -> Border:
    """What is printed around a field unless its file says otherwise: nothing around print."""
    return "none" if kind in ("typed", "code", "printed") else "box"
