"""A reading or reversal as billing is told it: the same fields whatever the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from domain.harmless import harmless
from storage.records.outbox import OutgoingRow

#: In this order in every file and table. ``key`` tells rows apart for ever; ``operation`` is reading or
#: reversal; ``reverses``: the key of the reading that a reversal takes back.
FIELDS = (
    "key",
    "operation",
    "reverses",
    "reading_id",
    "supplier",
    "account",
    "meter_serial",
    "tariff",
    "reading",
    "reading_date",
    "period",
    "received_at",
    "channel",
    "accepted_by",
    "evidence",
)


def fields_of(row: OutgoingRow) -> dict[str, str]:
    """Every field of ``FIELDS`` as text; a reading keeps its leading zeros, dates are YYYY-MM-DD."""
    reading = row.reading
    return {
        "key": row.key,
        "operation": row.kind,
        "reverses": row.reverses,
        "reading_id": str(reading.id),
        "supplier": reading.supplier,
        "account": reading.account,
        "meter_serial": reading.meter_serial,
        "tariff": reading.tariff,
        "reading": reading.reading,
        "reading_date": reading.reading_date.isoformat(),
        "period": reading.period,
        "received_at": reading.received_at.astimezone(UTC).isoformat(timespec="seconds"),
        "channel": reading.channel,
        "accepted_by": reading.accepted_by,
        "evidence": reading.evidence,
    }


def for_spreadsheets(row: OutgoingRow, names: Sequence[str] = FIELDS) -> list[str]:
    """The named fields, made harmless for programs that run a cell as a formula."""
    values = fields_of(row)
    return [harmless(values[name]) for name in names]
