"""What the outbox holds, counted: the raw material of the reconciliation with billing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.channel_tables import delivery, delivery_run
from storage.records.outbox import ACKNOWLEDGED, DONE, READING, REFUSED, REVERSAL, SENT
from storage.records.readings import CURRENT
from storage.records.tables import export_item, export_run, reading, sheet

_GOOD = (SheetState.ACCEPTED.value, SheetState.DELIVERED.value)


class OutboxCounts:
    """Questions about all readings of a supplier, or of one billing period."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def accepted(self, supplier: str, period: str | None) -> int:
        """Readings that count now."""
        query = (
            sa.select(sa.func.count())
            .select_from(reading)
            .join(sheet, sheet.c.id == reading.c.sheet_id)
            .where(*_scope(supplier, period), CURRENT, sheet.c.state.in_(_GOOD))
        )
        return int(self._connection.execute(query).scalar_one())

    def exported(self, supplier: str, period: str | None) -> int:
        """Readings that count now and went out with a finished export."""
        query = (
            sa.select(sa.func.count())
            .select_from(reading)
            .join(export_item, export_item.c.reading_id == reading.c.id)
            .join(export_run, export_run.c.id == export_item.c.run_id)
            .where(*_scope(supplier, period), CURRENT, export_run.c.state == "finished")
        )
        return int(self._connection.execute(query).scalar_one())

    def by_state(self, supplier: str, period: str | None) -> dict[tuple[str, str, bool], int]:
        """(kind, state, whether the reading counts now) → rows of the outbox."""
        counts = CURRENT.label("counts")
        query = (
            sa.select(delivery.c.kind, delivery.c.state, counts, sa.func.count())
            .join(reading, reading.c.id == delivery.c.reading_id)
            .where(*_scope(supplier, period))
            .group_by(delivery.c.kind, delivery.c.state, counts)
        )
        return {(r[0], r[1], bool(r[2])): r[3] for r in self._connection.execute(query)}

    def nowhere(self, supplier: str, period: str | None, limit: int) -> list[int]:
        """Accepted readings that neither an export nor the outbox has."""
        query = (
            sa.select(reading.c.id)
            .join(sheet, sheet.c.id == reading.c.sheet_id)
            .outerjoin(export_item, export_item.c.reading_id == reading.c.id)
            .outerjoin(delivery, delivery.c.reading_id == reading.c.id)
            .where(
                *_scope(supplier, period),
                CURRENT,
                sheet.c.state.in_(_GOOD),
                export_item.c.reading_id.is_(None),
                delivery.c.id.is_(None),
            )
            .order_by(reading.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def still_at_billing(self, supplier: str, period: str | None, limit: int) -> list[str]:
        """Keys of acknowledged readings that no longer count and whose reversal is not acknowledged."""
        back = delivery.alias()
        query = (
            sa.select(delivery.c.key)
            .join(reading, reading.c.id == delivery.c.reading_id)
            .outerjoin(
                back,
                sa.and_(
                    back.c.reading_id == delivery.c.reading_id,
                    back.c.kind == REVERSAL,
                    back.c.state == ACKNOWLEDGED,
                ),
            )
            .where(
                *_scope(supplier, period),
                ~CURRENT,
                delivery.c.kind == READING,
                delivery.c.state == ACKNOWLEDGED,
                back.c.id.is_(None),
            )
            .order_by(delivery.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def refused_reversals(self, supplier: str) -> list[str]:
        """Keys of the reversals that billing refused."""
        query = sa.select(delivery.c.key).where(
            delivery.c.supplier == supplier, delivery.c.kind == REVERSAL, delivery.c.state == REFUSED
        )
        return list(self._connection.execute(query.order_by(delivery.c.id)).scalars())

    def overdue(self, supplier: str, before: datetime) -> list[tuple[int, str, int]]:
        """(run, last error, rows without an answer) of runs formed before a moment and not done."""
        waiting = (
            sa.select(sa.func.count())
            .where(delivery.c.run_id == delivery_run.c.id, delivery.c.state == SENT)
            .scalar_subquery()
        )
        query = (
            sa.select(delivery_run.c.id, delivery_run.c.error, waiting)
            .where(
                delivery_run.c.supplier == supplier,
                delivery_run.c.state != DONE,
                delivery_run.c.created_at < before,
            )
            .order_by(delivery_run.c.id)
        )
        return [(r[0], r[1], r[2]) for r in self._connection.execute(query)]

    def suppliers(self) -> Sequence[str]:
        """Every supplier with a reading."""
        query = sa.select(reading.c.supplier).distinct().order_by(reading.c.supplier)
        return list(self._connection.execute(query).scalars())


def _scope(supplier: str, period: str | None) -> list[sa.ColumnElement[bool]]:
    return [reading.c.supplier == supplier, *([] if period is None else [reading.c.period == period])]
