"""Where all sheets are."""

from __future__ import annotations

from collections import Counter

from domain.sheet import SheetState
from services.context import Context
from services.results import StatusResult
from storage.records.sheets import split_reasons


def status(ctx: Context, supplier: str | None = None, batch_id: int | None = None) -> StatusResult:
    """Sheets by state and by reason, from one transaction; a sheet with two reasons counts under both."""
    with ctx.records.read() as tx:
        rows = tx.sheets.counts(supplier, batch_id)
    by_state: Counter[str] = Counter({state.value: 0 for state in SheetState})
    by_reason: Counter[str] = Counter()
    for state, reasons, count in rows:
        by_state[state] += count
        for reason in split_reasons(reasons):
            by_reason[reason.value] += count
    return StatusResult(sum(by_state.values()), dict(by_state), dict(by_reason.most_common()))
