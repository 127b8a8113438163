"""Which of an account's meters a field's reading may belong to."""

from __future__ import annotations

from collections.abc import Sequence

from domain.account import RegisterRow, same_serial
from ocr.results import SlipReading
from templates.model import Field, Template


def meters_of(
    slip: SlipReading, template: Template, field: Field, rows: Sequence[RegisterRow]
) -> list[tuple[RegisterRow, float]]:
    """The rows that a field's reading may belong to, with how probable each is; sums to at most 1."""
    of_tariff = [row for row in rows if (row.tariff or "T1") == (field.tariff or "T1")]
    if len(of_tariff) < 2:
        return [(row, 1.0) for row in of_tariff]
    serials = (f for f in template.fields if f.role == "meter_serial" and f.meter == field.meter)
    written = next((slip.fields.get(f.name) for f in serials), None)
    named = [
        row for row in of_tariff if written is not None and same_serial(row.meter_serial, written.value or "")
    ]
    if written is None or not named:
        return [(row, 1.0 / len(of_tariff)) for row in of_tariff]
    others = (1.0 - written.confidence) / len(of_tariff)
    return [(row, others + (written.confidence / len(named) if row in named else 0.0)) for row in of_tariff]
