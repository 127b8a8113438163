"""Hand accepted readings to billing as a file, each exactly once over all runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from services.context import Context
from services.handing_over import Kind, csv_line, hand_over, hand_over_again
from services.results import ExportResult
from storage.records import ReadingRow, Transaction

COLUMNS = (
    "reading_id",
    "supplier",
    "account",
    "meter_serial",
    "tariff",
    "reading",
    "reading_date",
    "received_at",
    "channel",
    "accepted_by",
    "evidence",
)


def export_readings(ctx: Context, path: Path) -> ExportResult:
    """Write the readings never exported before to ``path``; raises as ``services.handing_over.hand_over``."""
    return hand_over(ctx, READINGS, path)


def export_again(ctx: Context, run_id: int, path: Path) -> ExportResult:
    """Write a past run's readings once more; raises ``UsageError`` for a run that never handed any over."""
    return hand_over_again(ctx, READINGS, run_id, path)


def csv_lines(readings: Iterable[ReadingRow]) -> Iterable[str]:
    """The header, then a line a reading."""
    yield csv_line(COLUMNS)
    for row in readings:
        yield csv_line(
            (
                str(row.id),
                row.supplier,
                row.account,
                row.meter_serial,
                row.tariff,
                row.reading,
                row.reading_date.isoformat(),
                row.received_at.astimezone(UTC).isoformat(timespec="seconds"),
                row.channel,
                row.accepted_by,
                row.evidence,
            )
        )


def _lines(ctx: Context, tx: Transaction, run_id: int) -> Iterable[str]:
    return csv_lines(tx.exports.readings(run_id))


READINGS = Kind(
    what="readings",
    lock="export",
    mark="run",
    finished="export.finished",
    taken_over="export.taken_over",
    again="export.again",
    of="",
    ledger=lambda tx: tx.exports,
    lines=_lines,
)
