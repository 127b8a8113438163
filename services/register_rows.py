"""One row of a register file: checked, and in the records' types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from domain.supplier import SupplierRules
from services.claims import normalise_date
from services.text import clean

REQUIRED: Final = (
    "account",
    "surname",
    "address",
    "meter_serial",
    "digits",
    "decimals",
    "tariff",
    "previous_reading",
    "previous_date",
    "monthly_average",
)
TARIFFS: Final = {"": "", "t1": "T1", "t2": "T2", "t3": "T3", "1": "T1", "2": "T2", "3": "T3"}
STATUSES: Final = {name: name for name in ("", "closed", "managed", "remote", "replaced")}
KINDS: Final = {"actual": "actual", "average": "average", "norm": "norm"}
MOST_DIGITS: Final = 9


class RowError(ValueError):
    """Why a row is not imported, in words."""


def parse_row(
    header: Sequence[str], row: Sequence[str], supplier: str, suppliers: Mapping[str, SupplierRules]
) -> dict[str, Any]:
    """A row for ``Registers.upsert``; raises ``RowError``.

    ``header``: lower-case column names; ``row``: its cells; ``supplier``: for a row that names none.
    """
    if len(row) < len(header):
        raise RowError(f"column {header[len(row)]} is missing")
    if any(cell.strip() for cell in row[len(header) :]):
        raise RowError(f"{len(row)} cells, but the header has {len(header)} columns")
    cells = {name: clean(cell) for name, cell in zip(header, row, strict=False)}
    named = cells.get("supplier") or supplier
    if named not in suppliers:
        raise RowError(f"unknown supplier {named!r}")
    account = cells["account"]
    if not suppliers[named].account.accepts(account):
        raise RowError(f"account {account!r} is not in the format of {named}")
    digits = _whole(cells["digits"], "digits", 1, MOST_DIGITS)
    return {
        "supplier": named,
        "account": account,
        "meter_serial": cells["meter_serial"],
        "tariff": _one_of(cells["tariff"], "tariff", TARIFFS),
        "surname": cells["surname"],
        "address": cells["address"],
        "digits": digits,
        "decimals": _whole(cells["decimals"], "decimals", 0, MOST_DIGITS) or 0,
        "previous_reading": _reading(cells["previous_reading"], digits),
        "previous_date": _date(cells["previous_date"]),
        "previous_kind": _one_of(
            cells.get("previous_kind") or "actual", "previous_kind", {k: k for k in KINDS}
        ),
        "monthly_average": _number(cells["monthly_average"], "monthly_average"),
        "ratio": _ratio(cells.get("ratio", "")),
        "phone": cells.get("phone", ""),
        "email": cells.get("email", ""),
        "notify": cells.get("notify", ""),
        "alias": cells.get("alias", ""),
        "status": _one_of(cells.get("status", ""), "status", STATUSES),
        "status_since": _date(cells.get("status_since", ""), "status_since"),
        "report_to": cells.get("report_to", ""),
        "monthly_norm": _number(cells.get("monthly_norm", ""), "monthly_norm"),
        "estimated_months": _whole(cells.get("estimated_months", ""), "estimated_months", 0, 600) or 0,
        "route": cells.get("route", ""),
    }


def _reading(text: str, digits: int | None) -> str | None:
    """The digits before the decimal mark, with the meter's leading zeros."""
    if not text:
        return None
    before, _, after = text.replace(",", ".").partition(".")
    if not (before.isascii() and before.isdigit() and (not after or (after.isascii() and after.isdigit()))):
        raise RowError(f"previous_reading {text!r} is not a number")
    if digits is None:
        return before
    if len(before.lstrip("0")) > digits:
        raise RowError(f"previous_reading {text!r} has more than {digits} digits")
    return before.lstrip("0").zfill(digits)


def _date(text: str, column: str = "previous_date") -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(normalise_date(text))
    except ValueError:
        raise RowError(f"{column} {text!r} is not a date; write YYYY-MM-DD") from None


def _whole(text: str, column: str, least: int, most: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise RowError(f"{column} {text!r} is not a whole number from {least} to {most}")
    return int(text)


def _number(text: str, column: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", ".").replace("\xa0", "").replace(" ", ""))
    except ValueError:
        raise RowError(f"{column} {text!r} is not a number") from None
    if not 0.0 <= value < 1e9:
        raise RowError(f"{column} {text!r} is not a number from 0 on")
    return value


def _ratio(text: str) -> float:
    value = _number(text, "ratio")
    if value == 0.0:
        raise RowError("ratio is 0; write 1 for a meter without a transformer")
    return 1.0 if value is None else value


def _one_of(text: str, column: str, known: Mapping[str, str]) -> str:
    try:
        return known[text.lower()]
    except KeyError:
        raise RowError(
            f"{column} {text!r} is unknown; use {', '.join(filter(None, known.values()))}"
        ) from None
