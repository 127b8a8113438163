"""Leave a slip to a supervisor."""

from __future__ import annotations

from domain.errors import UsageError
from services.context import Context
from services.results import Effort
from services.review import SUPERVISORS, held
from services.text import printable
from storage.records import QuestionRow

#: Characters of a question.
LONGEST = 500


def ask(ctx: Context, user: str, sheet_id: int, note: str = "", effort: Effort | None = None) -> None:
    """Let go of the slip; from now on only supervisors are given it, with ``note`` on top.

    Raises ``LeaseLostError`` when ``user`` does not hold it, ``UsageError`` when there is nobody to ask.
    """
    with ctx.records.begin() as tx:
        row = held(tx, user, sheet_id)
        if not any(member.role in SUPERVISORS and member.name != user for member in tx.staff.all()):
            raise UsageError("there is no supervisor to ask: add one, or judge the slip yourself")
        at, note = ctx.clock(), printable(note, LONGEST)
        tx.questions.ask(QuestionRow(sheet_id, row.supplier, user, note, at))
        tx.queue.release(user, sheet_id)
        details = {"note": note} | ({} if effort is None else {"effort": vars(effort)})
        tx.audits.add(at, user, "review.asked", supplier=row.supplier, sheet_id=sheet_id, details=details)


def waiting(ctx: Context, supplier: str | None = None) -> int:
    """Slips in review that wait for a supervisor."""
    with ctx.records.read() as tx:
        return tx.questions.open(supplier)


def can_ask(ctx: Context, user: str) -> bool:
    """Whether there is a supervisor beside ``user``."""
    with ctx.records.read() as tx:
        return any(member.role in SUPERVISORS and member.name != user for member in tx.staff.all())
