"""What a sheet claims, as the gate wants it: from the reader's result or from a person's values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from domain.gate import Claim, ClaimedReading, Value
from domain.reasons import Reason
from ocr.results import FieldResult, SlipReading
from services.text import clean
from templates.model import Field, Template

#: Roles whose doubts count even where the form does not require the field.
_ALWAYS_COUNTS = frozenset({"account", "reading", "meter_serial"})
#: Name of the form by which typed messages are reviewed.
MESSAGE_FORM = "message"
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d%m%Y", "%d.%m.%y")


def from_reader(slip: SlipReading, template: Template) -> Claim:
    """The machine's claim, with every doubt that the reader raised about a field that matters."""
    reasons = list(slip.reasons)
    for field in template.fields:
        result = slip.fields.get(field.name)
        if result is not None and (field.required or field.role in _ALWAYS_COUNTS):
            reasons += result.reasons
    account = slip.fields.get("account")
    return Claim(
        account=_value(account),
        readings=tuple(
            ClaimedReading(_value(slip.fields.get(field.name)), field.tariff, field.meter)
            for field in _of_role(template, "reading")
        ),
        reading_date=_first(slip, template, "date"),
        signature_present=_presence(slip, template, "signature"),
        address_present=_presence(slip, template, "address"),
        meter_serial=_first(slip, template, "meter_serial"),
        further_serials={
            field.meter: _value(slip.fields.get(field.name)) for field in _further_serials(template)
        },
        required=required_roles(template),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def from_person(values: Mapping[str, str], template: Template, confirmed: Collection[Reason] = ()) -> Claim:
    """A person's claim: what was entered is certain, whatever the ink looked like."""

    def entered(field: Field) -> Value:
        return Value(normalised(field, values.get(field.name, "")), 1.0)

    def first(role: str) -> Value:
        return next((entered(field) for field in _of_role(template, role)), Value("", 1.0))

    account = normalise_digits(values.get("account", ""))
    serial = first("meter_serial")
    readings = tuple(
        ClaimedReading(entered(field), field.tariff, field.meter) for field in _of_role(template, "reading")
    )
    # A message names its meters by their order; a slip has one meter, and a box for each of its tariffs.
    in_order = template.name == MESSAGE_FORM and not serial.value and bool(readings[0].value.value)
    if in_order:
        readings = tuple(ClaimedReading(each.value) for each in readings if each.value.value)
    return Claim(
        account=Value(account, 1.0),
        readings=readings,
        reading_date=first("date"),
        signature_present=first("signature"),
        address_present=first("address"),
        meter_serial=serial,
        further_serials={field.meter: entered(field) for field in _further_serials(template)},
        required=required_roles(template),
        by_person=True,
        in_order=in_order,
        confirmed=frozenset(confirmed),
    )


def required_roles(template: Template) -> frozenset[str]:
    """The roles that the form requires; the account always, a personal slip has it printed."""
    return frozenset({"account"} | {field.role for field in template.fields if field.required})


def normalised(field: Field, text: str) -> str:
    """What a person typed, as the field's value: digits, YYYY-MM-DD, "yes" and "", or the text."""
    if field.kind in {"date", "date_line"}:
        return normalise_date(text)
    if field.role in {"signature", "address"} or field.kind == "tick":
        return "" if clean(text).lower() in {"", "no", "нет", "0", "false"} else "yes"
    numbers = field.kind in {"digits", "digits_line"} or field.role in {"account", "meter_serial"}
    return normalise_digits(text) if numbers else clean(text)


def normalise_digits(text: str) -> str:
    """Without the blanks that people put between digits."""
    return "".join(clean(part) for part in text.split())


def normalise_date(text: str) -> str:
    """A date as YYYY-MM-DD; what is no date is given back as it is, for the gate to refuse."""
    text = clean(text)
    for pattern in _DATE_FORMATS:
        try:
            # Only the day matters: no zone is involved.
            return datetime.strptime(text, pattern).date().isoformat()
        except ValueError:
            continue
    return text


def date_of(claim: Claim, otherwise: date) -> date:
    """The reading's day: as written on the slip, else the day its box was emptied."""
    try:
        return date.fromisoformat(claim.reading_date.value)
    except ValueError:
        return otherwise


def _of_role(template: Template, role: str) -> list[Field]:
    return [field for field in template.fields if field.role == role]


def _further_serials(template: Template) -> list[Field]:
    """Where a sheet's second meter and those after it write their numbers."""
    return [field for field in _of_role(template, "meter_serial") if field.meter > 1]


def _value(result: FieldResult | None) -> Value:
    return Value() if result is None else Value(result.value or "", result.confidence)


def _first(slip: SlipReading, template: Template, role: str) -> Value:
    return next((_value(slip.fields.get(field.name)) for field in _of_role(template, role)), Value())


def _presence(slip: SlipReading, template: Template, role: str) -> Value:
    for field in _of_role(template, role):
        result = slip.fields.get(field.name)
        if result is not None:
            there = result.present if result.present is not None else bool(result.value)
            return Value("yes" if there else "", result.confidence)
    return Value()
