"""Hand accepted readings to billing as a file, each exactly once over all runs.

A run goes through three commits, so that after a crash records and folder together tell what happened:

1. ``writing``: the run and its readings are recorded; a temporary file is written beside the place.
2. ``written``: the temporary file is complete and durable. Now it is linked into place and unlinked.
3. ``finished``: the file is in place; its sheets are ``delivered``.

A run that stopped before its file came into place is taken over by the next run, readings and all; one whose
file is in place is finished. The temporary file tells which: it goes away only when the file is in place. One
process exports at a time.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from services.context import Context
from services.placing import free_place, let_go, sync_folder
from services.placing import put_in_place as _put_in_place
from services.results import ExportResult
from storage.records import ReadingRow, RunRow, Transaction

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
WHO = "export"


def export_readings(ctx: Context, path: Path) -> ExportResult:
    """Write the readings never exported before to ``path``.

    Raises ``AlreadyExistsError`` for an existing file, ``UsageError`` for a missing folder, ``StorageError``
    when the file cannot be written; nothing is lost by any of them.
    """
    path = free_place(path)
    with ctx.records.exclusive("export"):
        settle_interrupted(ctx)
        with ctx.records.begin() as tx:
            run = tx.exports.start(str(path), ctx.clock())
        temporary = _temporary(run)
        _write(ctx, run.id, temporary)
        with ctx.records.begin() as tx:
            tx.exports.set_state(run.id, "writing", "written")
        try:
            _put_in_place(temporary, path)
        except FileExistsError:
            _take_over(ctx, run)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        _finish(ctx, run)
    return ExportResult(run.id, str(path), run.readings)


def export_again(ctx: Context, run_id: int, path: Path) -> ExportResult:
    """Write a past run's readings once more; raises ``UsageError`` for a run that never handed any over."""
    path = free_place(path)
    with ctx.records.exclusive("export"):
        settle_interrupted(ctx)
        with ctx.records.read() as tx:
            run = tx.exports.run(run_id)
        if run is None or run.state != "finished":
            raise UsageError(f"there is no finished export run {run_id}")
        temporary = path.with_name(f".{path.name}.again-{run.id}.tmp")
        _write(ctx, run.id, temporary)
        try:
            _put_in_place(temporary, path)
        except FileExistsError:
            temporary.unlink(missing_ok=True)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        with ctx.records.begin() as tx:
            details = {"run": run.id, "path": str(path)}
            tx.audits.add(ctx.clock(), WHO, "export.again", details=details)
    return ExportResult(run.id, str(path), run.readings)


def settle_interrupted(ctx: Context) -> None:
    """Finish or undo the runs whose process died; the caller holds the export lock."""
    with ctx.records.read() as tx:
        runs = tx.exports.unfinished()
    for run in runs:
        temporary, path = _temporary(run), Path(run.path)
        if run.state == "written":
            with contextlib.suppress(OSError):
                if temporary.samefile(path):
                    # Died between link and unlink: the file is in place.
                    let_go(temporary)
            if not temporary.exists():
                _finish(ctx, run)
                continue
        _take_over(ctx, run)


def csv_lines(readings: Iterable[ReadingRow]) -> Iterable[str]:
    """The header, then a line a reading."""
    yield _line(COLUMNS)
    for row in readings:
        yield _line(
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


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def _temporary(run: RunRow) -> Path:
    path = Path(run.path)
    return path.with_name(f".{path.name}.run-{run.id}.tmp")


def _write(ctx: Context, run_id: int, temporary: Path) -> None:
    """The run's readings to ``temporary``, durable when it returns."""
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out, ctx.records.read() as tx:
            out.writelines(csv_lines(tx.exports.readings(run_id)))
            out.flush()
            os.fsync(out.fileno())
        # Its name, too: that it is gone will mean that the file came into place.
        sync_folder(temporary.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{temporary.parent} cannot be written to: {error.strerror}") from error


def _finish(ctx: Context, run: RunRow) -> None:
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if tx.exports.set_state(run.id, "written", "finished", at):
            sheets = tx.exports.deliver(run.id, at, WHO)
            _audit(ctx, tx, "export.finished", run, sheets=sheets)


def _take_over(ctx: Context, run: RunRow) -> None:
    """Free the readings of a run whose file never came into place."""
    with contextlib.suppress(OSError):
        _temporary(run).unlink(missing_ok=True)
    with ctx.records.begin() as tx:
        if tx.exports.set_state(run.id, "writing", "taken_over") or tx.exports.set_state(
            run.id, "written", "taken_over"
        ):
            tx.exports.drop_items(run.id)
            _audit(ctx, tx, "export.taken_over", run)


def _audit(ctx: Context, tx: Transaction, what: str, run: RunRow, **more: int) -> None:
    details = {"run": run.id, "path": run.path, "readings": run.readings, **more}
    tx.audits.add(ctx.clock(), WHO, what, details=details)
