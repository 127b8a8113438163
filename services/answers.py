"""What a slip says, in one form for everybody who reads it, so that answers can be compared."""

from __future__ import annotations

from collections.abc import Mapping

from ocr.results import SlipReading
from services.claims import normalise_digits, normalised
from services.text import clean
from templates.model import Template

#: What is compared; whether somebody signed is no reading.
_COMPARED = frozenset({"account", "reading", "date", "meter_serial"})


def canonical(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Field name → text: the account's digits, readings without leading zeros, dates as YYYY-MM-DD.

    An empty text means that nothing is written there.
    """
    answer = {"account": normalise_digits(values.get("account", ""))}
    for field in template.fields:
        if field.role in _COMPARED - {"account"}:
            text = clean(normalised(field, values.get(field.name, "")))
            answer[field.name] = text if field.role == "date" or not text else text.lstrip("0") or "0"
    return answer


def of_machine(template: Template, slip: SlipReading) -> dict[str, str]:
    """What the reader says."""
    values = {name: result.value or "" for name, result in slip.fields.items()}
    return canonical(template, values)


def differences(first: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that say something else, in the first answer's order."""
    return tuple(name for name in dict.fromkeys((*first, *other)) if first.get(name) != other.get(name))


def is_wrong(template: Template, differing: tuple[str, ...], *, several_meters: bool) -> bool:
    """Whether billing would get something wrong: the account or a reading.

    The meter's number counts where it says which of several meters was read; the date does not, it has a
    threshold of its own.
    """
    roles = {field.name: field.role for field in template.fields} | {"account": "account"}
    decisive = {"account", "reading"} | ({"meter_serial"} if several_meters else set())
    return any(roles.get(name) in decisive for name in differing)
