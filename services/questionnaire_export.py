"""Hand checked questionnaires over as a file of their own, each exactly once over all runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

from services.context import Context
from services.handing_over import Kind, csv_line, hand_over, hand_over_again
from services.results import ExportResult
from storage.records import Transaction
from storage.records.questionnaires import QuestionnaireRow
from templates.sides import form_of

#: The first columns; the forms' own fields follow.
COLUMNS = ("questionnaire_id", "supplier", "form", "account", "accepted_at", "accepted_by", "evidence")


def export_questionnaires(ctx: Context, path: Path) -> ExportResult:
    """Write those never exported before to ``path``; raises as ``services.handing_over.hand_over``."""
    return hand_over(ctx, QUESTIONNAIRES, path)


def export_again(ctx: Context, run_id: int, path: Path) -> ExportResult:
    """Write a past run's questionnaires once more; raises ``UsageError`` for a run that handed none over."""
    return hand_over_again(ctx, QUESTIONNAIRES, run_id, path)


def csv_lines(columns: Sequence[str], rows: Iterable[QuestionnaireRow]) -> Iterable[str]:
    """The header, then a line a questionnaire; ``columns``: the forms' fields."""
    yield csv_line((*COLUMNS, *columns))
    for row in rows:
        assert row.accepted_at is not None
        yield csv_line(
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
        template = form_of(ctx.templates, row.template)
        order = [field.name for field in template.fields] if template is not None else sorted(row.answers)
        names |= dict.fromkeys(name for name in order if name in row.answers)
        names |= dict.fromkeys(sorted(set(row.answers) - set(order)))
    return list(names)


def _lines(ctx: Context, tx: Transaction, run_id: int) -> Iterable[str]:
    return csv_lines(_fields(ctx, tx, run_id), tx.questionnaires.rows(run_id))


QUESTIONNAIRES = Kind(
    what="questionnaires",
    lock="questionnaires",
    mark="questionnaires",
    finished="questionnaires.exported",
    taken_over="questionnaires.taken_over",
    again="questionnaires.again",
    of=" of questionnaires",
    ledger=lambda tx: tx.questionnaires,
    lines=_lines,
)
