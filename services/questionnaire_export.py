"""Hand checked questionnaires over as a file of their own, each exactly once over all runs.

The same three commits as an export of readings: see ``services.deliver``.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from services.context import Context
from services.placing import free_place, let_go, put_in_place
from services.results import ExportResult
from storage.records import Transaction
from storage.records.questionnaires import QuestionnaireRow, QuestionnaireRunRow

#: The first columns; the forms' own fields follow.
COLUMNS = ("questionnaire_id", "supplier", "form", "account", "accepted_at", "accepted_by", "evidence")
WHO = "export"
_LOCK = "questionnaires"
_OPEN = ("writing", "written")


def export_questionnaires(ctx: Context, path: Path) -> ExportResult:
    """Write the questionnaires never exported before to ``path``.

    Raises ``AlreadyExistsError`` for an existing file, ``UsageError`` for a missing folder, ``StorageError``
    when the file cannot be written; nothing is lost by any of them.
    """
    path = free_place(path)
    with ctx.records.exclusive(_LOCK):
        settle_interrupted(ctx)
        with ctx.records.begin() as tx:
            run = tx.questionnaires.start(str(path), ctx.clock())
        temporary = _temporary(run)
        _write(ctx, run.id, temporary)
        with ctx.records.begin() as tx:
            tx.questionnaires.set_state(run.id, ("writing",), "written")
        try:
            put_in_place(temporary, path)
        except FileExistsError:
            _take_over(ctx, run)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        _finish(ctx, run)
    return ExportResult(run.id, str(path), run.count)


def export_again(ctx: Context, run_id: int, path: Path) -> ExportResult:
    """Write a past run's questionnaires once more; raises ``UsageError`` for a run that handed none over."""
    path = free_place(path)
    with ctx.records.exclusive(_LOCK):
        settle_interrupted(ctx)
        with ctx.records.read() as tx:
            run = tx.questionnaires.run(run_id)
        if run is None or run.state != "finished":
            raise UsageError(f"there is no finished export run {run_id} of questionnaires")
        temporary = path.with_name(f".{path.name}.again-{run.id}.tmp")
        _write(ctx, run.id, temporary)
        try:
            put_in_place(temporary, path)
        except FileExistsError:
            temporary.unlink(missing_ok=True)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        with ctx.records.begin() as tx:
            _audit(ctx, tx, "questionnaires.again", run, path=str(path))
    return ExportResult(run.id, str(path), run.count)


def settle_interrupted(ctx: Context) -> None:
    """Finish or undo the runs whose process died; the caller holds the lock."""
    with ctx.records.read() as tx:
        runs = tx.questionnaires.unfinished()
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


def csv_lines(columns: Sequence[str], rows: Iterable[QuestionnaireRow]) -> Iterable[str]:
    """The header, then a line a questionnaire; ``columns``: the forms' fields."""
    yield _line((*COLUMNS, *columns))
    for row in rows:
        assert row.accepted_at is not None
        yield _line(
            (
                str(row.sheet_id),
                row.supplier,
                row.template,
                row.account,
                row.accepted_at.astimezone(UTC).isoformat(timespec="seconds"),
                row.accepted_by,
                row.evidence,
                *(row.answers.get(name, "") for name in columns),
            )
        )


def _fields(ctx: Context, tx: Transaction, run_id: int) -> list[str]:
    """The fields of all forms in a run, in the order of the first form that has each."""
    names: dict[str, None] = {}
    for row in tx.questionnaires.rows(run_id):
        template = ctx.templates.get(row.template)
        order = [field.name for field in template.fields] if template is not None else sorted(row.answers)
        names |= dict.fromkeys(name for name in order if name in row.answers)
        names |= dict.fromkeys(sorted(set(row.answers) - set(order)))
    return list(names)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def _temporary(run: QuestionnaireRunRow) -> Path:
    path = Path(run.path)
    return path.with_name(f".{path.name}.questionnaires-{run.id}.tmp")


def _write(ctx: Context, run_id: int, temporary: Path) -> None:
    """The run's questionnaires to ``temporary``, durable when it returns."""
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out, ctx.records.read() as tx:
            out.writelines(csv_lines(_fields(ctx, tx, run_id), tx.questionnaires.rows(run_id)))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{temporary.parent} cannot be written to: {error.strerror}") from error


def _finish(ctx: Context, run: QuestionnaireRunRow) -> None:
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if tx.questionnaires.set_state(run.id, ("written",), "finished", at):
            sheets = tx.questionnaires.deliver(run.id, at, WHO)
            _audit(ctx, tx, "questionnaires.exported", run, sheets=str(sheets))


def _take_over(ctx: Context, run: QuestionnaireRunRow) -> None:
    """Free the questionnaires of a run whose file never came into place."""
    with contextlib.suppress(OSError):
        _temporary(run).unlink(missing_ok=True)
    with ctx.records.begin() as tx:
        if tx.questionnaires.set_state(run.id, _OPEN, "taken_over"):
            tx.questionnaires.free(run.id)
            _audit(ctx, tx, "questionnaires.taken_over", run)


def _audit(ctx: Context, tx: Transaction, what: str, run: QuestionnaireRunRow, **more: str) -> None:
    details = {"run": run.id, "path": run.path, "questionnaires": run.count, **more}
    tx.audits.add(ctx.clock(), WHO, what, details=details)
