"""What became of a batch, as a table for people."""

from __future__ import annotations

from domain.reason_texts import reason_text
from domain.reasons import Reason
from services.context import Context
from services.status import status
from services.text import printable

_STATES = {
    "pending": "ждут чтения",
    "accepted": "приняты",
    "review": "на проверке",
    "rejected": "отклонены",
    "blank": "пустые",
    "duplicate": "повторы",
    "unreadable": "не читаются",
    "delivered": "переданы в биллинг",
}


def batch_table(ctx: Context, batch_id: int, seconds: float | None = None) -> str:
    """Markdown: whose batch it is, its sheets by state and by reason, and how long it took.

    ``seconds``: of the run; None: since the batch was opened. Nothing of any customer is in it.
    """
    counts = status(ctx, batch_id=batch_id)
    with ctx.records.read() as tx:
        batch = tx.files.batch(batch_id)
    assert batch is not None
    spent = (ctx.clock() - batch.created_at).total_seconds() if seconds is None else seconds
    rate = f", {counts.sheets / spent:.1f} в секунду" if spent > 0 and counts.sheets else ""
    lines = [
        f"## Пакет {batch_id}",
        "",
        ", ".join(map(_cell, (batch.supplier, batch.channel, batch.station))),
        f"Ящик вынут: {batch.collected}.",
        f"Листов: {counts.sheets}, секунд: {spent:.1f}{rate}.",
        "",
        "| состояние | листов |",
        "|---|---:|",
        *(f"| {_STATES.get(state, state)} (`{state}`) | {n} |" for state, n in counts.by_state.items() if n),
    ]
    if counts.by_reason:
        lines += ["", "| причина | листов |", "|---|---:|"]
        for code, n in counts.by_reason.items():
            lines.append(f"| {_cell(reason_text(Reason(code)))} (`{code}`) | {n} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that ends no cell of a table and begins no markup."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|!" else c for c in printable(text, 80))
