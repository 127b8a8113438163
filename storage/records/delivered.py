"""Sheets whose data have been handed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.audits import STATE
from storage.records.tables import audit, sheet
from storage.records.types import Json, UtcDateTime


def deliver_sheets(
    connection: Connection, carried: sa.Select[Any], at: datetime, who: str, details: Mapping[str, int]
) -> int:
    """Make the accepted ones of the sheets ``carried`` (their ids) ``delivered``, each audited; how many."""
    due = sa.and_(sheet.c.id.in_(carried), sheet.c.state == SheetState.ACCEPTED.value)
    rows = sa.select(
        sa.literal(at, UtcDateTime),
        sa.literal(who),
        sa.literal(STATE),
        sheet.c.supplier,
        sheet.c.id,
        sheet.c.state,
        sa.literal(SheetState.DELIVERED.value),
        sa.literal(dict(details), Json),
    ).where(due)
    columns = ["at", "who", "what", "supplier", "sheet_id", "state_before", "state_after", "details"]
    connection.execute(sa.insert(audit).from_select(columns, rows.order_by(sheet.c.id)))
    changed = connection.execute(
        sa.update(sheet).where(due).values(state=SheetState.DELIVERED.value, updated_at=at)
    )
    return changed.rowcount
